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

/// A graph of the first few of a gallery, which can take an hour to build and is kept for that.
struct Kept {
    graph: Hnsw,
    bytes: usize,
    build: Duration,
    load: Duration,
}

impl Kept {
    /// The graph of `people`, the first of the gallery that `folder` keeps graphs of.
    fn of(people: &[Embedding], folder: &Path) -> Result<Self> {
        let file = folder.join(format!("instant-distance-{}.graph", people.len()));
        let seconds = file.with_extension("seconds");
        if !seconds.exists() {
            let start = Instant::now();
            let graph = Hnsw::build(people)?;
            let build = start.elapsed();
            fs::write(&file, graph.to_bytes()?)?;
            fs::write(&seconds, build.as_secs_f64().to_string())?;
        }
        let build = Duration::from_secs_f64(fs::read_to_string(&seconds)?.parse()?);
        let start = Instant::now();
        let bytes = fs::read(&file)?;
        let graph = Hnsw::from_bytes("graph", &bytes)?;
        Ok(Self { graph, bytes: bytes.len(), build, load: start.elapsed() })
    }
}

/// The same figures as a peer's.
pub(crate) fn run(data: &Path, kept: &Path, most: usize) -> Result<Value> {
    let questions = Questions::read(data, 1, most)?;
    let Kept { graph, bytes, build, load } = Kept::of(&embeddings(data)?, kept)?;
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
        "name": "instant-distance", "disk_bytes": bytes,
        "build_s": build.as_secs_f64(), "load_ms": load.as_secs_f64() * 1e3,
        "query": figures(times), "top1": score.top1(), "recall10": score.recall(10),
    }))
}

/// Both among the first few of the same people: one line of JSON for each size.
pub(crate) fn crossover(
    data: &Path,
    kept: &Path,
    sizes: &[usize],
    most: usize,
) -> Result<Vec<Value>> {
    let pack: Pack = serde_json::from_str(&fs::read_to_string(data.join("pack.json"))?)?;
    let questions = Questions::read(data, 1, most)?;
    let all = embeddings(data)?;
    let part = |size: usize| &all[..size.min(all.len())];
    sizes.iter().map(|&size| compare(&pack, &questions, part(size), kept)).collect()
}

fn compare(pack: &Pack, questions: &Questions, people: &[Embedding], kept: &Path) -> Result<Value> {
    let Kept { graph, bytes, build, .. } = Kept::of(people, kept)?;
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
        "graph_bytes": bytes,
        "scan": figures(scan), "graph": figures(walk),
        "scan_recall1": share(scan_right), "graph_recall1": share(walk_right),
    }))
}
