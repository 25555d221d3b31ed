//! Writes a crowd as a database and as matrices.

use std::{fs, io::Write as _, path::Path};

use rollcall_core::{Embedding, Pack};
use rollcall_index::{DatabaseWriter, IndexError, PerformerEntry, Sink, WriteOptions};

use crate::{
    Result,
    gallery::{Crowd, dot, performer},
    npy,
};

/// How many of the exactly best are kept for each query.
pub(crate) const NEIGHBOURS: usize = 10;

/// Real vectors to be mixed in: people, queries, and for each query which of those people is right.
pub(crate) struct Real {
    pub(crate) people: Vec<Vec<f32>>,
    pub(crate) queries: Vec<Vec<f32>>,
    pub(crate) truth: Vec<u32>,
}

/// What to write where.
pub(crate) struct Plan<'a> {
    pub(crate) crowd: Crowd,
    pub(crate) queries: u32,
    pub(crate) pack: Pack,
    pub(crate) real: Option<Real>,
    /// Whether the peers want the vectors.
    pub(crate) matrices: bool,
    pub(crate) out: &'a Path,
}

/// Plain files: what a benchmark makes need not survive a power cut.
struct Folder<'a>(&'a Path);

impl Sink for Folder<'_> {
    fn put(&mut self, name: &str, bytes: &[u8]) -> std::result::Result<(), IndexError> {
        let path = self.0.join(name);
        fs::write(&path, bytes).map_err(|error| IndexError::Write {
            path: path.display().to_string(),
            reason: error.to_string(),
        })
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) -> std::result::Result<(), IndexError> {
        self.put(name, bytes)
    }
}

/// A query and the best people for it so far, by exact search.
struct Query {
    who: u32,
    looks: Vec<Vec<f32>>,
    best: Vec<(f32, u32)>,
}

impl Query {
    fn new((who, looks): (u32, Vec<Vec<f32>>)) -> Self {
        Self { who, looks, best: Vec::new() }
    }

    fn hear_of(&mut self, number: u32, looks: &[Vec<f32>]) {
        let similarity = self.looks.iter().zip(looks).map(|(a, b)| dot(a, b)).sum();
        if self.best.len() == NEIGHBOURS && similarity <= self.best[NEIGHBOURS - 1].0 {
            return;
        }
        let at = self.best.partition_point(|(other, _)| *other >= similarity);
        self.best.insert(at, (similarity, number));
        self.best.truncate(NEIGHBOURS);
    }
}

/// Writes `database/`, `pack.json`, `queries-<model>.npy`, `truth.npy` (the right person's number),
/// `exact.npy` (the ten best by exact search) and, if asked, `vectors-<model>.npy`.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let folder = plan.out.join("database");
    fs::create_dir_all(&folder)?;
    fs::write(plan.out.join("pack.json"), serde_json::to_string_pretty(&plan.pack)?)?;
    let crowd = &plan.crowd;
    let mut queries: Vec<Query> =
        (0..plan.queries).map(|number| Query::new(crowd.query(number))).collect();
    let mut all = crowd.people;
    if let Some(real) = &plan.real {
        let pairs = real.truth.iter().zip(&real.queries);
        queries.extend(
            pairs.map(|(who, query)| Query::new((crowd.people + who, vec![query.clone()]))),
        );
        all += u32::try_from(real.people.len())?;
    }
    let mut matrices = Vec::new();
    if plan.matrices {
        for (model, &dimension) in crowd.dimensions.iter().enumerate() {
            let path = plan.out.join(format!("vectors-{model}.npy"));
            matrices.push(npy::Writer::floats(&path, all as usize, dimension)?);
        }
    }
    let mut writer = DatabaseWriter::new(WriteOptions::new("2026.11.1", 0, &plan.pack)?);
    for number in 0..all {
        let looks = match &plan.real {
            Some(real) if number >= crowd.people => {
                vec![real.people[(number - crowd.people) as usize].clone()]
            }
            _ => crowd.person(number),
        };
        queries.iter_mut().for_each(|query| query.hear_of(number, &looks));
        for (matrix, look) in matrices.iter_mut().zip(&looks) {
            matrix.row(look)?;
        }
        let face =
            looks.into_iter().map(Embedding::from_raw).collect::<std::result::Result<_, _>>();
        writer.add(PerformerEntry { performer: performer(number), faces: vec![face?] })?;
    }
    matrices.into_iter().try_for_each(npy::Writer::finish)?;
    writer.finish(&mut Folder(&folder))?;
    write_queries(plan, &queries)?;
    // Last, so that whoever finds it finds everything.
    writeln!(fs::File::create(plan.out.join("complete"))?, "{all}")?;
    Ok(())
}

fn write_queries(plan: &Plan, queries: &[Query]) -> Result<()> {
    let path = |name: &str| plan.out.join(name);
    let mut truth = npy::Writer::numbers(&path("truth.npy"), queries.len(), 1)?;
    let mut exact = npy::Writer::numbers(&path("exact.npy"), queries.len(), NEIGHBOURS)?;
    for query in queries {
        truth.number_row(&[query.who])?;
        let mut best: Vec<u32> = query.best.iter().map(|(_, number)| *number).collect();
        best.resize(NEIGHBOURS, u32::MAX);
        exact.number_row(&best)?;
    }
    truth.finish()?;
    exact.finish()?;
    for (model, &dimension) in plan.crowd.dimensions.iter().enumerate() {
        let name = format!("queries-{model}.npy");
        let mut matrix = npy::Writer::floats(&path(&name), queries.len(), dimension)?;
        queries.iter().try_for_each(|query| matrix.row(&query.looks[model]))?;
        matrix.finish()?;
    }
    Ok(())
}
