//! Who is found.
#![allow(clippy::panic, clippy::unwrap_used, reason = "these are tests")]

mod common;

use common::{Normal, open, pack, people, write};
use pollster::block_on;
use rollcall_core::{Embedding, Evidence, Found, Lookup, LookupError, PerformerId};
use rollcall_index::{Database, PerformerEntry, RERANKED};

fn find(database: &Database, face: &[Embedding], limit: usize) -> Found {
    block_on(database.find(face, limit)).unwrap()
}

#[test]
fn everyone_is_found_in_databases_of_all_sizes() {
    for (count, faces, dimensions) in [
        (1, 1, &[128][..]),
        (2, 3, &[128]),
        (25, 2, &[512]),
        (300, 3, &[128, 512]),
        (40, 2, &[100]),
    ] {
        let entries = people(count, faces, dimensions, 7);
        let database = open(write(entries.clone(), dimensions), dimensions);
        for PerformerEntry { performer, faces } in &entries {
            let found = find(&database, &faces[0], 5);
            assert!(!found.partial);
            assert_eq!(found.candidates.len(), count.min(RERANKED));
            assert_eq!(found.candidates[0].performer.id, performer.id, "{count} {dimensions:?}");
            assert!(found.candidates[0].similarity.0 > 0.99, "its own face");
            assert!(found.candidates.is_sorted_by(|a, b| a.similarity.0 >= b.similarity.0));
        }
    }
}

#[test]
fn nobody_is_an_answer() {
    let database = open(write(Vec::new(), &[128]), &[128]);
    assert_eq!(database.info().counts.performers, 0);
    let face = [Embedding::from_raw(vec![1.0; 128]).unwrap()];
    assert_eq!(find(&database, &face, 5), Found::default());
}

#[test]
fn the_limit_is_kept() {
    let entries = people(30, 1, &[128], 3);
    let database = open(write(entries.clone(), &[128]), &[128]);
    for limit in [0, 1, 5, 12, 1000] {
        let found = find(&database, &entries[0].faces[0], limit);
        assert_eq!(found.candidates.len(), limit.min(30));
    }
}

#[test]
fn twins_come_in_the_order_of_their_ids() {
    let mut entries = people(8, 1, &[128], 3);
    let face = entries[0].faces.clone();
    entries.iter_mut().for_each(|entry| entry.faces.clone_from(&face));
    let database = open(write(entries, &[128]), &[128]);
    let found = find(&database, &face[0], 8);
    assert_eq!(found.candidates.len(), 8);
    assert!(found.candidates.is_sorted_by(|a, b| a.performer.id < b.performer.id));
}

#[test]
fn performers_are_found_by_every_id() {
    let mut entries = people(50, 1, &[128], 3);
    let other = PerformerId::new("stashdb.org", PerformerId::local("x").uuid()).unwrap();
    entries[7].performer.stash_ids.insert("stashdb.org".into(), other.uuid());
    let merged = PerformerId::new("stashdb.org", PerformerId::local("z").uuid()).unwrap();
    entries[7].performer.merged_ids.insert(merged.clone());
    let database = open(write(entries.clone(), &[128]), &[128]);
    for entry in &entries {
        let found = block_on(database.performer(&entry.performer.id)).unwrap();
        assert_eq!(found.unwrap().name, entry.performer.name);
    }
    for id in [other, merged] {
        assert_eq!(block_on(database.performer(&id)).unwrap().unwrap().name, "Person 7");
    }
    assert_eq!(block_on(database.performer(&PerformerId::local("y"))), Ok(None));
}

#[test]
fn other_models_are_refused() {
    let entries = people(3, 1, &[128], 3);
    let store = || std::rc::Rc::new(write(entries.clone(), &[128]));
    let opened = || block_on(Database::open(store())).unwrap();
    let face = &entries[0].faces[0];
    let unnamed = block_on(opened().find(face, 5));
    assert!(matches!(unnamed, Err(LookupError::OtherModels(_))), "no pack was named");

    let mut other = pack(&[128]);
    other.embedders[0].model.sha256 = "f".repeat(64);
    let error = opened().for_pack(&other).err().unwrap();
    assert_eq!(error, LookupError::OtherModels("m0".into()));
    let mut other = pack(&[128]);
    other.embedders[0].channels = rollcall_core::ChannelOrder::Bgr;
    assert!(opened().for_pack(&other).is_err(), "another preprocessing makes other embeddings");

    let database = opened().for_pack(&pack(&[128])).unwrap();
    let short = Embedding::from_raw(vec![1.0; 64]).unwrap();
    assert!(matches!(block_on(database.find(&[short], 5)), Err(LookupError::OtherModels(_))));
    assert!(matches!(block_on(database.find(&[], 5)), Err(LookupError::OtherModels(_))));
}

#[test]
fn a_pack_with_one_of_two_models_asks_with_that_one() {
    let entries = people(40, 2, &[128, 256], 3);
    let store = std::rc::Rc::new(write(entries.clone(), &[128, 256]));
    let mut half = pack(&[128, 256]);
    half.embedders.remove(0);
    let database = block_on(Database::open(store)).unwrap().for_pack(&half).unwrap();
    let found = find(&database, &entries[9].faces[0][1..], 5);
    assert_eq!(found.candidates[0].performer.id, entries[9].performer.id);
}

/// In lanes, so that the compiler can use vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        (0..16).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum()
}

/// The share of `queries` whose right person comes first, by exact search and by the database.
fn top1(people: usize, dimension: usize, mean: f32, sd: f32, queries: usize) -> (f32, f32) {
    let mut random = Normal::new(dimension as u64);
    let entry = |(number, look): (usize, &Vec<f32>)| PerformerEntry {
        performer: common::performer(&number.to_string()),
        faces: vec![vec![Embedding::from_raw(look.clone()).unwrap()]],
    };
    let looks: Vec<Vec<f32>> = (0..people).map(|_| random.unit(dimension)).collect();
    let store = write(looks.iter().enumerate().map(entry).collect(), &[dimension]);
    let database = open(store, &[dimension]);
    let (mut exact, mut ours) = (0, 0);
    for number in 0..queries {
        let who = number * (people / queries);
        let cosine = mean + sd * random.normal();
        let query = random.near(&looks[who], cosine.clamp(-1.0, 1.0));
        let dot = |look: &Vec<f32>| dot(look, &query);
        let dots: Vec<f32> = looks.iter().map(dot).collect();
        exact += usize::from(dots.iter().all(|d| *d <= dots[who]));
        let found = find(&database, &[Embedding::from_raw(query).unwrap()], 1);
        ours += usize::from(found.candidates[0].performer.name == who.to_string());
    }
    (exact as f32 / queries as f32, ours as f32 / queries as f32)
}

/// The vectors of the design's measurements, at a fifth of their number: five reranked performers
/// must find as many people as exact search.
#[test]
fn reranking_five_loses_nothing_against_exact_search() {
    for (name, dimension, mean, sd) in [
        ("easy, 512-d", 512, 0.60, 0.09),
        ("hard, 512-d", 512, 0.37, 0.09),
        ("hard, 128-d", 128, 0.55, 0.13),
    ] {
        let (exact, ours) = top1(20_000, dimension, mean, sd, 400);
        println!("{name}: exact {exact:.4}, ours {ours:.4}");
        assert!(exact > 0.85, "{name}: the queries can be answered");
        assert!(ours >= exact - 0.005, "{name}: exact {exact}, ours {ours}");
    }
}

/// What strangers reach makes two models comparable: a model that gives everybody high cosines must
/// not drown one that tells people apart.
#[test]
fn models_are_fused_by_what_strangers_reach() {
    let dimensions = [128, 64];
    let mut random = Normal::new(11);
    let common = random.unit(64);
    // In the second model's eyes everybody is alike (.9): a noisy opinion on a small scale.
    let entries: Vec<PerformerEntry> = (0..400)
        .map(|number| {
            let raw = |v: Vec<f32>| Embedding::from_raw(v).unwrap();
            let face = vec![raw(random.unit(128)), raw(random.near(&common, 0.95))];
            let performer = common::performer(&format!("Person {number}"));
            PerformerEntry { performer, faces: vec![face] }
        })
        .collect();
    let store = std::rc::Rc::new(write(entries.clone(), &dimensions));
    let database = block_on(Database::open(store.clone())).unwrap();
    let strangers: Vec<_> =
        database.manifest().models.iter().map(|model| model.impostor.unwrap()).collect();
    assert!(strangers[0].mean.abs() < 0.01 && (strangers[0].sd - 0.088).abs() < 0.01);
    assert!((strangers[1].mean - 0.9).abs() < 0.02 && strangers[1].sd < 0.03);

    let database = database.for_pack(&pack(&dimensions)).unwrap();
    for entry in entries.iter().step_by(40) {
        let [first, second] = &entry.faces[0][..] else { panic!("two models") };
        let looks = [
            Embedding::from_raw(random.near(first.unit(), 0.6)).unwrap(),
            Embedding::from_raw(random.near(second.unit(), 0.97)).unwrap(),
        ];
        let best = &find(&database, &looks, 1).candidates[0];
        assert_eq!(best.performer.id, entry.performer.id);
        // On the first model's scale: both are far above strangers, neither above 1.
        let z = |i: usize, e: &Embedding| {
            let cosine = looks[i].similarity(e).unwrap().0;
            (cosine - strangers[i].mean) / strangers[i].sd
        };
        let mean = (z(0, first) + z(1, second)) / 2.0;
        let expected = (strangers[0].mean + strangers[0].sd * mean).min(1.0);
        assert!((best.similarity.0 - expected).abs() < 0.02, "{} {expected}", best.similarity.0);
    }
    // With one of the two models, its own cosine counts.
    let mut half = pack(&dimensions);
    half.embedders.remove(1);
    let database = block_on(Database::open(store)).unwrap().for_pack(&half).unwrap();
    let own = &find(&database, &entries[3].faces[0][..1], 1).candidates[0];
    assert!(own.similarity.0 > 0.99);
}

#[test]
fn a_calibration_that_would_make_everyone_sure_is_kept_within_reason() {
    let entries = people(5, 1, &[128], 3);
    let store = write(entries, &[128]);
    assert_eq!(open(write(people(5, 1, &[128], 3), &[128]), &[128]).calibration(), None);
    common::forge(&store, |manifest| {
        let sure = rollcall_index::Calibration {
            slope: 1000.0,
            offset: 1000.0,
            margin: 1000.0,
            looks: 1000.0,
        };
        manifest.models[0].calibration = Some(sure);
    });
    let curve = open(store, &[128]).calibration().unwrap();
    let similarity = rollcall_core::Similarity(0.28);
    let evidence =
        Evidence { similarity, margin: 0.0, looks: 1, performers: 1000, expected: false };
    let stranger = curve.confidence(&evidence);
    assert!(stranger.0 < 0.5, "a stranger stays one: {stranger:?}");
}
