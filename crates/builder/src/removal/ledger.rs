//! What must not be forgotten about removals from one release to the next.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use rollcall_core::PerformerId;
use serde::{Deserialize, Serialize};

use super::OptOuts;
use crate::{Error, files, link::Person};

/// The longest file read.
const LONGEST: u64 = 64 << 20;

/// Private notes beside a database: which ids turned out to be people who asked to be left out, and
/// since when shards hold people who are gone. Never in the database's folder, so that it is not
/// published by accident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Ids that are left out, and the listed id they belong to: when an upstream no longer says that
    /// two ids are one person, both stay out all the same.
    covered: BTreeMap<PerformerId, PerformerId>,
    /// Since when, in seconds since 1970, there are rows of people who are gone in current shards.
    pending: Option<u64>,
}

impl Ledger {
    /// Where the notes of the database in `folder` lie.
    #[must_use]
    pub fn path(folder: &Path) -> PathBuf {
        files::beside(folder, ".removals.json")
    }

    /// The notes of the database in `folder`; none if there are none.
    ///
    /// # Errors
    /// When they cannot be read or understood: then people might come back.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let path = Self::path(folder);
        if !fs::exists(&path).map_err(Error::read(&path))? {
            return Ok(Self::default());
        }
        let bytes = files::read_limited(&path, LONGEST)?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Description {
            file: path.display().to_string(),
            reason: format!(
                "{error}; bring back a copy of it, or delete it and check who is in the database"
            ),
        })
    }

    /// Writes the notes of the database in `folder`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        files::write_json(&Self::path(folder), self)
    }

    /// Every id that is to be left out. Who is no longer on the list may come back, with all their ids.
    pub fn left_out(&mut self, opt_outs: &OptOuts) -> BTreeSet<PerformerId> {
        self.covered.retain(|_, because| opt_outs.persons.contains(because));
        for id in &opt_outs.persons {
            self.covered.insert(id.clone(), id.clone());
        }
        self.covered.keys().cloned().collect()
    }

    /// Notes down all ids of people who were left out.
    pub fn cover(&mut self, gone: &[Person]) {
        for person in gone {
            let because = person.ids.iter().find_map(|id| self.covered.get(id)).cloned();
            for id in &person.ids {
                if let Some(because) = &because {
                    self.covered.entry(id.clone()).or_insert_with(|| because.clone());
                }
            }
        }
    }

    /// Whether shards have held people who are gone for so many seconds that they must be written anew.
    #[must_use]
    pub fn is_due(&self, now: u64, purge_after: u64) -> bool {
        self.pending.is_some_and(|since| now.saturating_sub(since) >= purge_after)
    }

    /// Notes down what a release did: how many people it hid, and whether it wrote everything anew.
    pub fn released(&mut self, now: u64, removed: u64, compacted: bool) {
        if compacted {
            self.pending = None;
        } else if removed > 0 {
            self.pending.get_or_insert(now);
        }
    }
}
