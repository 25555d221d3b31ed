//! What is kept of a database, and when it takes the place of what the host says.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::rc::Rc;

use common::{file, pack, people, write};
use pollster::block_on;
use rollcall_core::Lookup as _;
use rollcall_index::{
    Cache as _, CachedStore, Database, IndexError, LATEST, MemoryStore, Store as _,
};

const DIMENSIONS: [usize; 1] = [128];

fn open(cache: &Rc<MemoryStore>, origin: &Rc<MemoryStore>) -> Result<Database, IndexError> {
    block_on(Database::open(Rc::new(CachedStore::new(cache.clone(), origin.clone()))))
}

/// What a network answers in the place of any file, before one has logged in.
fn pages() -> [Vec<u8>; 3] {
    let page = b"<!doctype html><title>Sign in</title>".to_vec();
    let long = [page.clone(), b"<p>Welcome to our hotel!</p>".repeat(500)].concat();
    [page, long, Vec::new()]
}

#[test]
fn a_page_in_the_place_of_the_host_does_not_stop_what_is_kept() {
    let entries = people(40, 2, &DIMENSIONS, 5);
    let origin = Rc::new(write(entries.clone(), &DIMENSIONS));
    let good = file(&origin, LATEST);
    let half = good[..good.len() / 2].to_vec();
    let cache = Rc::new(MemoryStore::default());
    block_on(open(&cache, &origin).unwrap().fetch_everything(&|_, _| ())).unwrap();
    for answer in pages().into_iter().chain([half, b"{\"format\":1}".to_vec()]) {
        for name in origin.names() {
            origin.insert(&name, answer.clone());
        }
        let database = open(&cache, &origin).unwrap().for_pack(&pack(&DIMENSIONS)).unwrap();
        let found = block_on(database.find(&entries[7].faces[0], 1)).unwrap();
        assert_eq!(found.candidates[0].performer.id, entries[7].performer.id);
        assert!(!found.partial);
        assert_eq!(block_on(cache.get(LATEST, 4096, false)), Ok(good.clone()), "it stays");
    }
}

#[test]
fn a_page_is_told_where_nothing_is_kept() {
    let refused = |cache: &Rc<MemoryStore>, answer: Vec<u8>| {
        let origin = Rc::new(MemoryStore::default());
        origin.insert(LATEST, answer);
        open(cache, &origin).err().unwrap().to_string()
    };
    for answer in pages() {
        let spoilt = Rc::new(MemoryStore::default());
        spoilt.insert(LATEST, b"rotten".to_vec());
        for cache in [Rc::default(), spoilt] {
            let words = refused(&cache, answer.clone());
            assert!(words.contains("is no Rollcall database"), "{words}");
            assert!(words.contains("check the address") && words.contains("sign in"), "{words}");
        }
    }
}

#[test]
fn what_the_host_itself_says_goes_before_what_is_kept() {
    let origin = Rc::new(write(people(5, 1, &DIMENSIONS, 5), &DIMENSIONS));
    let cache = Rc::new(MemoryStore::default());
    open(&cache, &origin).unwrap();
    origin.insert(LATEST, b"{\"format\":2,\"releases\":[]}".to_vec());
    assert!(matches!(open(&cache, &origin), Err(IndexError::TooNew { found: 2, .. })));
    origin.remove(LATEST);
    assert!(matches!(open(&cache, &origin), Err(IndexError::Store(_))), "it is withdrawn");
}

#[test]
fn a_file_is_changed_in_one_step() {
    let cache = Rc::new(MemoryStore::default());
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut longer = |old: Option<&[u8]>| {
            seen.push(old.map(<[u8]>::to_vec));
            [old.unwrap_or(b"a"), b"b"].concat()
        };
        block_on(cache.change("state", &mut longer));
    }
    assert_eq!(seen, [None, Some(b"ab".to_vec()), Some(b"abb".to_vec())]);
    assert_eq!(file(&cache, "state"), b"abbb");
}
