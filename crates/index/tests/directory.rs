//! Databases in folders.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::{open, options, people, performer, write};
use pollster::block_on;
use proptest::prelude::*;
use rollcall_core::{Embedding, Lookup, PerformerId};
use rollcall_index::{
    Database, DirectorySink, DirectoryStore, IndexError, MemoryStore, PerformerEntry, Sink, Store,
    StoreError, write_database,
};

const DIMENSIONS: [usize; 2] = [128, 256];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    let visible = |entry: &fs::DirEntry| entry.file_name() != ".lock";
    fs::read_dir(folder).unwrap().map(Result::unwrap).filter(visible).map(file).collect()
}

fn build(folder: &Path, entries: Vec<PerformerEntry>) {
    let mut sink = DirectorySink::create(folder).unwrap();
    write_database(entries, &options(&DIMENSIONS), &mut sink).unwrap();
}

fn knows(database: &Database, entry: &PerformerEntry) -> bool {
    let found = block_on(database.find(&entry.faces[0], 1)).unwrap();
    found.candidates.first().is_some_and(|c| c.performer.id == entry.performer.id)
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = people(60, 3, &DIMENSIONS, 9);
    let stranger = entries[0].performer.id.uuid();
    entries[0].performer.name = "<b>O'Neill</b> \u{202e} 名前".into();
    entries[0].performer.country = Some("IE".into());
    entries[0].performer.disambiguation = Some("the first".into());
    entries[0].performer.image = Some("images/one.jpg".into());
    entries[0].performer.stash_ids.insert("stashdb.org".into(), stranger);
    let merged = PerformerId::new("stashdb.org", entries[1].performer.id.uuid()).unwrap();
    entries[0].performer.merged_ids.insert(merged);
    build(&folder.path().join("new/folder"), entries.clone());
    let database = open(DirectoryStore::new(folder.path().join("new/folder")), &DIMENSIONS);
    assert!(entries.iter().all(|entry| knows(&database, entry)));
    let found = block_on(database.find(&entries[0].faces[0], 1)).unwrap();
    let mut expected = entries[0].performer.clone();
    expected.faces = 3;
    assert_eq!(found.candidates[0].performer, expected);
    let info = database.info();
    assert_eq!((info.counts.performers, info.counts.faces), (60, 180));
    assert_eq!(info.sources["local"].faces, 180);
    assert_eq!(info.version, "2026.11.1");
    let named: u64 = files(&folder.path().join("new/folder"))
        .iter()
        .filter(|(name, _)| name.len() == 64)
        .map(|(_, bytes)| bytes.len() as u64)
        .sum();
    assert_eq!(info.counts.bytes, named);
}

/// Fails after a number of files, as a full disk or a kill does.
struct Breaks(DirectorySink, usize);

impl Breaks {
    fn step(&mut self) -> Result<(), IndexError> {
        self.1 = self.1.checked_sub(1).ok_or_else(|| IndexError::Busy("killed".into()))?;
        Ok(())
    }
}

impl Sink for Breaks {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.step()?;
        self.0.put(name, bytes)
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.step()?;
        self.0.publish(name, bytes)
    }
}

#[test]
fn a_build_that_breaks_off_leaves_the_old_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (old, new) = (people(40, 2, &DIMENSIONS, 1), people(90, 2, &DIMENSIONS, 2));
    build(path, old.clone());
    for steps in 0.. {
        // What a killed process leaves behind.
        fs::write(path.join(".new-latest.json"), b"{").unwrap();
        let mut sink = Breaks(DirectorySink::create(path).unwrap(), steps);
        assert!(!path.join(".new-latest.json").exists(), "it is cleared away");
        let done = write_database(new.clone(), &options(&DIMENSIONS), &mut sink).is_ok();
        let expected = if done { &new } else { &old };
        let database = open(DirectoryStore::new(path), &DIMENSIONS);
        assert!(expected.iter().all(|entry| knows(&database, entry)), "after {steps} files");
        assert_eq!(database.trouble(), None);
        if done {
            assert!(steps > 8, "it broke off in every part: {steps}");
            break;
        }
    }
}

#[test]
fn two_builds_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = DirectorySink::create(folder.path()).unwrap();
    let error = DirectorySink::create(folder.path()).unwrap_err().to_string();
    assert!(error.contains("another build or pull is writing into"), "{error}");
    drop(first);
    assert!(DirectorySink::create(folder.path()).is_ok());
}

#[test]
fn a_folder_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = DirectorySink::create(file.join("db")).unwrap_err().to_string();
    assert!(error.contains("could not be written"), "{error}");
}

#[test]
fn only_plain_names_are_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("db")).unwrap();
    fs::create_dir(folder.path().join("db/folder")).unwrap();
    fs::write(folder.path().join("secret"), b"x").unwrap();
    fs::write(folder.path().join("db/.lock"), b"x").unwrap();
    fs::write(folder.path().join("db/six"), b"123456").unwrap();
    let store = DirectoryStore::new(folder.path().join("db"));
    let get = |name: &str, max| block_on(store.get(name, max, false));
    for name in ["../secret", "..", ".", ".lock", "", "a/b", "a\\b", "a\0", "nothing", "é"] {
        assert_eq!(get(name, 100), Err(StoreError::Missing(name.into())), "{name:?}");
    }
    assert!(matches!(get("folder", 100), Err(StoreError::Unreachable { .. })));
    assert!(matches!(get("six", 5), Err(StoreError::TooLong { max_bytes: 5, .. })));
    assert_eq!(get("six", 6).unwrap(), b"123456");
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let good = || people(1, 1, &DIMENSIONS, 1).remove(0);
    let face = |d: usize| Embedding::from_raw(vec![1.0; d]).unwrap();
    type Spoil<'a> = &'a dyn Fn(&mut PerformerEntry);
    let cases: [(Spoil, &str); 8] = [
        (&|e| e.faces.clear(), "there is no face"),
        (&|e| e.faces[0].truncate(1), "not those of the database's models"),
        (&|e| e.faces[0][1] = face(128), "not those of the database's models"),
        (&|e| e.performer.name.clear(), "the name is empty"),
        (&|e| e.performer.name = "x".repeat(1 << 20), "longer than 1,000 bytes"),
        (&|e| e.performer.country = Some("us".into()), "two-letter code"),
        (&|e| e.performer.image = Some("images/../x".into()), "no relative path"),
        (
            &|e| e.performer.stash_ids = [("A B".into(), e.performer.id.uuid())].into(),
            "endpoint is no host name",
        ),
    ];
    for (spoil, words) in cases {
        let mut entry = good();
        spoil(&mut entry);
        let mut store = MemoryStore::default();
        let error = write_database([entry], &options(&DIMENSIONS), &mut store).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().len() < 400 && store.names().is_empty());
    }
    let mut store = MemoryStore::default();
    let error = write_database([good(), good()], &options(&DIMENSIONS), &mut store).unwrap_err();
    assert_eq!(error, IndexError::Duplicate(good().performer.id.to_string()));
}

#[test]
fn the_removed_are_left_out() {
    let entries = people(10, 1, &DIMENSIONS, 1);
    let mut options = options(&DIMENSIONS);
    options.tombstones.insert(entries[3].performer.id.clone());
    let mut store = MemoryStore::default();
    let manifest = write_database(entries.clone(), &options, &mut store).unwrap();
    assert_eq!((manifest.counts.performers, manifest.tombstones.len()), (9, 1));
    let database = open(store, &DIMENSIONS);
    assert!(!knows(&database, &entries[3]) && knows(&database, &entries[4]));
}

#[test]
fn a_performer_with_5000_faces_keeps_32_that_differ() {
    let mut random = common::Normal::new(4);
    let (common_look, rare_look) = (random.unit(128), random.unit(128));
    let face = |raw: Vec<f32>| vec![Embedding::from_raw(raw).unwrap()];
    let mut faces: Vec<_> = (0..4999).map(|_| face(random.near(&common_look, 0.9))).collect();
    faces.insert(2000, face(rare_look.clone()));
    let entry = PerformerEntry { performer: performer("Many Faces"), faces };
    let database = open(write(vec![entry], &[128]), &[128]);
    let found = block_on(database.find(&face(rare_look), 1)).unwrap();
    assert!(found.candidates[0].similarity.0 > 0.999, "the one that differs was kept");
    assert_eq!(found.candidates[0].performer.faces, 5000, "the true count is told");
    let info = database.info();
    assert!(info.counts.bytes < 40 * 160, "32 faces and a template: {} bytes", info.counts.bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_the_input_does_not_matter(
        order in Just((0..50).collect::<Vec<usize>>()).prop_shuffle(),
        turn in 0usize..40,
    ) {
        let entries = people(50, 40, &[64], 6);
        let mut shuffled: Vec<_> = order.iter().map(|&i| entries[i].clone()).collect();
        shuffled.iter_mut().for_each(|entry| entry.faces.rotate_left(turn));
        let (a, b) = (write(entries, &[64]), write(shuffled, &[64]));
        prop_assert_eq!(a.names(), b.names());
        for name in a.names() {
            prop_assert_eq!(common::file(&a, &name), common::file(&b, &name));
        }
    }
}
