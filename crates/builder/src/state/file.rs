//! A file of facts (SQLite) that a process may be killed over at any moment.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, Transaction};

use super::repair;
use crate::Error;

/// What to do with a damaged file of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damaged {
    /// Refuse, and say what can be done.
    #[default]
    Refuse,
    /// Save what can be read, and move the old file aside.
    Repair,
    /// Begin anew, and move the old file aside.
    StartOver,
}

/// The tables of a kind of file.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What brings a file from each version to the next, in order: the first begins an empty one. A
    /// published step is never changed; a new version is a new step.
    pub(crate) steps: &'static [&'static str],
    /// Their names, those that others refer to first.
    pub(crate) tables: &'static [&'static str],
}

/// An open file.
#[derive(Debug)]
pub(crate) struct FactFile {
    path: PathBuf,
    /// One connection for all threads: SQLite writes one thing at a time anyhow.
    db: Mutex<Connection>,
}

impl FactFile {
    /// Opens the file, or makes it, proves that it is whole, and brings it to the present schema.
    ///
    /// # Errors
    /// When it is damaged (and `damaged` says to refuse), a newer program wrote it, or it cannot be
    /// written.
    pub(crate) fn open(path: &Path, schema: &Schema, damaged: Damaged) -> Result<Self, Error> {
        if damaged == Damaged::StartOver && path.exists() {
            let aside = repair::move_aside(path)?;
            tracing::warn!("the old state is {}", aside.display());
        }
        match Self::connect(path, schema.steps) {
            Err(Error::StateDamaged { .. }) if damaged == Damaged::Repair => {
                let aside = repair::move_aside(path)?;
                let facts = Self::connect(path, schema.steps)?;
                let saved = repair::save(&aside, &facts, schema.tables)?;
                tracing::warn!("saved {saved} rows; the damaged state is {}", aside.display());
                Ok(facts)
            }
            other => other,
        }
    }

    fn connect(path: &Path, steps: &[&str]) -> Result<Self, Error> {
        let open = || {
            let db = Connection::open(path)?;
            db.busy_timeout(Duration::from_secs(5))?;
            db.pragma_update(None, "journal_mode", "wal")?;
            // A lost power supply must not lose what the user was told is done.
            db.pragma_update(None, "synchronous", "full")?;
            db.pragma_update(None, "foreign_keys", true)?;
            let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok((db, found))
        };
        let (mut db, found) = open().map_err(|error| wrong(path, &error))?;
        if found != "ok" {
            return Err(Error::StateDamaged { path: path.to_owned(), reason: found });
        }
        bring_up_to_date(&mut db, path, steps)?;
        Ok(Self { path: path.to_owned(), db: Mutex::new(db) })
    }

    pub(super) fn db(&self) -> Result<MutexGuard<'_, Connection>, Error> {
        self.db.lock().map_err(|_| Error::Worker)
    }

    /// Does `work`, whole or not at all.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut db = self.db()?;
        let run = || {
            let transaction = db.transaction()?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        };
        run().map_err(|error| wrong(&self.path, &error))
    }

    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&*self.db()?).map_err(|error| wrong(&self.path, &error))
    }
}

/// Locks a folder for as long as the file that is given lives.
///
/// # Errors
/// When another process has it.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(".lock");
    let lock = File::create(&path).map_err(Error::write(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::StateBusy(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::Write { path, source }),
    }
}

/// Brings a file of any known version to the present one, whole or not at all.
fn bring_up_to_date(db: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), Error> {
    let found: usize = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| wrong(path, &error))?;
    let Some(missing) = steps.get(found..) else {
        return Err(Error::StateTooNew { path: path.to_owned(), found, known: steps.len() });
    };
    if missing.is_empty() {
        return Ok(());
    }
    let mut upgrade = || {
        let transaction = db.transaction()?;
        missing.iter().try_for_each(|step| transaction.execute_batch(step))?;
        transaction.pragma_update(None, "user_version", steps.len())?;
        transaction.commit()
    };
    upgrade().map_err(|error: rusqlite::Error| wrong(path, &error))
}

/// An error of SQLite in our words.
fn wrong(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.to_owned();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::StateFull(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::StateDamaged { path, reason }
        }
        // A text or number that is not of the kind written there.
        None if !matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
            Error::StateDamaged { path, reason }
        }
        _ => Error::State { path, reason },
    }
}
