//! How well a database names people in photos whose names are known.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    rc::Rc,
    time::Instant,
};

use rollcall_core::{DatabaseSummary, EngineReport, Lookup, Recogniser};
use rollcall_index::{Database, DirectoryStore};
use serde::Serialize;

use crate::{
    Error,
    build::BuildReport,
    figures::{Case, Figures},
    folder::{self, Person, Problem},
    photo,
    setup::Setup,
    terminal::Terminal,
    workers,
};

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// The database's folder.
    pub db: PathBuf,
    /// One folder per person, named or identified as when building.
    pub probes: PathBuf,
    /// Photos of people who are not in the database.
    pub strangers: Option<PathBuf>,
    /// How many photos at once; [`Setup::jobs`] decides if none is given.
    pub jobs: Option<usize>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The database asked.
    pub database: Option<DatabaseSummary>,
    /// The names of the embedders.
    pub models: Vec<String>,
    /// Which engine ran.
    pub engine: EngineReport,
    /// How many photos were looked at at once.
    pub jobs: usize,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Photos and folders that could not be used.
    pub problems: Vec<Problem>,
}

/// A photo to look at, and who is in it.
struct Probe<'a> {
    path: &'a Path,
    person: Option<&'a Person>,
}

/// Evaluates a database.
///
/// # Errors
/// When a folder or the database cannot be read, or the database was made with other models.
pub fn evaluate(
    options: &EvalOptions,
    setup: &Setup,
    terminal: Terminal,
) -> Result<Evaluation, Error> {
    let jobs = setup.jobs(options.jobs);
    let folder::People { people, mut problems } = folder::read_people(&options.probes)?;
    let strangers = options.strangers.as_deref().map(folder::photos_in).transpose()?;
    let strangers = strangers.unwrap_or_default();
    let of_people = people
        .iter()
        .flat_map(|p| p.photos.iter().map(move |path| Probe { path, person: Some(p) }));
    let of_strangers = strangers.iter().map(|path| Probe { path, person: None });
    let probes: Vec<Probe> = of_people.chain(of_strangers).collect();

    let first = setup.recogniser(jobs)?;
    let database = open(&options.db, &first)?;
    let bar = terminal.bar("photos", probes.len());
    let seen = workers::map(
        &probes,
        jobs,
        || {
            let recogniser = setup.recogniser(jobs)?;
            let database = open(&options.db, &recogniser)?;
            Ok((recogniser, database))
        },
        |(recogniser, database), probe| look(recogniser, database, probe),
        || bar.inc(1),
    )?;
    bar.finish_and_clear();

    let mut cases = Vec::new();
    let mut engine = first.report();
    for (probe, seen) in probes.iter().zip(seen) {
        match seen {
            Ok((case, report)) => {
                cases.push(case);
                // That of the thread that did most.
                engine =
                    [engine, report].into_iter().max_by_key(|e| e.dispatches).unwrap_or_default();
            }
            Err(error) => {
                problems.push(Problem { path: probe.path.to_owned(), reason: error.to_string() });
            }
        }
    }
    let gallery: BTreeSet<String> = BuildReport::of(&options.db)?
        .map(|report| report.gallery.into_iter().map(|photo| photo.sha256).collect())
        .unwrap_or_default();
    Ok(Evaluation {
        database: database.summary(),
        models: setup.pack().embedders.iter().map(|e| e.model.name.clone()).collect(),
        engine,
        jobs,
        figures: Figures::of(&cases, &gallery),
        problems,
    })
}

/// Opens the database in `folder` for the recogniser's pack.
///
/// # Errors
/// When there is none, or it was made with other models.
pub fn open(folder: &Path, recogniser: &Recogniser) -> Result<Database, Error> {
    let store = Rc::new(DirectoryStore::new(folder));
    let database =
        pollster::block_on(Database::open(store)).map_err(|e| Error::Database(e.to_string()))?;
    Ok(database.for_pack(recogniser.pack())?)
}

fn look(
    recogniser: &Recogniser,
    database: &Database,
    probe: &Probe,
) -> Result<(Case, EngineReport), Error> {
    let start = Instant::now();
    let photo = photo::faces_of(recogniser, probe.path)?;
    let mut found = Vec::with_capacity(photo.faces.len());
    for face in &photo.faces {
        found.push(pollster::block_on(database.find(&face.embeddings, 1))?.candidates);
    }
    let case = Case {
        path: probe.path.to_owned(),
        person: probe.person.map(|p| p.performer.id.clone()),
        photo,
        found,
        seconds: start.elapsed().as_secs_f64(),
    };
    Ok((case, recogniser.report()))
}
