//! What a build has done so far, in one folder: a database of facts (SQLite) and, if wanted, the
//! pictures themselves. `docs/STATE.md` describes both.
//!
//! Everything that reaches the disk does so in transactions, so that a process may be killed at any
//! moment and the next one goes on from the last of them. API keys never get here.

mod faces;
mod images;
mod performers;
mod pictures;
mod repair;
mod schema;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};

pub use faces::{Models, Seen};
pub(crate) use faces::{Person, Shown};
pub use images::{Before, Job, Outcome, Status};
pub(crate) use images::{Content, Wanted};
pub use performers::{Cursor, Gone, News, Pass};
pub use pictures::PictureCache;

use crate::Error;

/// The file of facts.
const FILE: &str = "rollcall.sqlite";

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

/// The state of a build. One process at a time has it.
pub struct State {
    folder: PathBuf,
    /// One connection for all threads: SQLite writes one thing at a time anyhow.
    db: Mutex<Connection>,
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
        if damaged == Damaged::StartOver && path.exists() {
            let aside = repair::move_aside(&path)?;
            tracing::warn!("the old state is {}", aside.display());
        }
        let db = match connect(&path) {
            Err(Error::StateDamaged { .. }) if damaged == Damaged::Repair => {
                let aside = repair::move_aside(&path)?;
                let mut db = connect(&path)?;
                let saved = repair::save(&aside, &mut db, &path)?;
                tracing::warn!("saved {saved} rows; the damaged state is {}", aside.display());
                db
            }
            other => other?,
        };
        Ok(Self { folder: folder.to_owned(), db: Mutex::new(db), _lock: lock })
    }

    fn db(&self) -> Result<MutexGuard<'_, Connection>, Error> {
        self.db.lock().map_err(|_| Error::Worker)
    }

    /// Does `work`, whole or not at all.
    fn transaction<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut db = self.db()?;
        let run = || {
            let transaction = db.transaction()?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        };
        run().map_err(|error| self.wrong(&error))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        work(&*self.db()?).map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, error: &rusqlite::Error) -> Error {
        wrong(&self.folder.join(FILE), error)
    }

    /// As if the disk had room for `pages` more pages only.
    #[cfg(test)]
    fn leave_room_for(&self, pages: u32) {
        let db = self.db().unwrap();
        let used: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        db.pragma_update(None, "max_page_count", used + pages).unwrap();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(".lock");
    let lock = File::create(&path).map_err(Error::write(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::StateBusy(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::Write { path, source }),
    }
}

/// Opens the file, proves that it is whole, and brings it to the present schema.
fn connect(path: &Path) -> Result<Connection, Error> {
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
    schema::bring_up_to_date(&mut db, path)?;
    Ok(db)
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
