//! What is kept of scenes that were looked at, in a file of its own (`docs/STATE.md`).

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};

use rollcall_core::{Pack, SeenScene};
use rusqlite::params;

use crate::{
    Error,
    state::{Damaged, FactFile, Schema, lock},
};

const FILE: &str = "scan.sqlite";

const SCHEMA: Schema = Schema { steps: &[FIRST], tables: &["scenes"] };

const FIRST: &str = "
CREATE TABLE scenes (
    id      INTEGER PRIMARY KEY,
    models  TEXT NOT NULL,
    dropped INTEGER NOT NULL,
    version TEXT NOT NULL,
    seen    BLOB NOT NULL
) STRICT;
";

/// Raised when the same networks begin to see something else in a scene.
const RECIPE: u32 = 1;

/// Scenes that were looked at. One process at a time has them.
#[derive(Debug)]
pub(super) struct Kept {
    facts: FactFile,
    /// The networks that count: what others have seen is of no use.
    models: String,
    _lock: File,
}

/// A scene that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    /// Whether people without a name were dropped, when another version of the database named them.
    pub(super) forgot: bool,
}

impl Kept {
    /// Opens what is kept in `folder`, or begins it.
    pub(super) fn open(folder: &Path, pack: &Pack, damaged: Damaged) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let lock = lock(folder)?;
        let facts = FactFile::open(&folder.join(FILE), &SCHEMA, damaged)?;
        let sums: Vec<&str> = pack.models().map(|model| &*model.sha256).collect();
        Ok(Self { facts, models: format!("{RECIPE} {}", sums.join(" ")), _lock: lock })
    }

    /// Every scene that was looked at; `version` is the present database's.
    pub(super) fn looked(&self, version: &str) -> Result<BTreeMap<u32, Looked>, Error> {
        self.facts.read(|db| {
            let mut rows = db.prepare(
                "SELECT id, dropped > 0 AND version <> ?2 FROM scenes WHERE models = ?1",
            )?;
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Looked { forgot: row.get(1)? }));
            rows.query_map(params![self.models, version], row)?.collect()
        })
    }

    /// What was seen in a scene. Nothing where it cannot be read any more.
    pub(super) fn seen(&self, id: u32) -> Result<Option<SeenScene>, Error> {
        let seen: Vec<u8> = self.facts.read(|db| {
            db.query_row("SELECT seen FROM scenes WHERE id = ?", [id], |row| row.get(0))
        })?;
        Ok(rmp_serde::from_slice(&seen).ok())
    }

    /// Keeps what was seen in a scene, of which `dropped` people without a name are not kept.
    pub(super) fn keep(
        &self,
        id: u32,
        seen: &SeenScene,
        dropped: usize,
        version: &str,
    ) -> Result<(), Error> {
        let seen = rmp_serde::to_vec_named(seen)
            .map_err(|error| Error::Usage(format!("scene {id} cannot be kept: {error}")))?;
        self.facts.transaction(|t| {
            t.execute(
                "INSERT OR REPLACE INTO scenes (id, models, dropped, version, seen) VALUES (?, ?, ?, ?, ?)",
                params![id, self.models, dropped, version, seen],
            )
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rollcall_core::SceneFacts;

    use super::*;
    use crate::state::tests::pack;

    #[test]
    fn what_is_kept_is_there_again_for_the_same_models() {
        let folder = tempfile::tempdir().unwrap();
        let open = |pack: &Pack| Kept::open(folder.path(), pack, Damaged::Refuse);
        let seen =
            SeenScene { facts: SceneFacts { frames: 9, ..Default::default() }, people: vec![] };
        let mut pack = pack(&["embedder"]);
        let kept = open(&pack).unwrap();
        assert!(matches!(open(&pack), Err(Error::StateBusy(_))));
        kept.keep(7, &seen, 2, "2026.1.1").unwrap();
        drop(kept);
        let kept = open(&pack).unwrap();
        assert_eq!(kept.seen(7).unwrap(), Some(seen));
        let forgot = |version: &str| kept.looked(version).unwrap()[&7].forgot;
        assert!(!forgot("2026.1.1") && forgot("2026.2.1"));
        drop(kept);
        pack.detector.model.sha256 = "0".repeat(64);
        assert!(open(&pack).unwrap().looked("2026.1.1").unwrap().is_empty());
    }
}
