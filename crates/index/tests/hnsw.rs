//! The graph of neighbours against the plain search.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use common::Normal;
use rollcall_core::Embedding;
use rollcall_index::{AnnIndex, Digest, Hnsw, IndexError};

fn embeddings(count: usize, dimension: usize, seed: u64) -> Vec<Embedding> {
    let mut random = Normal::new(seed);
    (0..count).map(|_| Embedding::from_raw(random.unit(dimension)).unwrap()).collect()
}

fn keep_all(_: u32) -> bool {
    false
}

/// The rows of the `limit` most similar embeddings, best first.
fn exact(embeddings: &[Embedding], query: &Embedding, limit: usize) -> Vec<u32> {
    let similarity = |row: &u32| embeddings[*row as usize].similarity(query).unwrap().0;
    let mut rows: Vec<u32> = (0..embeddings.len() as u32).collect();
    rows.sort_by(|a, b| similarity(b).total_cmp(&similarity(a)));
    rows.truncate(limit);
    rows
}

#[test]
fn it_finds_what_a_plain_search_finds() {
    let gallery = embeddings(3000, 128, 1);
    let graph = Hnsw::build(&gallery).unwrap();
    assert_eq!(graph.len(), 3000);
    let (mut same, mut first) = (0, 0);
    let mut random = Normal::new(2);
    for who in 0..200 {
        let query = random.near(gallery[who * 15].unit(), 0.6);
        let hits = graph.nearest(&query, 10, &keep_all);
        assert!(hits.is_sorted_by(|a, b| a.similarity >= b.similarity) && hits.len() == 10);
        let wanted = exact(&gallery, &Embedding::from_raw(query).unwrap(), 10);
        first += usize::from(hits[0].row == wanted[0]);
        same += hits.iter().filter(|hit| wanted.contains(&hit.row)).count();
    }
    assert!(first >= 199, "{first} of 200 right");
    assert!(same >= 1900, "{same} of 2000 neighbours found");
}

#[test]
fn what_is_skipped_is_not_found() {
    let gallery = embeddings(50, 64, 3);
    let graph = Hnsw::build(&gallery).unwrap();
    let hits = graph.nearest(gallery[7].unit(), 5, &|row| row == 7);
    assert!(hits.len() == 5 && hits.iter().all(|hit| hit.row != 7));
    assert_eq!(graph.nearest(gallery[7].unit(), 1, &keep_all)[0].row, 7);
    assert!(graph.nearest(&[0.0; 64], 5, &keep_all).is_empty(), "no direction, no neighbours");
}

#[test]
fn the_same_points_give_the_same_bytes_and_the_bytes_the_same_graph() {
    for count in [0, 1, 2, 40, 400] {
        let gallery = embeddings(count, 64, 4);
        let graph = Hnsw::build(&gallery).unwrap();
        let bytes = graph.to_bytes().unwrap();
        assert_eq!(bytes, Hnsw::build(&gallery).unwrap().to_bytes().unwrap(), "{count}");
        let read = Hnsw::from_bytes("graph", &bytes).unwrap();
        for query in embeddings(20, 64, 5) {
            let find = |graph: &Hnsw| graph.nearest(query.unit(), 10, &keep_all);
            assert_eq!(find(&read), find(&graph));
        }
    }
}

#[test]
fn unfit_embeddings_are_refused() {
    let mixed = [embeddings(1, 64, 6), embeddings(1, 128, 6)].concat();
    assert!(matches!(Hnsw::build(&mixed), Err(IndexError::Unfit { .. })));
}

#[test]
fn damaged_bytes_are_an_error() {
    let bytes = Hnsw::build(&embeddings(100, 64, 7)).unwrap().to_bytes().unwrap();
    for length in [0, 31, 32, 100, bytes.len() - 1] {
        assert!(Hnsw::from_bytes("graph", &bytes[..length]).is_err());
    }
    for at in (0..bytes.len()).step_by(97) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(Hnsw::from_bytes("graph", &bytes).is_err(), "byte {at}");
    }
}

/// Changes the graph and puts the right checksum before it, as a stranger could.
fn forged(bytes: &[u8], change: impl FnOnce(&mut rmpv::Value)) -> Vec<u8> {
    let mut value = rmpv::decode::read_value(&mut &bytes[32..]).unwrap();
    change(&mut value);
    let mut body = Vec::new();
    rmpv::encode::write_value(&mut body, &value).unwrap();
    [Digest::of(&body).0.to_vec(), body].concat()
}

/// The value at a path of keys and numbers.
fn at<'a>(value: &'a mut rmpv::Value, path: &[&str]) -> &'a mut rmpv::Value {
    path.iter().fold(value, |value, step| match value {
        rmpv::Value::Map(map) => {
            &mut map.iter_mut().find(|(key, _)| key.as_str() == Some(step)).unwrap().1
        }
        rmpv::Value::Array(array) => &mut array[step.parse::<usize>().unwrap()],
        _ => panic!("no {step}"),
    })
}

#[test]
fn forged_graphs_are_refused_or_harmless() {
    let gallery = embeddings(400, 64, 8);
    let bytes = Hnsw::build(&gallery).unwrap().to_bytes().unwrap();
    let layers = {
        let mut value = rmpv::decode::read_value(&mut &bytes[32..]).unwrap();
        at(&mut value, &["graph", "layers"]).as_array().unwrap().len()
    };
    assert!(layers >= 1, "the upper layers are forged too");
    let cases: [(&[&str], rmpv::Value); 10] = [
        (&["format"], 2.into()),
        (&["rows", "3"], 400.into()),
        (&["rows", "3"], rmpv::Value::Nil),
        (&["graph", "ef_search"], 0.into()),
        (&["graph", "ef_search"], (1u64 << 40).into()),
        (&["graph", "zero", "9", "0"], 400.into()),
        (&["graph", "zero", "9"], rmpv::Value::Array(vec![1.into()])),
        (&["graph", "layers", "0", "0", "0"], 399.into()),
        (&["graph", "layers", "0"], rmpv::Value::Array(Vec::new())),
        (&["graph", "points", "5"], rmpv::Value::Binary(vec![0; 64])),
    ];
    for (path, other) in cases {
        let forged = forged(&bytes, |value| *at(value, path) = other.clone());
        assert!(Hnsw::from_bytes("graph", &forged).is_err(), "{path:?} {other}");
    }
    let short = forged(&bytes, |value| {
        *at(value, &["graph", "points", "5"]) = rmpv::Value::Binary(vec![1; 63]);
    });
    assert!(Hnsw::from_bytes("graph", &short).is_err(), "a vector of another length");
    let twice =
        forged(&bytes, |value| *at(value, &["rows", "0"]) = at(value, &["rows", "1"]).clone());
    assert!(Hnsw::from_bytes("graph", &twice).is_err(), "a row twice");
    // Links that lead round in circles are links: such a graph finds little and does no harm.
    let circles = forged(&bytes, |value| {
        let node = rmpv::Value::Array(vec![0.into(); 64]);
        at(value, &["graph", "zero"]).as_array().unwrap();
        *at(value, &["graph", "zero", "0"]) = node;
    });
    let graph = Hnsw::from_bytes("graph", &circles).unwrap();
    assert!(graph.nearest(gallery[0].unit(), 10, &keep_all).len() <= 10);
}
