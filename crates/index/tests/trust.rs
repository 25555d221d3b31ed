//! Whose databases are opened, and whose not.
#![allow(clippy::panic, clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::rc::Rc;

use common::{file, options, people};
use pollster::block_on;
use rollcall_core::PerformerId;
use rollcall_index::{
    Database, DatabaseInfo, Distrust, IndexError, LATEST, Latest, MemoryStore, PerformerEntry,
    Remembered, SigningKey, Trust, Version, WriteOptions, manifest, manifest_name, write_database,
};

const DAY: u64 = 24 * 3600;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed([number; 32]).unwrap()
}

fn database(change: impl FnOnce(&mut WriteOptions)) -> MemoryStore {
    let mut options = options(&[128]);
    change(&mut options);
    let mut store = MemoryStore::default();
    write_database(people(3, 1, &[128], 1), &options, &mut store).unwrap();
    store
}

fn open(store: MemoryStore, trust: &Trust) -> Result<Remembered, IndexError> {
    block_on(Database::open_trusted(Rc::new(store), trust)).map(|database| database.remember())
}

fn signed(number: u8) -> MemoryStore {
    database(|options| options.key = Some(key(number)))
}

fn why(result: Result<Remembered, IndexError>) -> Distrust {
    match result {
        Err(IndexError::Unconfirmed { why, .. }) => why,
        other => panic!("{other:?} needs no word"),
    }
}

#[test]
fn a_pinned_key_opens_its_own_databases_only() {
    let trust = Trust { pinned: vec![key(1).public(), key(2).public()], ..Trust::default() };
    for number in [1, 2] {
        assert_eq!(open(signed(number), &trust).unwrap().signer, Some(key(number).public()));
    }
    for other in [signed(3), database(|_| ())] {
        let error = open(other, &trust).unwrap_err();
        assert!(matches!(error, IndexError::NotPinned { .. }));
    }
}

#[test]
fn the_first_visit_remembers_the_key() {
    let first = open(signed(1), &Trust::default()).unwrap();
    let trust = Trust { remembered: Some(first.clone()), ..Trust::default() };
    assert_eq!(open(signed(1), &trust), Ok(first));
    let (other, nobody) = (why(open(signed(2), &trust)), why(open(database(|_| ()), &trust)));
    let known = key(1).public().fingerprint();
    let found = key(2).public().fingerprint();
    assert_eq!(other, Distrust::Signer { found, known: known.clone() });
    assert_eq!(nobody, Distrust::Signer { found: "nobody".into(), known });

    let unsigned = open(database(|_| ()), &Trust::default()).unwrap();
    let trust = Trust { remembered: Some(unsigned), ..Trust::default() };
    assert!(open(signed(1), &trust).is_ok(), "a signature that is new takes nothing away");
}

#[test]
fn versions_only_rise() {
    let at = |version: [u32; 3]| database(|options| options.version = Version(version));
    let known = open(at([2026, 11, 2]), &Trust::default()).unwrap();
    let trust = Trust { remembered: Some(known), ..Trust::default() };
    for fine in [[2026, 11, 2], [2026, 11, 10], [2027, 1, 1]] {
        assert!(open(at(fine), &trust).is_ok());
    }
    let replayed = why(open(at([2026, 11, 1]), &trust));
    let (found, known) = (Version([2026, 11, 1]), Version([2026, 11, 2]));
    assert_eq!(replayed, Distrust::Older { found, known });
}

#[test]
fn what_is_out_of_date_is_not_used_unless_the_clock_is_wrong() {
    let made = options(&[128]).created;
    let store = || database(|options| options.expires = Some(made + 30 * DAY));
    let at = |now: u64| open(store(), &Trust { now: Some(now), ..Trust::default() });
    assert!(at(made + 30 * DAY).is_ok());
    assert_eq!(why(at(made + 30 * DAY + 1)), Distrust::Expired { days: 1 });
    assert!(at(made - 20 * 365 * DAY).is_ok(), "a clock that was reset says nothing");
    assert!(open(store(), &Trust::default()).is_ok(), "there may be no clock");
}

#[test]
fn a_user_may_confirm_one_manifest_but_no_other() {
    let known = Remembered { signer: Some(key(1).public()), version: Version([2027, 1, 1]) };
    let mut trust = Trust { remembered: Some(known), ..Trust::default() };
    let Err(IndexError::Unconfirmed { manifest, why: reasons }) = open(signed(2), &trust) else {
        panic!()
    };
    let reasons = reasons.to_string();
    assert!(reasons.contains("signed by") && reasons.contains("older than"), "{reasons}");
    trust.confirmed = Some(manifest);
    assert!(open(signed(2), &trust).is_ok());
    assert!(open(signed(3), &trust).is_err());
    // The next visit knows what was confirmed, and no more.
    let next = open(signed(2), &trust).unwrap().after(trust.remembered.as_ref());
    assert_eq!(next.version, Version([2027, 1, 1]), "the version before is not forgotten");
    let trust_next = Trust { remembered: Some(next), ..Trust::default() };
    assert!(matches!(why(open(signed(2), &trust_next)), Distrust::Older { .. }));
    let unsigned = open(database(|_| ()), &Trust::default()).unwrap();
    let known = trust.remembered.clone();
    assert_eq!(unsigned.after(known.as_ref()).signer, Some(key(1).public()));

    trust.pinned = vec![key(1).public()];
    assert!(open(signed(2), &trust).is_err(), "what the settings say is not confirmed away");
}

/// The host changes one byte after the other of a signed manifest, with hashes that are right.
#[test]
fn a_forged_manifest_is_refused() {
    let store = signed(1);
    let latest = Latest::parse(&file(&store, LATEST)).unwrap();
    let bytes = file(&store, &manifest_name(&latest.manifest));
    let trust = Trust { pinned: vec![key(1).public()], ..Trust::default() };
    let mut forged = 0;
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1;
        let store = signed(1);
        common::publish(&store, other);
        // Only the names of passed-over keys could change without harm, and there are none.
        let error = open(store, &trust).unwrap_err();
        forged += usize::from(matches!(error, IndexError::Forged(_)));
    }
    assert!(forged > bytes.len() / 2, "{forged} of {} reached the signature", bytes.len());
}

#[test]
fn a_collection_of_ones_own_is_of_no_stash_box_and_signed_by_nobody() {
    let own = |store: MemoryStore| DatabaseInfo::from(&block_on(manifest(&store)).unwrap()).own;
    assert!(own(database(|_| ())));
    assert!(!own(signed(1)));
    let mut entries = people(3, 1, &[128], 1);
    // Knowing somebody's id at a stash-box makes nobody published.
    let uuid = entries[0].performer.id.uuid();
    entries[0].performer.stash_ids.insert("stashdb.org".to_owned(), uuid);
    let written = |entries: &[PerformerEntry]| {
        let mut store = MemoryStore::default();
        write_database(entries.to_vec(), &options(&[128]), &mut store).unwrap();
        store
    };
    assert!(own(written(&entries)));
    entries[0].performer.id = PerformerId::new("stashdb.org", uuid).unwrap();
    assert!(!own(written(&entries)));
    assert!(own(written(&[])), "nobody is nobody's");
}
