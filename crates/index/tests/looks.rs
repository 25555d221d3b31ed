//! People who look quite different at times.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::collections::BTreeSet;

use common::{Normal, copy, forge, open, options, people, write};
use pollster::block_on;
use rollcall_core::{Embedding, Lookup};
use rollcall_index::{
    Database, IndexError, MemoryStore, PerformerEntry, Update, manifest, update_database,
    write_database,
};

const DIMENSIONS: [usize; 1] = [512];
const CROWD: usize = 5000;
const CHANGED: usize = 60;

fn faces(random: &mut Normal, look: &[f32], count: usize) -> Vec<Vec<Embedding>> {
    let face = |_| vec![Embedding::from_raw(random.near(look, 0.85)).unwrap()];
    (0..count).map(face).collect()
}

/// Many people; the first [`CHANGED`] have six faces of one look and two of another, which comes second.
fn crowd() -> (Vec<PerformerEntry>, Vec<Vec<f32>>) {
    let mut entries = people(CROWD, 1, &DIMENSIONS, 11);
    let mut random = Normal::new(12);
    let mut others = Vec::new();
    for entry in &mut entries[..CHANGED] {
        let look = random.unit(512);
        let other = random.near(&look, 0.25);
        entry.faces = faces(&mut random, &look, 6);
        entry.faces.extend(faces(&mut random, &other, 2));
        others.push(other);
    }
    (entries, others)
}

/// How many of the first are found by a face as of a scene that is like their second look.
fn found(database: &Database, others: &[Vec<f32>]) -> usize {
    let mut random = Normal::new(13);
    let is_found = |(number, other): &(usize, &Vec<f32>)| {
        let face = [Embedding::from_raw(random.near(other, 0.4)).unwrap()];
        let candidates = block_on(database.find(&face, 5)).unwrap().candidates;
        assert_eq!(candidates.len(), 5);
        let ids: BTreeSet<_> = candidates.iter().map(|c| &c.performer.id).collect();
        assert_eq!(ids.len(), 5, "everybody comes once");
        candidates[0].performer.name == format!("Person {number}")
    };
    others.iter().enumerate().filter(is_found).count()
}

#[test]
fn are_found_by_a_look_that_most_of_their_pictures_do_not_have() {
    let (entries, others) = crowd();
    let store = write(entries.clone(), &DIMENSIONS);
    assert_eq!(block_on(manifest(&store)).unwrap().segments[0].looks.len(), CHANGED);
    let with = found(&open(store, &DIMENSIONS), &others);

    // The same faces, one of the other look left out: two are needed for a look.
    let mut fewer = entries;
    fewer[..CHANGED].iter_mut().for_each(|entry| entry.faces.truncate(7));
    let store = write(fewer, &DIMENSIONS);
    assert!(block_on(manifest(&store)).unwrap().segments[0].looks.is_empty());
    let without = found(&open(store, &DIMENSIONS), &others);
    assert!(with >= CHANGED - 2 && without < CHANGED * 9 / 10, "{with}, {without} of {CHANGED}");
}

#[test]
fn keep_their_looks_in_updates_and_when_all_is_written_anew() {
    let (mut entries, others) = crowd();
    entries.truncate(1000);
    let mut next = Update {
        options: options(&DIMENSIONS),
        changed: entries[..CHANGED].to_vec(),
        removed: BTreeSet::new(),
        compact: false,
    };
    next.options.version = "2026.11.2".parse().unwrap();
    let mut store = write(entries[CHANGED..].to_vec(), &DIMENSIONS);
    let mut apply = |update: &Update| -> (MemoryStore, Vec<u32>) {
        let before = copy(&store);
        let manifest = block_on(update_database(&before, update.clone(), &mut store)).unwrap();
        (copy(&store), manifest.segments.last().unwrap().looks.clone())
    };
    let (second, looks) = apply(&next);
    assert_eq!(looks, (0..CHANGED as u32).collect::<Vec<_>>());
    assert!(found(&open(second, &DIMENSIONS), &others) >= CHANGED - 2);

    next.options.version = "2026.11.3".parse().unwrap();
    (next.changed, next.compact) = (Vec::new(), true);
    let (third, _) = apply(&next);
    let mut fresh = MemoryStore::default();
    let manifest = write_database(entries, &next.options, &mut fresh).unwrap();
    assert_eq!(block_on(rollcall_index::manifest(&third)).unwrap(), manifest);
}

#[test]
fn that_cannot_be_are_refused() {
    let (mut entries, _) = crowd();
    entries.truncate(CHANGED + 100);
    let rows = entries.len() as u32;
    let store = write(entries, &DIMENSIONS);
    let forged = |change: fn(&mut Vec<u32>, u32)| {
        let mut manifest = block_on(manifest(&store)).unwrap();
        change(&mut manifest.segments[0].looks, rows);
        manifest.to_bytes(None).err()
    };
    let cases: [fn(&mut Vec<u32>, u32); 4] = [
        |looks, rows| *looks.last_mut().unwrap() = rows,
        |looks, _| looks.reverse(),
        |looks, _| looks.fill(3),
        |looks, _| looks.clear(),
    ];
    for change in cases {
        assert!(matches!(forged(change), Some(IndexError::Damaged { .. })));
    }
    assert_eq!(forged(|_, _| ()), None);
    // Somebody else's row: whoever is there is weighed by what the shard says.
    forge(&store, |manifest| manifest.segments[0].looks.iter_mut().for_each(|row| *row /= 2));
    assert!(
        !block_on(
            open(store, &DIMENSIONS).find(&[Embedding::from_raw(vec![1.0; 512]).unwrap()], 5)
        )
        .unwrap()
        .candidates
        .is_empty()
    );
}
