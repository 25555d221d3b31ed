//! Which shards are fetched, and which are still in memory.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{collections::BTreeSet, rc::Rc};

use common::{Recorder, pack, people, shards, write};
use pollster::block_on;
use rollcall_core::Lookup as _;
use rollcall_index::{Database, PerformerEntry};

const DIMENSIONS: [usize; 1] = [512];

/// Many more shards than stay in memory, which are a hundred.
fn crowd() -> (Vec<PerformerEntry>, Rc<Recorder>) {
    let entries = people(700, 30, &DIMENSIONS, 5);
    let host = Rc::new(Recorder::new(write(entries.clone(), &DIMENSIONS)));
    assert!(shards(&host.files).len() > 150);
    (entries, host)
}

fn open(host: &Rc<Recorder>) -> Database {
    block_on(Database::open(host.clone())).unwrap().for_pack(&pack(&DIMENSIONS)).unwrap()
}

/// The shards that a search for somebody asks the host for, each once.
fn fetched(
    host: &Recorder,
    database: &Database,
    who: &PerformerEntry,
    limit: usize,
) -> BTreeSet<String> {
    host.asked();
    block_on(database.find(&who.faces[0], limit)).unwrap();
    let names = host.asked();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "none is asked for twice");
    set
}

#[test]
fn who_is_asked_for_again_and_again_stays_in_memory() {
    let (entries, host) = crowd();
    let database = open(&host);
    assert!(!fetched(&host, &database, &entries[0], 5).is_empty());
    let mut others = 0;
    for other in &entries[1..60] {
        others += fetched(&host, &database, other, 5).len();
        assert!(fetched(&host, &database, &entries[0], 5).is_empty(), "after {others} others");
    }
    assert!(others > 110, "{others} others");
}

#[test]
fn a_search_does_not_lose_what_it_needs_to_what_it_fetches() {
    let (entries, host) = crowd();
    let mut needed = 0;
    for three in entries.chunks(3).take(20) {
        let database = open(&host);
        // A few shards, which are the oldest when the third search comes, and many.
        let few = fetched(&host, &database, &three[0], 5);
        let many = fetched(&host, &database, &three[1], 100);
        assert!(few.len() + many.len() < 100, "there is room for both");
        let third = fetched(&host, &database, &three[2], 100);
        assert!(few.is_disjoint(&third) && many.is_disjoint(&third), "asked for again");
        assert!(few.len() + many.len() + third.len() > 105, "there is not room for all");
        assert!(fetched(&host, &database, &three[2], 100).is_empty(), "it has them all");
        needed += third.len();
    }
    assert!(needed > 500);
}
