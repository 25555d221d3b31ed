//! The tables, and how an older file gets them. `docs/STATE.md` says what each column means.

use std::path::Path;

use rusqlite::Connection;

use super::wrong;
use crate::Error;

/// What brings a file from each version to the next, in order: the first begins an empty one. A
/// published entry is never changed; a new version is a new entry.
const STEPS: &[&str] = &[FIRST];

const FIRST: &str = "
CREATE TABLE sources (
    endpoint TEXT PRIMARY KEY,
    cursor   TEXT NOT NULL
) STRICT;
CREATE TABLE performers (
    key      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    listed   TEXT NOT NULL,
    of_age   TEXT,
    sweep    INTEGER NOT NULL,
    removed  TEXT
) STRICT;
CREATE INDEX performers_by_sweep ON performers (endpoint, sweep);
CREATE TABLE images (
    key       INTEGER PRIMARY KEY AUTOINCREMENT,
    performer INTEGER NOT NULL REFERENCES performers (key) ON DELETE CASCADE,
    place     INTEGER NOT NULL,
    url       TEXT NOT NULL,
    path      TEXT,
    status    TEXT NOT NULL,
    reason    TEXT,
    etag      TEXT,
    content   BLOB,
    bytes     INTEGER,
    UNIQUE (performer, url)
) STRICT;
CREATE TABLE models (
    key INTEGER PRIMARY KEY,
    id  TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE pictures (
    key      INTEGER PRIMARY KEY,
    content  BLOB NOT NULL,
    detector INTEGER NOT NULL REFERENCES models (key),
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    faces    BLOB NOT NULL,
    reason   TEXT,
    UNIQUE (content, detector)
) STRICT;
CREATE TABLE embeddings (
    picture INTEGER NOT NULL REFERENCES pictures (key) ON DELETE CASCADE,
    model   INTEGER NOT NULL REFERENCES models (key),
    vectors BLOB NOT NULL,
    UNIQUE (picture, model)
) STRICT;
";

/// Brings a file of any known version to the present one, whole or not at all.
pub(super) fn bring_up_to_date(db: &mut Connection, path: &Path) -> Result<(), Error> {
    let found: usize = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| wrong(path, &error))?;
    let Some(steps) = STEPS.get(found..) else {
        return Err(Error::StateTooNew { path: path.to_owned(), found, known: STEPS.len() });
    };
    if steps.is_empty() {
        return Ok(());
    }
    let mut upgrade = || {
        let transaction = db.transaction()?;
        steps.iter().try_for_each(|step| transaction.execute_batch(step))?;
        transaction.pragma_update(None, "user_version", STEPS.len())?;
        transaction.commit()
    };
    upgrade().map_err(|error: rusqlite::Error| wrong(path, &error))
}
