//! Files that are cut, flipped, swapped, forged or gone: each has a defined answer.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{cell::RefCell, rc::Rc, sync::LazyLock};

use common::{file, forge, forge_shard, open, pack, people, publish, put, shards, write};
use pollster::block_on;
use proptest::prelude::*;
use rmpv::Value;
use rollcall_core::{Found, LocalFuture, Lookup};
use rollcall_index::{
    Cache as _, CachedStore, Database, Digest, IndexError, LATEST, Latest, Manifest, MemoryStore,
    PerformerEntry, Shard, Store, StoreError, manifest,
};

const DIMENSIONS: [usize; 1] = [128];

type Crowd = (Vec<PerformerEntry>, Vec<(String, Vec<u8>)>);

fn small_world(people_count: usize, faces: usize) -> Crowd {
    let entries = people(people_count, faces, &DIMENSIONS, 5);
    let store = write(entries.clone(), &DIMENSIONS);
    let files = store.names().into_iter().map(|name| (name.clone(), file(&store, &name)));
    (entries, files.collect())
}

fn settle((entries, files): &Crowd) -> (Vec<PerformerEntry>, MemoryStore) {
    let store = MemoryStore::default();
    files.iter().for_each(|(name, bytes)| store.insert(name, bytes.clone()));
    (entries.clone(), store)
}

/// 400 performers in several shards.
fn crowd() -> (Vec<PerformerEntry>, MemoryStore) {
    static CROWD: LazyLock<Crowd> = LazyLock::new(|| small_world(400, 3));
    let (entries, store) = settle(&CROWD);
    assert!(shards(&store).len() > 2, "there are several shards");
    (entries, store)
}

fn reopen(store: MemoryStore) -> Result<Database, IndexError> {
    Ok(block_on(Database::open(Rc::new(store)))?.for_pack(&pack(&DIMENSIONS)).unwrap())
}

fn find(database: &Database, entry: &PerformerEntry) -> Found {
    block_on(database.find(&entry.faces[0], 1)).unwrap()
}

fn is_found(found: &Found, entry: &PerformerEntry) -> bool {
    found.candidates.first().is_some_and(|c| c.performer.id == entry.performer.id)
}

/// The people of one shard, and the others.
fn parted(
    entries: Vec<PerformerEntry>,
    store: &MemoryStore,
    shard: &Digest,
) -> (Vec<PerformerEntry>, Vec<PerformerEntry>) {
    let shard = Shard::parse("", file(store, &shard.to_string()), &DIMENSIONS).unwrap();
    let ids: Vec<_> = (0..shard.len()).map(|i| shard.performer(i).unwrap().id.clone()).collect();
    entries.into_iter().partition(|entry| ids.contains(&entry.performer.id))
}

#[test]
fn a_bad_shard_is_left_out_and_said_to_be() {
    let cut = |bytes: &[u8]| Some(bytes[..bytes.len() / 2].to_vec());
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[40_000] ^= 1;
        Some(bytes)
    };
    let long = |bytes: &[u8]| Some([bytes, &vec![0; 300_000]].concat());
    let page = |_: &[u8]| Some(b"<!doctype html><title>Sign in</title>".to_vec());
    let gone = |_: &[u8]| None;
    type Change = fn(&[u8]) -> Option<Vec<u8>>;
    let changes: [(Change, &str); 5] = [
        (cut, "is not the one its manifest names (wrong SHA-256); fetch the database again"),
        (flipped, "is not the one its manifest names (wrong SHA-256)"),
        (long, "bytes, so it is no part of a database; check the address"),
        (page, "is not the one its manifest names (wrong SHA-256)"),
        (gone, "the database has no file"),
    ];
    for (change, words) in changes {
        let (entries, store) = crowd();
        let bad = shards(&store)[1];
        let (lost, kept) = parted(entries, &store, &bad);
        if let Some(bytes) = change(&store.remove(&bad.to_string()).unwrap()) {
            store.insert(&bad.to_string(), bytes);
        }
        let database = reopen(store).unwrap();
        for entry in &lost[..5] {
            let found = find(&database, entry);
            assert!(found.partial && !is_found(&found, entry));
        }
        assert!(kept.iter().all(|entry| is_found(&find(&database, entry), entry)));
        let trouble = database.trouble().unwrap().to_string();
        assert!(trouble.contains(words), "{trouble}");
    }
}

#[test]
fn swapped_shards_are_noticed() {
    let (entries, store) = crowd();
    let names = shards(&store);
    let (a, b) = (file(&store, &names[0].to_string()), file(&store, &names[1].to_string()));
    store.insert(&names[0].to_string(), b);
    store.insert(&names[1].to_string(), a);
    let database = reopen(store).unwrap();
    let wrong = entries.iter().filter(|entry| {
        let found = find(&database, entry);
        !is_found(&found, entry) && !found.partial
    });
    assert_eq!(wrong.count(), 0);
}

/// Gives a file wrong once for all that goes through caches.
struct Stale(MemoryStore, RefCell<Vec<(String, bool)>>);

impl Store for Stale {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        self.1.borrow_mut().push((name.to_owned(), fresh));
        Box::pin(async move {
            let bytes = self.0.get(name, max_bytes, fresh).await?;
            Ok(if fresh { bytes } else { b"stale".to_vec() })
        })
    }
}

#[test]
fn a_bad_file_is_fetched_once_more_past_the_cache() {
    let (entries, store) = crowd();
    let store = Rc::new(Stale(store, RefCell::default()));
    let database = block_on(Database::open(store.clone())).unwrap();
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    let found = find(&database, &entries[0]);
    assert!(is_found(&found, &entries[0]) && !found.partial);
    let asked = store.1.borrow();
    assert_eq!(asked[0], (LATEST.to_owned(), true), "what can change is never taken from a cache");
    for (name, _) in asked.iter().skip(1) {
        let times: Vec<bool> = asked.iter().filter(|a| a.0 == *name).map(|a| a.1).collect();
        assert_eq!(times, [false, true], "{name}");
    }
}

#[test]
fn a_spoilt_cache_heals() {
    let (entries, origin) = crowd();
    let cache = MemoryStore::default();
    for name in origin.names() {
        block_on(cache.put(&name, b"rotten"));
    }
    let database = open(CachedStore::new(cache, origin), &DIMENSIONS);
    assert!(is_found(&find(&database, &entries[3]), &entries[3]));
    assert_eq!(database.trouble(), None);
}

#[test]
fn a_latest_json_that_is_none() {
    let page = b"<!doctype html>".to_vec();
    let manifest = "manifest-".to_owned() + &"0".repeat(64) + ".mp";
    let cases = [
        (page, "is no Rollcall database"),
        (Vec::new(), "is no Rollcall database"),
        (b"[".repeat(4000), "is no Rollcall database"),
        (br#"{"format":2}"#.to_vec(), "update Rollcall"),
        (br#"{"format":-1}"#.to_vec(), "is no Rollcall database"),
        (br#"{"format":1}"#.to_vec(), "fields are missing"),
        (br#"{"format":1,"version":"1","manifest":"../etc"}"#.to_vec(), "it names no manifest"),
        (
            format!(r#"{{"format":1,"version":"1.2","manifest":"{manifest}"}}"#).into(),
            "its version is none",
        ),
        (
            format!(r#"{{"format":1,"version":"1.2.3","manifest":"{manifest}"}}"#).into(),
            "the database has no file manifest-0000",
        ),
        (vec![b' '; 5000], "it is longer than 4 KiB"),
    ];
    for (bytes, words) in cases {
        let store = MemoryStore::default();
        store.insert(LATEST, bytes);
        let error = reopen(store).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = reopen(MemoryStore::default()).err().unwrap().to_string();
    assert_eq!(
        error,
        "the database has no file latest.json; check the database's address or fetch it again"
    );
}

/// Changes a manifest's body as a msgpack value, past all of our checks.
fn forge_body(store: &MemoryStore, change: impl FnOnce(&mut Vec<(Value, Value)>)) {
    let latest = Latest::parse(&file(store, LATEST)).unwrap();
    let bytes = file(store, &rollcall_index::manifest_name(&latest.manifest));
    let mut envelope = rmpv::decode::read_value(&mut &bytes[..]).unwrap();
    let Value::Map(fields) = &mut envelope else { unreachable!() };
    let mut body = rmpv::decode::read_value(&mut fields[2].1.as_slice().unwrap()).unwrap();
    let Value::Map(entries) = &mut body else { unreachable!() };
    change(entries);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &body).unwrap();
    fields[2].1 = Value::Binary(bytes);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &envelope).unwrap();
    publish(store, bytes);
}

/// The value at a path of keys and numbers.
fn at<'a>(fields: &'a mut [(Value, Value)], path: &str) -> &'a mut Value {
    let (key, rest) = path.split_once('/').map_or((path, None), |(k, r)| (k, Some(r)));
    let field = fields.iter_mut().find(|f| f.0.as_str() == Some(key)).unwrap();
    let mut value = &mut field.1;
    for key in rest.into_iter().flat_map(|rest| rest.split('/')) {
        value = match value {
            Value::Map(map) => &mut map.iter_mut().find(|f| f.0.as_str() == Some(key)).unwrap().1,
            Value::Array(array) => &mut array[key.parse::<usize>().unwrap()],
            _ => unreachable!(),
        };
    }
    value
}

#[test]
fn a_forged_manifest_is_refused() {
    let limits = "outside the format's limits";
    let cases: [(&str, Value, &str); 22] = [
        ("min_reader", 2.into(), "update Rollcall"),
        ("version", "2026.11.2".into(), "latest.json gives it another version"),
        ("version", "yesterday".into(), "a database's version is three numbers"),
        ("models", Value::Array(vec![]), limits),
        ("models/0/name", "x".repeat(1 << 20).into(), limits),
        ("models/0/sha256", Value::Binary(vec![0; 31]), "32 bytes of SHA-256"),
        ("models/0/dimension", 0.into(), limits),
        ("models/0/dimension", 1_000_000.into(), limits),
        ("models/0/planes", 0.into(), limits),
        ("models/0/planes", 64.into(), limits),
        ("models/0/thresholds", Value::Array(vec![]), limits),
        ("models/0/thresholds/0", f32::NAN.into(), limits),
        ("models/0/thresholds/0", (-1.0f32).into(), limits),
        ("rotation/rounds", 1_000_000_000.into(), limits),
        ("segments/0/rows", 4_000_000_000u32.into(), limits),
        ("segments/0/rows", 401.into(), limits),
        ("segments/0/planes", Value::Array(vec![]), limits),
        ("segments/0/planes/0/0/bytes", u64::MAX.into(), limits),
        ("segments/0/shards/bytes", 0.into(), limits),
        ("segments/0/ids/files", Value::Array(vec![]), limits),
        ("segments/0/hidden", Value::Array(vec![400.into()]), limits),
        ("tombstones", Value::Array(vec!["../../etc".into()]), "is no performer id"),
    ];
    for (path, value, words) in cases {
        let (_, store) = crowd();
        forge_body(&store, |fields| *at(fields, path) = value);
        let error = reopen(store).err().unwrap().to_string();
        assert!(error.contains(words), "{path}: {error}");
        assert!(error.len() < 500, "a name of 1 MB is not repeated to the user");
    }
}

#[test]
fn a_calibration_that_makes_everyone_sure_is_not_taken_for_a_number() {
    let calibration = |slope: f32| {
        Value::Map(vec![("slope".into(), slope.into()), ("offset".into(), 0.0f32.into())])
    };
    for (slope, fine) in [(10.0, true), (f32::INFINITY, false), (1e9, false)] {
        let (_, store) = crowd();
        forge_body(&store, |fields| *at(fields, "models/0/calibration") = calibration(slope));
        assert_eq!(reopen(store).is_ok(), fine);
    }
}

#[test]
fn fields_of_later_programs_are_passed_over() {
    let (entries, store) = crowd();
    forge_body(&store, |fields| fields.push(("weather".into(), Value::Array(vec![1.into()]))));
    let database = reopen(store).unwrap();
    assert!(is_found(&find(&database, &entries[0]), &entries[0]));
}

#[test]
fn msgpack_bombs_cost_nothing() {
    let deep = |marker: u8| vec![marker; 1_000_000];
    // A map {"x": bomb, "format": 1}: the bomb lies where it would be passed over.
    let inside = |bomb: &[u8]| [b"\x82\xa1x", bomb, b"\xa6format\x01"].concat();
    let bombs = [
        deep(0x91),                       // arrays in arrays
        deep(0x81),                       // maps
        inside(&deep(0x91)),              // in an unknown field
        b"\xdd\xff\xff\xff\xff".to_vec(), // an array of 4 billion
        b"\xdf\xff\xff\xff\xff".to_vec(), // a map of 4 billion
        b"\xc6\xff\xff\xff\xff".to_vec(), // 4 GiB of bytes
        b"\xdb\xff\xff\xff\xff".to_vec(), // 4 GiB of text
        inside(b"\xc6\xff\xff\xff\xff"),
        b"\xc9\xff\xff\xff\xff\x01".to_vec(), // 4 GiB of extension
        Vec::new(),
    ];
    for bomb in bombs {
        let (_, store) = crowd();
        publish(&store, bomb.clone());
        let error = reopen(store).err().unwrap();
        assert!(matches!(error, IndexError::Damaged { .. }), "{error}");

        let mut shard = b"RCSHARD\0\x01\0\0\0".to_vec();
        shard.extend((bomb.len() as u32).to_le_bytes());
        shard.extend(&bomb[..bomb.len().min(200_000)]);
        assert!(matches!(Shard::parse("s", shard, &DIMENSIONS), Err(IndexError::Damaged { .. })));
    }
}

/// A shard whose header was changed, past all of our checks.
fn forge_header(shard: &[u8], change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let length = u32::from_le_bytes(shard[12..16].try_into().unwrap()) as usize;
    let mut header = rmpv::decode::read_value(&mut &shard[16..16 + length]).unwrap();
    let Value::Map(fields) = &mut header else { unreachable!() };
    change(fields);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &header).unwrap();
    let mut forged = shard[..12].to_vec();
    forged.extend((bytes.len() as u32).to_le_bytes());
    forged.extend(bytes);
    forged.resize(forged.len().next_multiple_of(16), 0);
    forged.extend(&shard[(16 + length).next_multiple_of(16)..]);
    forged
}

#[test]
fn a_forged_shard_is_left_out() {
    let cases: [(&str, Value, &str); 14] = [
        ("dimensions/0", 512.into(), "vectors of other models"),
        ("performers/0/id", "stashdb.org/x".into(), "is no performer id"),
        ("performers/0/name", "".into(), "the name is empty"),
        ("performers/0/name", "x".repeat(1 << 20).into(), "a shard above 256 KiB"),
        ("performers/0/name", "x".repeat(1001).into(), "longer than 1,000 bytes"),
        ("performers/0/country", "USA".into(), "two-letter code"),
        ("performers/0/image", "../secret".into(), "no relative path"),
        ("performers/0/image", "https://evil.example/x".into(), "no relative path"),
        ("performers/0/image", "/etc/passwd".into(), "no relative path"),
        ("performers/0/image", "a%2e%2e".into(), "no relative path"),
        ("performers/0/faces", (-1).into(), "integer"),
        ("performers/0/templates", 0.into(), "too many vectors"),
        ("performers/0/kept", 33.into(), "too many vectors"),
        ("performers/0/kept", 0.into(), "vectors are missing or too many"),
    ];
    let (entries, store) = crowd();
    let number = 1;
    let shard = file(&store, &shards(&store)[number].to_string());
    let (lost, kept) = parted(entries, &store, &shards(&store)[number]);
    for (path, value, words) in cases {
        let forged = forge_header(&shard, |fields| {
            for key in ["country", "image"] {
                let Value::Map(performer) = at(fields, "performers/0") else { unreachable!() };
                performer.push((key.into(), Value::Nil));
            }
            *at(fields, path) = value;
        });
        let error = Shard::parse("s", forged.clone(), &DIMENSIONS).err().unwrap();
        assert!(
            matches!(error, IndexError::Damaged { .. }) && error.to_string().contains(words),
            "{path}: {error}"
        );
        assert!(error.to_string().len() < 500);
        if forged.len() < 1 << 18 {
            let (_, store) = crowd();
            forge_shard(&store, number, forged);
            let database = reopen(store).unwrap();
            assert!(find(&database, &lost[0]).partial, "{path}");
            assert!(is_found(&find(&database, &kept[0]), &kept[0]));
        }
    }
}

#[test]
fn scales_that_are_no_numbers_or_make_everyone_alike_are_refused() {
    let (_, store) = crowd();
    let shard = file(&store, &shards(&store)[0].to_string());
    let header = u32::from_le_bytes(shard[12..16].try_into().unwrap()) as usize;
    let scale = (16 + header).next_multiple_of(16);
    assert!(Shard::parse("s", shard.clone(), &DIMENSIONS).is_ok());
    for value in [f32::NAN, f32::INFINITY, -0.003, 0.0, 1.0, 100.0] {
        let mut forged = shard.clone();
        forged[scale..scale + 4].copy_from_slice(&value.to_le_bytes());
        let error = Shard::parse("s", forged, &DIMENSIONS).err().unwrap().to_string();
        assert!(error.contains("a vector is not of length 1"), "{error}");
    }
}

#[test]
fn a_shard_of_a_later_format_asks_for_an_update() {
    let (_, store) = crowd();
    let mut shard = file(&store, &shards(&store)[0].to_string());
    shard[8] = 2;
    let error = Shard::parse("s", shard, &DIMENSIONS).err().unwrap().to_string();
    assert!(error.contains("update Rollcall"), "{error}");
}

#[test]
fn a_table_of_shards_out_of_order_is_refused() {
    let (_, store) = crowd();
    let chunk = block_on(manifest(&store)).unwrap().segments[0].shards.files[0];
    let mut table = file(&store, &chunk.to_string());
    table.rotate_left(rollcall_index::SHARD_RECORD);
    let table = put(&store, table);
    forge(&store, |manifest| manifest.segments[0].shards.files[0] = table);
    let error = reopen(store).err().unwrap().to_string();
    assert!(error.contains("the table of shards is out of order"), "{error}");
}

#[test]
fn without_any_sketch_there_is_no_database() {
    let (_, store) = crowd();
    let plane = block_on(manifest(&store)).unwrap().segments[0].planes[0][1].files[0];
    store.remove(&plane.to_string());
    let error = reopen(store).err().unwrap();
    assert_eq!(error, StoreError::Missing(plane.to_string()).into());
}

#[test]
fn a_missing_chunk_of_a_sketch_costs_only_its_rows() {
    // 4096-d rows take 512 bytes a plane, so a chunk has 2,048 of them.
    let entries = people(2100, 1, &[4096], 5);
    let store = write(entries.clone(), &[4096]);
    let plane = block_on(manifest(&store)).unwrap().segments[0].planes[0][1].clone();
    assert_eq!(plane.files.len(), 2);
    store.remove(&plane.files[1].to_string());
    let database = open(store, &[4096]);
    let mut rows = entries;
    rows.sort_by_key(|entry| Digest::of(entry.performer.id.to_string().as_bytes()));
    for (row, entry) in rows.iter().enumerate().skip(2000) {
        let found = find(&database, entry);
        assert!(found.partial);
        assert_eq!(is_found(&found, entry), row < 2048, "row {row}");
    }
}

#[test]
fn removed_people_are_hidden_in_old_shards() {
    let (entries, store) = crowd();
    let gone = &entries[11];
    forge(&store, |manifest| manifest.tombstones.push(gone.performer.id.clone()));
    let database = reopen(store).unwrap();
    let found = block_on(database.find(&gone.faces[0], 5)).unwrap();
    assert!(!found.partial && found.candidates.len() == 4);
    assert!(found.candidates.iter().all(|c| c.performer.id != gone.performer.id));
    assert_eq!(block_on(database.performer(&gone.performer.id)), Ok(None));
}

#[test]
fn a_newer_segment_stands_for_an_older_one() {
    let (entries, store) = crowd();
    let mut changed = entries[4].clone();
    changed.performer.name = "New Name".into();
    let newer = write(vec![changed.clone()], &DIMENSIONS);
    let segment = block_on(manifest(&newer)).unwrap().segments.remove(0);
    newer.names().iter().for_each(|name| {
        if name.len() == 64 {
            store.insert(name, file(&newer, name));
        }
    });
    forge(&store, |manifest| manifest.segments.push(segment.clone()));
    let database = reopen(store).unwrap();
    let found = block_on(database.find(&changed.faces[1], 5)).unwrap();
    let names: Vec<_> = found.candidates.iter().map(|c| c.performer.name.as_str()).collect();
    assert!(names.contains(&"New Name") && !names.contains(&"Person 4"), "{names:?}");
    assert!(is_found(&find(&database, &entries[5]), &entries[5]), "the older one is still there");
    let found = block_on(database.performer(&changed.performer.id)).unwrap();
    assert_eq!(found.unwrap().name, "New Name");
}

fn mutated(bytes: &[u8], changes: &[(usize, u8)], cut: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in changes {
        let at = at % bytes.len();
        bytes[at] ^= value;
    }
    // Mostly whole: cuts are found soon.
    if cut.is_multiple_of(4) {
        bytes.truncate(cut % (bytes.len() + 1));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_files_never_panic(
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        near in proptest::collection::vec((0usize..600, any::<u8>()), 0..4),
        cut in any::<usize>(),
    ) {
        static FEW: LazyLock<Crowd> = LazyLock::new(|| small_world(4, 2));
        let asked = |store: MemoryStore, entry: &PerformerEntry| {
            let Ok(database) = block_on(Database::open(Rc::new(store))) else { return };
            let Ok(database) = database.for_pack(&pack(&DIMENSIONS)) else { return };
            let found = find(&database, entry);
            assert!(found.candidates.iter().all(|c| c.similarity.0.abs() <= 1.0));
        };
        let changes = [changes, near].concat();
        // The right hash for wrong bytes: every check behind it is on its own.
        let (entries, store) = settle(&FEW);
        let latest = file(&store, LATEST);
        let name = rollcall_index::manifest_name(&Latest::parse(&latest).unwrap().manifest);
        let _ = Latest::parse(&mutated(&latest, &changes, cut));
        let bytes = mutated(&file(&store, &name), &changes, cut);
        let _ = Manifest::parse(&name, &bytes);
        publish(&store, bytes);
        asked(store, &entries[0]);

        let (_, store) = settle(&FEW);
        let shard = file(&store, &shards(&store)[0].to_string());
        forge_shard(&store, 0, mutated(&shard, &changes, cut));
        asked(store, &entries[0]);
    }
}
