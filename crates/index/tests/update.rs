//! Newer versions that cost only what has changed.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Recorder, copy, file, open, options, people};
use pollster::block_on;
use rollcall_core::{Lookup, PerformerId};
use rollcall_index::{
    IndexError, LATEST, Latest, Manifest, MemoryStore, PerformerEntry, Update, manifest_name,
    update_database, write_database,
};

const DIMENSIONS: [usize; 1] = [128];

fn update(version: &str, changed: Vec<PerformerEntry>) -> Update {
    let mut options = options(&DIMENSIONS);
    options.version = version.parse().unwrap();
    Update { options, changed, removed: BTreeSet::new(), compact: false }
}

fn apply(store: &mut MemoryStore, update: Update) -> Result<Manifest, IndexError> {
    let old = copy(store);
    block_on(update_database(&old, update, store))
}

fn first(entries: &[PerformerEntry]) -> MemoryStore {
    let mut store = MemoryStore::default();
    let mut options = options(&DIMENSIONS);
    options.version = "2026.11.0".parse().unwrap();
    write_database(entries.to_vec(), &options, &mut store).unwrap();
    store
}

/// Who comes first for the first face of each.
fn named(store: &MemoryStore, entries: &[PerformerEntry]) -> Vec<Option<String>> {
    let database = open(copy(store), &DIMENSIONS);
    let name = |entry: &PerformerEntry| {
        let found = block_on(database.find(&entry.faces[0], 1)).unwrap();
        assert!(!found.partial);
        let best = found.candidates.into_iter().next().filter(|c| c.similarity.0 > 0.7);
        best.map(|candidate| candidate.performer.name)
    };
    entries.iter().map(name).collect()
}

fn names(entries: &[PerformerEntry]) -> Vec<Option<String>> {
    entries.iter().map(|entry| Some(entry.performer.name.clone())).collect()
}

fn ids(entries: &[PerformerEntry]) -> BTreeSet<PerformerId> {
    entries.iter().map(|entry| entry.performer.id.clone()).collect()
}

/// The files that are in `new` and not in `old`, with their bytes.
fn added(old: &MemoryStore, new: &MemoryStore) -> BTreeMap<String, usize> {
    let before = old.names();
    let fresh = new.names().into_iter().filter(|name| !before.contains(name) || name == LATEST);
    fresh.map(|name| (name.clone(), file(new, &name).len())).collect()
}

#[test]
fn new_and_changed_people_are_found_and_removed_ones_are_not() {
    let everyone = people(1000, 2, &DIMENSIONS, 5);
    let mut store = first(&everyone[..950]);
    let mut changed = everyone[..10].to_vec();
    for (entry, other) in changed.iter_mut().zip(people(10, 3, &DIMENSIONS, 99)) {
        entry.performer.name += " anew";
        entry.faces = other.faces;
    }
    let mut second = update("2026.11.1", [&changed, &everyone[950..970]].concat());
    second.removed = ids(&everyone[20..25]);
    second.options.tombstones = ids(&everyone[25..30]);
    let manifest = apply(&mut store, second).unwrap();
    assert_eq!(manifest.segments.len(), 2);
    assert_eq!(manifest.counts.performers, 960);
    assert_eq!(manifest.counts.faces, 960 * 2 + 10);
    assert_eq!(manifest.segments[0].hidden.len(), 20);

    assert_eq!(named(&store, &everyone[950..970]), names(&everyone[950..970]));
    assert_eq!(named(&store, &everyone[30..950]), names(&everyone[30..950]));
    assert_eq!(named(&store, &changed), names(&changed));
    assert!(named(&store, &everyone[..10]).iter().all(Option::is_none), "their old faces");
    assert!(named(&store, &everyone[20..30]).iter().all(Option::is_none), "removed people");

    // Who was merely gone may come back; who is removed for good may not.
    let third = apply(&mut store, update("2026.11.2", everyone[20..30].to_vec())).unwrap();
    assert_eq!(third.segments.len(), 3);
    assert_eq!(named(&store, &everyone[20..25]), names(&everyone[20..25]));
    assert!(named(&store, &everyone[25..30]).iter().all(Option::is_none));
    assert_eq!(third.counts.performers, 965);
}

#[test]
fn a_release_costs_what_has_changed() {
    let everyone = people(5050, 1, &DIMENSIONS, 5);
    let mut store = first(&everyone[..5000]);
    let old = copy(&store);
    let manifest = apply(&mut store, update("2026.11.1", everyone[5000..].to_vec())).unwrap();
    let files = added(&old, &store);
    let latest = Latest::parse(&file(&store, LATEST)).unwrap();
    assert_eq!(block_on(rollcall_index::manifest(&store)).unwrap(), manifest);
    let fixed = files[LATEST] + files[&manifest_name(&latest.manifest)];
    let fetched: usize = files.values().sum();
    // The share of the whole that fifty of 5,050 people have, by count.
    let whole = first(&everyone);
    let bytes: usize = whole.names().iter().map(|name| file(&whole, name).len()).sum();
    let changed = bytes as f64 * 50.0 / 5050.0;
    println!("1 %: {fetched} bytes, {fixed} of them fixed, for {changed:.0} that changed");
    assert!((fetched - fixed) as f64 <= 1.2 * changed);
    assert!(fixed < 2500, "what every release costs does not grow with the database");
}

#[test]
fn compaction_is_what_a_new_build_would_be() {
    let everyone = people(600, 3, &DIMENSIONS, 5);
    let mut store = first(&everyone[..500]);
    let mut removal = update("2026.11.1", everyone[500..520].to_vec());
    removal.removed = ids(&everyone[..10]);
    assert_eq!(apply(&mut store, removal).unwrap().segments.len(), 2);
    let large = update("2026.11.2", everyone[520..].to_vec());
    let compacted = apply(&mut store, large.clone()).unwrap();
    assert_eq!(compacted.segments.len(), 1, "a tenth is new");

    let mut fresh = MemoryStore::default();
    let manifest = write_database(everyone[10..].to_vec(), &large.options, &mut fresh).unwrap();
    assert_eq!(manifest, compacted);
    for name in fresh.names() {
        assert_eq!(file(&fresh, &name), file(&store, &name), "{name}");
    }
    let mut asked = update("2026.11.3", Vec::new());
    asked.compact = true;
    let again = apply(&mut store, asked).unwrap();
    assert_eq!(again.segments, compacted.segments);
}

#[test]
fn what_cannot_follow_is_refused_and_changes_nothing() {
    let everyone = people(20, 1, &DIMENSIONS, 5);
    let mut store = first(&everyone);
    let before = copy(&store);
    let older = apply(&mut store, update("2026.11.0", Vec::new())).unwrap_err();
    assert!(older.to_string().contains("2026.11.0"), "{older}");
    let mut other = update("2026.11.1", Vec::new());
    other.options.models[0].name = "other".into();
    assert!(matches!(apply(&mut store, other), Err(IndexError::Unfit { .. })));
    let twice = [&everyone[..1], &everyone[..1]].concat();
    assert!(matches!(apply(&mut store, update("2026.11.1", twice)), Err(IndexError::Duplicate(_))));
    assert_eq!(file(&store, LATEST), file(&before, LATEST));

    let shard = common::shards(&store)[0].to_string();
    store.remove(&shard);
    let mut removal = update("2026.11.1", Vec::new());
    removal.removed = ids(&everyone[..1]);
    assert!(matches!(apply(&mut store, removal), Err(IndexError::Store(_))));
    assert_eq!(file(&store, LATEST), file(&before, LATEST));
}

#[test]
fn old_tombstones_cost_nothing_and_still_win() {
    let everyone = people(1000, 1, &DIMENSIONS, 5);
    let mut store = first(&everyone[..990]);
    let mut removal = update("2026.11.1", Vec::new());
    removal.options.tombstones = ids(&everyone[..20]);
    apply(&mut store, removal).unwrap();

    // The next version reads the manifest, a table of shards and an id index, but nobody's shard.
    let old = Recorder::new(copy(&store));
    let next = update("2026.11.2", everyone[990..].to_vec());
    let manifest = block_on(update_database(&old, next, &mut store)).unwrap();
    let read = old.asked();
    let shards: Vec<String> = common::shards(&old.files).iter().map(ToString::to_string).collect();
    assert!(!read.iter().any(|name| shards.contains(name)), "{read:?}");
    assert_eq!(read.len(), 4, "{read:?}");
    assert_eq!((manifest.segments[0].hidden.len(), manifest.tombstones.len()), (20, 20));

    // Nobody who is removed comes back with a newer segment, under any of their ids.
    let mut again = everyone[..2].to_vec();
    let known_as = again[1].performer.id.uuid();
    again[1].performer.stash_ids.insert(PerformerId::LOCAL.into(), known_as);
    again[1].performer.id = PerformerId::local("another name of theirs");
    let third = apply(&mut store, update("2026.11.3", again.clone())).unwrap();
    assert_eq!(third.counts.performers, 980);
    again.truncate(1);
    again[0].performer.merged_ids = ids(&everyone[..1]).into_iter().collect();
    again[0].performer.id = PerformerId::local("whom they were merged into");
    let fourth = apply(&mut store, update("2026.11.4", again.clone())).unwrap();
    assert_eq!(fourth.counts.performers, 980);
    assert_eq!(named(&store, &everyone[..1]), [None]);
}

#[test]
fn rows_that_another_program_left_beside_their_tombstone_go_with_the_compaction() {
    let everyone = people(100, 1, &DIMENSIONS, 5);
    let mut store = common::write(everyone.clone(), &DIMENSIONS);
    common::forge(&store, |manifest| {
        manifest.tombstones = ids(&everyone[..5]).into_iter().collect();
    });
    assert!(named(&store, &everyone[..5]).iter().all(Option::is_none), "readers hide them");
    let mut compact = update("2026.11.2", Vec::new());
    compact.compact = true;
    let manifest = apply(&mut store, compact).unwrap();
    assert_eq!((manifest.segments[0].rows, manifest.tombstones.len()), (95, 5));
    assert_eq!(named(&store, &everyone[5..]), names(&everyone[5..]));
}
