//! Newer versions made of everybody there is now.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{collections::BTreeSet, rc::Rc};

use common::{copy, file, open, options, people};
use pollster::block_on;
use rollcall_core::{Lookup, PerformerId};
use rollcall_index::{
    Changes, Database, DatabaseWriter, IndexError, Manifest, MemoryStore, PerformerEntry,
    WriteOptions, manifest, write_database,
};

const DIMENSIONS: [usize; 1] = [128];

fn next(version: &str) -> WriteOptions {
    WriteOptions { version: version.parse().unwrap(), ..options(&DIMENSIONS) }
}

fn replace(
    store: &mut MemoryStore,
    options: WriteOptions,
    everyone: &[PerformerEntry],
    compact: bool,
) -> Result<(Manifest, Changes), IndexError> {
    let mut writer = DatabaseWriter::new(options);
    everyone.iter().try_for_each(|entry| writer.add(entry.clone()))?;
    block_on(writer.finish_after(&copy(store), compact, store))
}

#[test]
fn only_what_differs_is_written_and_who_is_not_there_is_hidden_by_row() {
    let everyone = people(1000, 2, &DIMENSIONS, 5);
    let mut store = MemoryStore::default();
    write_database(everyone[..980].to_vec(), &next("2026.11.1"), &mut store).unwrap();

    let mut now = everyone[10..990].to_vec();
    now[0].performer.name = "Another name".into();
    now[1].faces.truncate(1);
    let options = WriteOptions {
        contact: Some("somebody@example.org".into()),
        removal_url: Some("https://example.org/remove".into()),
        ..next("2026.11.2")
    };
    let (second, changes) = replace(&mut store, options, &now, false).unwrap();
    let wanted = Changes { added: 10, changed: 2, removed: 10, unchanged: 968, compacted: false };
    assert_eq!(changes, wanted);
    assert_eq!((second.segments.len(), second.segments[1].rows), (2, 12));
    assert_eq!((second.segments[0].hidden.len(), second.segments[0].removed.len()), (12, 10));
    assert!(second.tombstones.is_empty(), "nobody's id is told");
    assert_eq!(second.counts.performers, 980);
    assert_eq!(manifest_of(&store).removal_url.as_deref(), Some("https://example.org/remove"));

    let database = open(copy(&store), &DIMENSIONS);
    let found = |entry: &PerformerEntry| {
        let found = block_on(database.find(&entry.faces[0], 1)).unwrap();
        found.candidates.into_iter().next().is_some_and(|c| c.similarity.0 > 0.7)
    };
    assert!(now.iter().all(found));
    assert!(!everyone[..10].iter().any(found));
    assert_eq!(block_on(database.performer(&everyone[0].performer.id)).unwrap(), None);

    // Nothing differs: a new manifest, and nothing else.
    let (third, changes) = replace(&mut store, next("2026.11.3"), &now, false).unwrap();
    assert_eq!(
        (changes.unchanged, changes.added, changes.changed, changes.removed),
        (980, 0, 0, 0)
    );
    assert_eq!(third.segments, second.segments);
    assert_eq!(third.contact, second.contact, "what a version does not say it inherits");

    // Written anew, it is what a first version would be, and nobody's row is told any more.
    let (compact, changes) = replace(&mut store, next("2026.11.4"), &now, true).unwrap();
    assert!(changes.compacted);
    let mut fresh = MemoryStore::default();
    let first = write_database(now, &next("2026.11.4"), &mut fresh).unwrap();
    assert_eq!(compact.segments, first.segments);
    assert!(compact.segments[0].hidden.is_empty() && compact.segments[0].removed.is_empty());
}

fn manifest_of(store: &MemoryStore) -> Manifest {
    block_on(manifest(store)).unwrap()
}

#[test]
fn a_tenth_is_written_anew_and_old_tombstones_go_with_it() {
    let everyone = people(300, 1, &DIMENSIONS, 6);
    let mut store = MemoryStore::default();
    write_database(everyone[..250].to_vec(), &next("2026.11.1"), &mut store).unwrap();
    let gone: BTreeSet<PerformerId> = [everyone[3].performer.id.clone()].into();
    common::forge(&store, |manifest| manifest.tombstones = gone.iter().cloned().collect());

    let (second, changes) =
        replace(&mut store, next("2026.11.2"), &everyone[..255], false).unwrap();
    assert_eq!((changes.compacted, changes.removed, second.tombstones.len()), (false, 1, 1));
    let (third, changes) = replace(&mut store, next("2026.11.3"), &everyone, false).unwrap();
    assert_eq!((changes.compacted, third.tombstones.len()), (true, 0));
    assert_eq!((third.segments.len(), third.counts.performers), (1, 299), "still not there");
}

#[test]
fn shards_with_removed_people_are_not_kept() {
    let everyone = people(400, 1, &DIMENSIONS, 7);
    let mut store = MemoryStore::default();
    write_database(everyone.clone(), &next("2026.11.1"), &mut store).unwrap();
    let client = copy(&store);
    let (second, _) = replace(&mut store, next("2026.11.2"), &everyone[1..], false).unwrap();
    assert_eq!(second.segments[0].removed.len(), 1);
    // A client has the files of the old version, and learns of the new one.
    store.names().iter().for_each(|name| client.insert(name, file(&store, name)));
    let client = Rc::new(client);
    let database = block_on(Database::open(client.clone())).unwrap();
    block_on(database.tidy());
    let shards = common::shards(&store);
    let left = shards.iter().filter(|s| client.names().contains(&s.to_string())).count();
    assert_eq!(left, shards.len() - 1);
}

#[test]
fn impossible_words_are_refused() {
    let everyone = people(3, 1, &DIMENSIONS, 8);
    for removal_url in ["http://example.org/remove", "javascript:alert(1)", "https://a b"] {
        let options = WriteOptions { removal_url: Some(removal_url.into()), ..next("2026.11.1") };
        let written = write_database(everyone.clone(), &options, &mut MemoryStore::default());
        assert!(matches!(written, Err(IndexError::Damaged { .. })), "{removal_url}");
    }
    let mut store = MemoryStore::default();
    write_database(everyone.clone(), &next("2026.11.1"), &mut store).unwrap();
    assert!(replace(&mut store, next("2026.11.1"), &everyone, false).is_err(), "must rise");
}
