//! How well a database names people in photos whose names are known.
//!
//! [`look`] takes in every photo once: upright, turned, squeezed. Everything else is arithmetic on
//! what it saw: [`crate::figures`] (right or wrong), `pairs` (how alike are two photos), `degrade`
//! (small faces), `openset` (strangers), `reliability` (is a confidence what it says), `scores` (what a
//! forecast is made of). `calibrate` fits the confidence; `html` shows it all.

mod calibrate;
mod degrade;
mod html;
mod judge;
pub mod look;
mod openset;
mod pairs;
mod plot;
mod reliability;
mod rotate;
mod scenes;
mod scores;
mod seen;
mod truth;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    rc::Rc,
};

use rollcall_core::{
    DatabaseSummary, EngineReport, Lookup, MEASURED_WITH, Recogniser, decode_image, jpeg_data_url,
};
use rollcall_index::{Database, DirectoryStore};
use serde::Serialize;

pub use calibrate::{Fitted, Quality};
pub use degrade::Degraded;
pub use html::{html, word};
pub use openset::{AtWord, OpenSet, TakenFor, WordCount};
pub use pairs::{Histogram, Pairs, Similarities};
pub use reliability::{Bin, Reliability};
pub use rotate::Rotated;
pub use scenes::{SceneMiss, Scenes};

use crate::{
    Error,
    build::BuildReport,
    figures::{Figures, Miss},
    files,
    folder::{self, Person, Problem},
    forecast::{Forecast, SIZES, Sure, forecast},
    photo,
    reference::reference_picture,
    setup::Setup,
    terminal::Terminal,
    workers,
};
use judge::Judge;
use look::{Case, Kind, Looker, Wanted};

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// The database's folder.
    pub db: PathBuf,
    /// One folder per person, named or identified as when building.
    pub probes: Option<PathBuf>,
    /// Photos of people who are not in the database.
    pub strangers: Option<PathBuf>,
    /// Photos of several people, who are not in the database unless they look like somebody in it.
    pub groups: Option<PathBuf>,
    /// Scenes whose people are known.
    pub scenes: Option<PathBuf>,
    /// Where what was seen in scenes is kept and taken from.
    pub seen: Option<PathBuf>,
    /// Whether the people in a scene are expected there, and one more, as tags on it would have it.
    pub expect: bool,
    /// What else to look at.
    pub wanted: Wanted,
    /// Whether to fit the confidence to these people.
    pub calibrate: bool,
    /// How many photos at once; [`Setup::jobs`] decides if none is given.
    pub jobs: Option<usize>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The database asked.
    pub database: Option<DatabaseSummary>,
    /// How many of its performers are made up.
    pub distractors: u64,
    /// The names of the embedders.
    pub models: Vec<String>,
    /// Which engine ran.
    pub engine: EngineReport,
    /// How many photos were looked at at once.
    pub jobs: usize,
    /// People among the probes.
    pub people: usize,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// With the photos turned, where that was asked for.
    pub rotated: Vec<Rotated>,
    /// With the faces squeezed, where that was asked for.
    pub degraded: Vec<Degraded>,
    /// How alike photos of the same and of different people are: by all embedders together, then by
    /// each alone.
    pub similarities: Vec<Similarities>,
    /// Known people and strangers.
    pub open_set: OpenSet,
    /// What confidences are worth.
    pub calibration: Reliability,
    /// Whether the confidence comes from a measurement, or is the documented guess.
    pub calibrated: bool,
    /// With many more performers.
    pub forecast: Vec<Forecast>,
    /// What became of scenes, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenes: Option<Scenes>,
    /// The confidence fitted to these people, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<Fitted>,
    /// Photos and folders that could not be used.
    pub problems: Vec<Problem>,
}

/// A photo to look at, and who is in it.
struct Probe<'a> {
    path: PathBuf,
    person: Option<&'a Person>,
    kind: Kind,
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
    let read = options.probes.as_deref().map(folder::read_people).transpose()?;
    let folder::People { people, mut problems } = read.unwrap_or_default();
    let probes = probes(options, &people)?;
    let first = setup.recogniser(jobs)?;
    let database = open(&options.db, &first)?;
    if options.calibrate && database.info().counts.performers < MEASURED_WITH {
        return Err(Error::Usage(format!(
            "a confidence is fitted among at least {MEASURED_WITH} performers; build the database with --distractors {MEASURED_WITH}"
        )));
    }
    let bar = terminal.bar("photos", probes.len());
    let seen = workers::map(
        &probes,
        jobs,
        || Looker::new(&options.db, setup.recogniser(jobs)?, &options.wanted),
        |looker, p| looker.look(&p.path, p.kind, p.person.map(|p| &p.performer.id)),
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
                problems.push(Problem { path: probe.path.clone(), reason: error.to_string() });
            }
        }
    }
    let report = BuildReport::of(&options.db)?;
    if report.is_none() && options.probes.is_some() {
        let reason = "is missing: photos that the database was made of count as probes".to_owned();
        problems.push(Problem { path: BuildReport::path(&options.db), reason });
    }
    let gallery: BTreeSet<String> = report
        .map(|report| report.gallery.into_iter().map(|photo| photo.sha256).collect())
        .unwrap_or_default();
    let (mut in_scenes, mut scenes) = (Vec::new(), None);
    if let Some(folder) = &options.scenes {
        let (figures, more, trouble) = scenes::evaluate(
            folder,
            &options.db,
            setup,
            jobs,
            options.expect,
            options.seen.as_deref(),
            terminal,
        )?;
        problems.extend(trouble);
        in_scenes = more;
        scenes = Some(figures);
    }
    let run = Run { engine, jobs, scenes, in_scenes, problems };
    Ok(figures(options, setup, &database, &cases, &gallery, run))
}

fn probes<'a>(options: &EvalOptions, people: &'a [Person]) -> Result<Vec<Probe<'a>>, Error> {
    let mut probes = Vec::new();
    for person in people {
        let probe =
            |path: &PathBuf| Probe { path: path.clone(), person: Some(person), kind: Kind::Probe };
        probes.extend(person.photos.iter().map(probe));
    }
    for (folder, kind) in [(&options.strangers, Kind::Stranger), (&options.groups, Kind::Group)] {
        let photos = folder.as_deref().map(folder::photos_in).transpose()?.unwrap_or_default();
        probes.extend(photos.into_iter().map(|path| Probe { path, person: None, kind }));
    }
    Ok(probes)
}

/// How the looking went, and what of it needs no more arithmetic.
struct Run {
    engine: EngineReport,
    jobs: usize,
    scenes: Option<Scenes>,
    in_scenes: Vec<calibrate::Known>,
    problems: Vec<Problem>,
}

/// All that follows from what was seen.
fn figures(
    options: &EvalOptions,
    setup: &Setup,
    database: &Database,
    cases: &[Case],
    gallery: &BTreeSet<String>,
    run: Run,
) -> Evaluation {
    let models: Vec<String> = setup.pack().embedders.iter().map(|e| e.model.name.clone()).collect();
    let judge = Judge::of(database, setup.pack());
    let ways = pairs::Ways { models: &models, database };
    let people = pairs::people(cases, gallery);
    let alike = |a: &[_], b: &[_]| ways.together(a, b);
    let looks = openset::looks(cases, gallery, &people, &alike, &judge);
    let size = database.info().counts.performers;
    let mut sizes = vec![size];
    sizes.extend(SIZES.into_iter().filter(|&large| large > size));
    let ways_and_looks = scores::of(&people, cases, &ways);
    Evaluation {
        database: database.summary(),
        distractors: database.manifest().distractors,
        engine: run.engine,
        jobs: run.jobs,
        people: people.len(),
        figures: Figures::of(cases, gallery, &|found| judge.names(found), &alike),
        rotated: rotate::figures(cases, gallery),
        degraded: degrade::figures(cases, gallery, &ways, &options.wanted.squeeze),
        similarities: pairs::similarities(&people, cases, &ways),
        open_set: OpenSet::of(&looks),
        calibration: Reliability::of(&reliability::points(&looks)),
        calibrated: judge.is_calibrated(),
        forecast: ways_and_looks
            .iter()
            .filter_map(|(of, looks, scores)| {
                // Words are given to all embedders together.
                let is_sure = |evidence: &_| judge.is_sure(evidence);
                let sure: Option<Sure> = (*of == scores::ALL).then_some(&is_sure);
                forecast(of, *looks, scores, &sizes, sure)
            })
            .collect(),
        scenes: run.scenes,
        fitted: options.calibrate.then(|| calibrate::fit(&looks, &run.in_scenes, size)).flatten(),
        problems: run.problems,
        models,
    }
}

/// Writes the page with all figures.
///
/// # Errors
/// When the file cannot be written.
pub fn write_page(evaluation: &Evaluation, with_pictures: bool, path: &Path) -> Result<(), Error> {
    let picture = |miss: &Miss| {
        let (_, pixels) = photo::read(&miss.path).ok().filter(|_| with_pictures)?;
        let face = reference_picture(&pixels, miss.bounding_box.as_ref())?;
        jpeg_data_url(&decode_image(&face).ok()?)
    };
    let pictures: Vec<Option<String>> = evaluation.figures.misses.iter().map(picture).collect();
    files::write_atomically(path, html(evaluation, &pictures).as_bytes())
}

/// Writes the fitted confidence, where it was asked for.
///
/// # Errors
/// When the file cannot be written.
pub fn write_calibration(evaluation: &Evaluation, path: &Path) -> Result<(), Error> {
    let Some(fitted) = &evaluation.fitted else { return Ok(()) };
    let text = toml::to_string(fitted)
        .map_err(|e| Error::Write { path: path.to_owned(), source: std::io::Error::other(e) })?;
    files::write_atomically(path, text.as_bytes())
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
