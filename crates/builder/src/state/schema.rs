//! The tables. `docs/STATE.md` says what each column means.

use super::Schema;

pub(super) const SCHEMA: Schema = Schema {
    steps: &[FIRST],
    tables: &["sources", "performers", "images", "models", "pictures", "embeddings"],
};

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
