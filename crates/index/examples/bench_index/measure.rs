//! Asks our database, natively and on one thread.

use std::{
    cell::Cell,
    fs,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use pollster::block_on;
use rollcall_core::{Embedding, Found, LocalFuture, Lookup as _, Pack};
use rollcall_index::{Database, DirectoryStore, Store, StoreError, Trust};
use serde_json::{Value, json};

use crate::{Result, gallery::number_of, npy};

/// How often everybody is loaded anew.
const LOADS: usize = 3;
/// So many queries, at five shards each, fit into the shards a database keeps in memory.
const COLD: usize = 15;

/// Queries with their right answers, as `generate` left them.
pub(crate) struct Questions {
    /// Per query, one embedding per model.
    pub(crate) queries: Vec<Vec<Embedding>>,
    /// Who is right.
    pub(crate) truth: Vec<u32>,
    /// The ten best by exact search.
    pub(crate) exact: Vec<Vec<u32>>,
}

impl Questions {
    pub(crate) fn read(data: &Path, models: usize, most: usize) -> Result<Self> {
        let truth: Vec<u32> = npy::read_numbers(&data.join("truth.npy"))?
            .iter()
            .map(|row| row[0])
            .take(most)
            .collect();
        let mut queries = vec![Vec::new(); truth.len()];
        for model in 0..models {
            let rows = npy::read_floats(&data.join(format!("queries-{model}.npy")))?;
            for (query, row) in queries.iter_mut().zip(rows) {
                query.push(Embedding::from_raw(row)?);
            }
        }
        let exact = npy::read_numbers(&data.join("exact.npy"))?;
        Ok(Self { queries, truth, exact })
    }
}

/// A folder that counts what is read from it.
struct Counted {
    files: DirectoryStore,
    count: Rc<Count>,
}

#[derive(Default)]
struct Count {
    files: Cell<u64>,
    bytes: Cell<u64>,
}

impl Count {
    fn take(&self) -> (u64, u64) {
        (self.files.take(), self.bytes.take())
    }
}

impl Store for Counted {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, std::result::Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            let bytes = self.files.get(name, max_bytes, fresh).await?;
            self.count.files.update(|files| files + 1);
            self.count.bytes.update(|sum| sum + bytes.len() as u64);
            Ok(bytes)
        })
    }
}

/// Sorted times as the figures we tell.
pub(crate) fn figures(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |share: f64| {
        let at = (share * (times.len() - 1) as f64).round() as usize;
        times[at].as_secs_f64() * 1e3
    };
    json!({ "n": times.len(), "median_ms": at(0.5), "p95_ms": at(0.95),
            "spread": (at(0.75) - at(0.25)) / at(0.5) })
}

/// Shares of right answers.
#[derive(Default)]
pub(crate) struct Score {
    first: usize,
    neighbours: usize,
    queries: usize,
}

impl Score {
    pub(crate) fn add(&mut self, first: Option<u32>, found: &[u32], truth: u32, exact: &[u32]) {
        self.queries += 1;
        self.first += usize::from(first == Some(truth));
        self.neighbours += exact.iter().filter(|number| found.contains(number)).count();
    }

    pub(crate) fn top1(&self) -> f64 {
        self.first as f64 / self.queries as f64
    }

    pub(crate) fn recall(&self, of: usize) -> f64 {
        self.neighbours as f64 / (of * self.queries) as f64
    }
}

pub(crate) fn run(data: &Path, most: usize) -> Result<Value> {
    let pack: Pack = serde_json::from_str(&fs::read_to_string(data.join("pack.json"))?)?;
    let folder = data.join("database");
    let questions = Questions::read(data, pack.embedders.len(), most)?;
    let count = Rc::new(Count::default());
    let provisional = ask_early(&open_early(&folder, &pack, &count)?, &questions, &count)?;
    let open = || -> Result<Database> {
        let database = open_early(&folder, &pack, &count)?;
        block_on(database.complete())?;
        Ok(database)
    };
    let mut database = open()?;
    let (open_files, open_bytes) = count.take();
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let start = Instant::now();
        database = open()?;
        loads.push(start.elapsed());
    }
    count.take();
    let (mut times, mut cold) = (Vec::new(), Vec::new());
    let (mut score, mut exact_first) = (Score::default(), 0);
    for (number, query) in questions.queries.iter().enumerate() {
        // The first one fetches the shards; the second one is timed.
        count.take();
        let found = block_on(database.find(query, 5))?;
        if cold.len() < COLD {
            cold.push(count.take());
        }
        let start = Instant::now();
        let again = block_on(database.find(query, 5))?;
        times.push(start.elapsed());
        if found != again || found.partial {
            return Err(format!("query {number} is answered partly or in two ways").into());
        }
        let ten = block_on(database.find(query, 10))?;
        let (truth, exact) = (questions.truth[number], &questions.exact[number]);
        exact_first += usize::from(exact[0] == truth);
        // The first place comes from R = 5, the neighbours from R = 10.
        let ten = ten.candidates.iter().filter_map(|c| number_of(&c.performer.name));
        score.add(best(&found), &ten.collect::<Vec<u32>>(), truth, exact);
    }
    let people: Vec<&[Embedding]> = questions.queries.iter().map(Vec::as_slice).collect();
    let start = Instant::now();
    let all = block_on(database.find_all(&people, 5))?;
    let together = start.elapsed().as_secs_f64() * 1e3 / all.len().max(1) as f64;
    let manifest = database.manifest();
    let (files, bytes): (Vec<u64>, Vec<u64>) = cold.iter().copied().unzip();
    let query_bytes = bytes.iter().sum::<u64>() / bytes.len().max(1) as u64;
    Ok(json!({
        "performers": manifest.counts.performers,
        "disk_bytes": manifest.counts.bytes,
        "open_files": open_files,
        "open_bytes": open_bytes,
        "query_files_most": files.iter().max(),
        "query_bytes_mean": query_bytes,
        "query_bytes_most": bytes.iter().max(),
        "answer_bytes": open_bytes + query_bytes,
        "provisional": provisional,
        "load": figures(loads),
        "query": figures(times),
        "together_ms": together,
        "queries": questions.queries.len(),
        "exact_top1": exact_first as f64 / questions.queries.len() as f64,
        "top1": score.top1(),
        "recall10": score.recall(10),
    }))
}

fn open_early(folder: &Path, pack: &Pack, count: &Rc<Count>) -> Result<Database> {
    let store = Counted { files: DirectoryStore::new(folder), count: count.clone() };
    Ok(block_on(Database::open_early(Rc::new(store), &Trust::default()))?.for_pack(pack)?)
}

/// What a first answer costs, and how good first answers are.
fn ask_early(database: &Database, questions: &Questions, count: &Count) -> Result<Value> {
    let (mut bytes, mut first, mut times) = (None, 0, Vec::new());
    for (query, truth) in questions.queries.iter().zip(&questions.truth) {
        let found = block_on(database.find(query, 5))?;
        bytes = bytes.or_else(|| Some(count.take().1));
        first += usize::from(best(&found) == Some(*truth));
        let start = Instant::now();
        block_on(database.find(query, 5))?;
        times.push(start.elapsed());
    }
    count.take();
    let top1 = first as f64 / questions.queries.len() as f64;
    Ok(json!({ "bytes": bytes, "top1": top1, "query": figures(times) }))
}

fn best(found: &Found) -> Option<u32> {
    number_of(&found.candidates.first()?.performer.name)
}
