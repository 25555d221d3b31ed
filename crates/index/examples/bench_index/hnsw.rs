//! The graph of neighbours, alone and against our scan.

use std::{
    fs,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use pollster::block_on;
use rollcall_core::{Embedding, Lookup as _, Pack};
use rollcall_index::{
    AnnIndex as _, Database, Hnsw, MemoryStore, PerformerEntry, WriteOptions, write_database,
};
use serde_json::{Value, json};

use crate::{
    Result,
    gallery::performer,
    measure::{Questions, Score, figures},
    npy,
};

fn embeddings(data: &Path) -> Result<Vec<Embedding>> {
    let rows = npy::read_floats(&data.join("vectors-0.npy"))?;
    Ok(rows.into_iter().map(Embedding::from_raw).collect::<std::result::Result<_, _>>()?)
}

/// The same figures as a peer's.
pub(crate) fn run(data: &Path, most: usize) -> Result<Value> {
    let questions = Questions::read(data, 1, most)?;
    let start = Instant::now();
    let graph = Hnsw::build(&embeddings(data)?)?;
    let build = start.elapsed();
    let file = data.join("instant-distance.graph");
    fs::write(&file, graph.to_bytes()?)?;
    drop(graph);
    let start = Instant::now();
    let bytes = fs::read(&file)?;
    let graph = Hnsw::from_bytes("graph", &bytes)?;
    let load = start.elapsed();
    fs::remove_file(&file)?;
    let mut times = Vec::new();
    let mut score = Score::default();
    for (number, query) in questions.queries.iter().enumerate() {
        let start = Instant::now();
        let hits = graph.nearest(query[0].unit(), 10, &|_| false);
        times.push(start.elapsed());
        let found: Vec<u32> = hits.iter().map(|hit| hit.row).collect();
        score.add(
            found.first().copied(),
            &found,
            questions.truth[number],
            &questions.exact[number],
        );
    }
    Ok(json!({
        "name": "instant-distance", "disk_bytes": bytes.len(),
        "build_s": build.as_secs_f64(), "load_ms": load.as_secs_f64() * 1e3,
        "query": figures(times), "top1": score.top1(), "recall10": score.recall(10),
    }))
}

/// Both among the first few of the same people: one line of JSON for each size.
pub(crate) fn crossover(data: &Path, sizes: &[usize], most: usize) -> Result<Vec<Value>> {
    let pack: Pack = serde_json::from_str(&fs::read_to_string(data.join("pack.json"))?)?;
    let questions = Questions::read(data, 1, most)?;
    let all = embeddings(data)?;
    sizes.iter().map(|&size| compare(&pack, &questions, &all[..size.min(all.len())])).collect()
}

fn compare(pack: &Pack, questions: &Questions, people: &[Embedding]) -> Result<Value> {
    let start = Instant::now();
    let graph = Hnsw::build(people)?;
    let build = start.elapsed();
    let entry = |(number, look): (usize, &Embedding)| PerformerEntry {
        performer: performer(number as u32),
        faces: vec![vec![look.clone()]],
    };
    let mut store = MemoryStore::default();
    let options = WriteOptions::new("2026.11.1", 0, pack)?;
    write_database(people.iter().enumerate().map(entry), &options, &mut store)?;
    let database = block_on(Database::open(Rc::new(store)))?.for_pack(pack)?;
    let (mut scan, mut walk): (Vec<Duration>, Vec<Duration>) = Default::default();
    let (mut scan_right, mut walk_right) = (0, 0);
    for query in &questions.queries {
        let likeness = |one: &Embedding| one.similarity(&query[0]).map_or(-1.0, |s| s.0);
        let best = people.iter().enumerate().max_by(|a, b| likeness(a.1).total_cmp(&likeness(b.1)));
        let best = best.map(|(number, _)| number as u32);
        block_on(database.find(query, 5))?;
        let start = Instant::now();
        let found = block_on(database.find(query, 5))?;
        scan.push(start.elapsed());
        let start = Instant::now();
        let hits = graph.nearest(query[0].unit(), 5, &|_| false);
        walk.push(start.elapsed());
        let name = found.candidates.first().map(|c| c.performer.name.as_str());
        scan_right += usize::from(name.and_then(crate::gallery::number_of) == best);
        walk_right += usize::from(hits.first().map(|hit| hit.row) == best);
    }
    let share = |right: usize| right as f64 / questions.queries.len() as f64;
    Ok(json!({
        "performers": people.len(), "build_s": build.as_secs_f64(),
        "graph_bytes": graph.to_bytes()?.len(),
        "scan": figures(scan), "graph": figures(walk),
        "scan_recall1": share(scan_right), "graph_recall1": share(walk_right),
    }))
}
