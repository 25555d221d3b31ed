//! `rollcall publish`: a database's files to where its users fetch them.
//!
//! Hashed files go first: nobody reads them yet. Then `latest.json` is exchanged, but only if it is
//! still the one that was there at the start: of two who publish at once, one learns that it lost, and
//! users see the one version or the other, never a mixture.

mod folder;
mod objects;
mod purge;

use std::{collections::BTreeMap, path::Path, time::SystemTime};

use rollcall_index::{
    Digest, DirectoryStore, Inventory, LATEST, Latest, Release, Trust, Version, manifest_name,
};
use serde::Serialize;

pub use folder::Folder;
pub use objects::Objects;

use crate::Error;

/// The longest `latest.json` that is taken for one.
const LATEST_BYTES: usize = rollcall_index::limits::LATEST_BYTES;

/// A file at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct There {
    /// Its length.
    pub bytes: u64,
    /// When it was last written.
    pub written: SystemTime,
}

/// `latest.json` as it is at a target.
#[derive(Clone, Debug)]
pub struct Current<S> {
    /// What it says.
    pub latest: Latest,
    /// When it was written: since then the version before is out of use.
    pub written: SystemTime,
    /// What tells this file from any other that may take its place.
    pub stamp: S,
}

/// Somewhere that databases are published.
pub trait Target {
    /// What tells one state of `latest.json` from another.
    type Stamp;

    /// Its `latest.json`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    fn current(&mut self) -> Result<Option<Current<Self::Stamp>>, Error>;

    /// Every file there, by name.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn list(&mut self) -> Result<BTreeMap<String, There>, Error>;

    /// Writes files that nobody reads yet.
    ///
    /// # Errors
    /// When one cannot be written.
    fn put(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error>;

    /// Exchanges `latest.json` if it is still what `before` says, else nothing.
    ///
    /// # Errors
    /// [`Error::Overtaken`] when it is another one by now; others when it cannot be written.
    fn commit(&mut self, latest: &[u8], before: Option<Self::Stamp>) -> Result<(), Error>;

    /// Removes files.
    ///
    /// # Errors
    /// When one cannot be removed. That it is gone already is none.
    fn remove(&mut self, names: &[String]) -> Result<(), Error>;

    /// Some bytes of a file, for telling what an old version consists of.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&mut self, name: &str, max_bytes: usize) -> Result<Vec<u8>, Error>;
}

/// What publishing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The version.
    #[serde(serialize_with = "text")]
    pub version: Version,
    /// Files that were not there.
    pub uploaded: usize,
    /// Their bytes.
    pub uploaded_bytes: u64,
    /// Files that were there.
    pub kept: usize,
    /// Old files that were removed.
    pub removed: usize,
    /// Whether this version was the current one already.
    pub already: bool,
}

fn text<S: serde::Serializer>(version: &Version, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(version)
}

/// Files of at most so many bytes are read and sent at once.
const BATCH: u64 = 16 << 20;

/// Publishes the database in `db`. Files that the new version and the one before do not need are
/// removed once they have been out of use for `purge_after` seconds.
///
/// # Errors
/// When the database is not whole, the target has a newer version, somebody else publishes at the same
/// time, or the target fails. What users see is then what they saw before.
pub fn publish<T: Target>(
    db: &Path,
    target: &mut T,
    purge_after: u64,
    now: SystemTime,
    progress: &mut dyn FnMut(u64),
) -> Result<Published, Error> {
    let store = DirectoryStore::new(db);
    let release = pollster::block_on(Release::read(&store, &Trust::default()))?;
    let inventory = pollster::block_on(Inventory::read(&release, &store, &mut |_, _| ()))?;
    let before = target.current()?;
    let already = before.as_ref().is_some_and(|before| before.latest == release.latest);
    if let Some(before) = before.as_ref().filter(|_| !already)
        && before.latest.version >= release.latest.version
    {
        return Err(Error::Usage(format!(
            "version {} is published there already, and this is {}; make a release with a higher number",
            before.latest.version, release.latest.version
        )));
    }
    let there = target.list()?;
    let fresh = |file: &There| {
        // An old file that the current version does not name may be removed at any moment.
        already || purge::age(file.written, now) < purge_after / 2
    };
    let named = purge::named(target, before.as_ref().map(|before| &before.latest))?;
    let missing: Vec<(&Digest, u64)> = inventory
        .files
        .iter()
        .filter(|(digest, bytes)| {
            let name = digest.to_string();
            !there
                .get(&name)
                .is_some_and(|file| file.bytes == **bytes && (named.contains(&name) || fresh(file)))
        })
        .map(|(digest, bytes)| (digest, *bytes))
        .collect();
    let uploaded_bytes = missing.iter().map(|(_, bytes)| bytes).sum();
    let mut batch: (Vec<(String, Vec<u8>)>, u64) = (Vec::new(), 0);
    for (digest, bytes) in &missing {
        if batch.1 + bytes > BATCH {
            target.put(std::mem::take(&mut batch.0))?;
            progress(std::mem::take(&mut batch.1));
        }
        let read = pollster::block_on(inventory.file(digest, &store))?;
        batch.0.push((digest.to_string(), read));
        batch.1 += bytes;
    }
    if !already {
        batch.0.push((manifest_name(&release.latest.manifest), release.bytes.clone()));
    }
    target.put(batch.0)?;
    progress(batch.1);
    let (since, stamp) = match before {
        Some(before) => (Some(before.written), Some(before.stamp)),
        None => (None, None),
    };
    if !already {
        target.commit(&release.latest.to_bytes(), stamp)?;
    }
    let mut keep = named;
    keep.extend(inventory.files.keys().map(ToString::to_string));
    keep.insert(manifest_name(&release.latest.manifest));
    let removed = purge::purge(target, &there, &keep, since, purge_after, now)?;
    Ok(Published {
        version: release.latest.version,
        uploaded: missing.len(),
        uploaded_bytes,
        kept: inventory.files.len() - missing.len(),
        removed,
        already,
    })
}

/// What a `latest.json` says.
fn latest_of(bytes: &[u8]) -> Result<Latest, Error> {
    Latest::parse(bytes).map_err(|error| {
        Error::Usage(format!("the {LATEST} that is published there is none of ours: {error}"))
    })
}
