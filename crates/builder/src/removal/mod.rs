//! People who are not to be in any database: who asked for it, and who the maintainer leaves out.
//!
//! The list stays with the maintainer. A published database tells only the numbers of rows that are
//! there no longer, the same for people who asked and for people whom an upstream has deleted.

mod ledger;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, path::Path};

use rollcall_core::PerformerId;

pub use ledger::Ledger;

use crate::{
    Error, files,
    known::{Known, People},
    link,
};

/// The longest file read: some hundred thousand ids.
const LONGEST: u64 = 16 << 20;

/// Who is to be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptOuts {
    /// Persons: whoever has one of these ids, at whatever endpoint else they are.
    pub persons: BTreeSet<PerformerId>,
    /// Endpoints of which nothing is used.
    pub endpoints: BTreeSet<String>,
}

impl OptOuts {
    /// Reads a text with one of these a line: an id (`stashdb.org:<uuid>`), the address of a
    /// performer's page at a stash-box, or an endpoint. What follows a `#` is a comment.
    ///
    /// # Errors
    /// When it cannot be read, or a line is none of that: nobody is kept in a database because of a
    /// slip of the pen.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong =
            |reason: String| Error::Description { file: path.display().to_string(), reason };
        let text = files::read_text(path, LONGEST)?;
        let mut read = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let id = line.to_ascii_lowercase().parse().ok().or_else(|| link::performer_at(line));
            if let Some(id) = id {
                read.persons.insert(id);
            } else if line.contains('.') && PerformerId::new(line, uuid::Uuid::nil()).is_ok() {
                read.endpoints.insert(line.to_owned());
            } else {
                return Err(wrong(format!(
                    "line {number} is no id such as stashdb.org:<uuid>, no address of a performer's page, and no endpoint"
                )));
            }
        }
        Ok(read)
    }

    /// These and those of another list.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.persons.extend(other.persons);
        self.endpoints.extend(other.endpoints);
        self
    }
}

/// People without those of some endpoints.
pub struct Without<'a> {
    /// Everybody.
    pub people: &'a dyn People,
    /// The endpoints left out.
    pub endpoints: &'a BTreeSet<String>,
}

impl People for Without<'_> {
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error> {
        self.people.for_each(&mut |known| {
            if self.endpoints.contains(known.listed.id.endpoint()) { Ok(()) } else { each(known) }
        })
    }
}
