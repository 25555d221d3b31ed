//! What a build has done so far, in one folder: a database of facts (SQLite) and, if wanted, the
//! pictures themselves. `docs/STATE.md` describes both.
//!
//! Everything that reaches the disk does so in transactions, so that a process may be killed at any
//! moment and the next one goes on from the last of them. API keys never get here.

mod faces;
mod file;
mod images;
mod performers;
mod pictures;
mod repair;
mod schema;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

pub use faces::{Models, Seen};
pub(crate) use faces::{Person, Shown};
pub use file::Damaged;
pub(crate) use file::{FactFile, Schema, lock};
pub use images::{Before, Job, Outcome, Status};
pub(crate) use images::{Content, Wanted};
pub use performers::{Cursor, Gone, News, Pass};
pub use pictures::PictureCache;

use crate::Error;

/// The file of facts.
const FILE: &str = "rollcall.sqlite";

/// The state of a build. One process at a time has it.
pub struct State {
    folder: PathBuf,
    facts: FactFile,
    /// Held, and thereby locked, as long as the state is open.
    _lock: File,
}

impl State {
    /// Opens the state in `folder`, or begins one.
    ///
    /// # Errors
    /// When another process has it, it is damaged (and `damaged` says to refuse), a newer program
    /// wrote it, or the folder cannot be written.
    pub fn open(folder: &Path, damaged: Damaged) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let lock = lock(folder)?;
        let path = folder.join(FILE);
        let facts = FactFile::open(&path, &schema::SCHEMA, damaged)?;
        Ok(Self { folder: folder.to_owned(), facts, _lock: lock })
    }

    /// Does `work`, whole or not at all.
    fn transaction<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        self.facts.transaction(work)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        self.facts.read(work)
    }

    /// As if the disk had room for `pages` more pages only.
    #[cfg(test)]
    fn leave_room_for(&self, pages: u32) {
        let db = self.facts.db().unwrap();
        let used: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        db.pragma_update(None, "max_page_count", used + pages).unwrap();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("folder", &self.folder).finish_non_exhaustive()
    }
}
