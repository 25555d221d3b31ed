//! Releases of made-up people, and pulls of them.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::{collections::BTreeMap, fs, path::Path};

use rollcall_core::Lookup as _;
use rollcall_index::{
    DirectoryStore, IndexError, LATEST, Latest, MemoryStore, SigningKey, Version, manifest_name,
    pull::{PullOptions, Pulled, Source},
    write_database,
};

use crate::{
    common::{self, open, options, people},
    host::Host,
};

pub type Files = BTreeMap<String, Vec<u8>>;

const DIMENSIONS: [usize; 1] = [128];

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed([number; 32]).unwrap()
}

/// Version 2026.11.`number`, of the first so many people.
pub fn at(number: u32, count: usize, signer: Option<u8>) -> Files {
    let mut options = options(&DIMENSIONS);
    options.version = Version([2026, 11, number]);
    options.key = signer.map(key);
    let mut store = MemoryStore::default();
    write_database(people(count, 3, &DIMENSIONS, 7), &options, &mut store).unwrap();
    let file = |name: String| (name.clone(), common::file(&store, &name));
    store.names().into_iter().map(file).collect()
}

pub fn source(host: &Host) -> Source {
    host.address.parse().unwrap()
}

pub fn pull(host: &Host, folder: &Path) -> Result<Pulled, IndexError> {
    pull_with(&host.address, folder, &PullOptions::default())
}

pub fn pull_with(source: &str, folder: &Path, options: &PullOptions) -> Result<Pulled, IndexError> {
    rollcall_index::pull::pull(&source.parse()?, folder, options, &mut |_| ())
}

pub fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

/// The files that are not hidden; what is in folders (a build's pictures) is no part of a release.
pub fn files(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let entries = entries.filter(|entry| entry.path().is_file());
    let file = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    entries.map(file).filter(|(name, _)| !name.starts_with('.')).collect()
}

pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// Whether the folder's database knows so many people, each by their face.
pub fn is_whole(folder: &Path, count: usize) {
    let database = open(DirectoryStore::new(folder), &DIMENSIONS);
    assert_eq!(database.info().counts.performers, count as u64);
    for entry in people(count, 3, &DIMENSIONS, 7) {
        let found = pollster::block_on(database.find(&entry.faces[0], 1)).unwrap();
        assert!(!found.partial);
        assert_eq!(found.candidates[0].performer.id, entry.performer.id);
    }
    assert_eq!(database.trouble(), None);
}

pub fn manifest_of(files: &Files) -> String {
    manifest_name(&Latest::parse(&files[LATEST]).unwrap().manifest)
}

/// Puts another manifest in the place of the one there, with a name and a hash that are right.
pub fn rename_manifest(files: &mut Files, bytes: Vec<u8>) {
    let mut latest = Latest::parse(&files[LATEST]).unwrap();
    files.remove(&manifest_name(&latest.manifest));
    latest.manifest = rollcall_index::Digest::of(&bytes);
    files.insert(manifest_name(&latest.manifest), bytes);
    files.insert(LATEST.into(), latest.to_bytes());
}
