//! A whole library at once: who is in the scenes of the user's own Stash, for the user to decide
//! about. Stash is only read.

mod frames;
mod kept;
mod queue;

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use rollcall_core::{
    Answer, DatabaseSummary, IdentifyOptions, Lookup, Recogniser, Scene, SceneOptions,
    SceneProgress, SeenScene, name_scene, name_scenes,
};
use rollcall_index::Database;
use serde_json::Value;

use crate::{
    Error, eval,
    folder::Problem,
    setup::Setup,
    sources::{StashScene, StashScenes},
    state::Damaged,
    terminal::Terminal,
    workers,
};
use frames::{Trouble, frames};
use kept::Kept;
pub use queue::{Queue, QueuedScene, write_queue};

/// So many scenes are named together from what is kept of them, so that the database's files are read
/// seldom.
const TOGETHER: usize = 500;

/// What to scan, and how.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The database's folder.
    pub db: PathBuf,
    /// Where what is kept of scenes lies.
    pub state: PathBuf,
    /// What to do if that is damaged.
    pub damaged: Damaged,
    /// Which scenes: a `SceneFilterType` of Stash's.
    pub filter: Value,
    /// How many scenes to look at, at most.
    pub most: usize,
    /// Look also at scenes that were looked at before.
    pub again: bool,
    /// Keep also people who have no name, so that another database can name them.
    pub keep_unknown: bool,
    /// How many scenes at once; one per processor core if not given.
    pub jobs: Option<usize>,
    /// The time, in seconds since 1970.
    pub now: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Scanned {
    /// Who waits.
    pub queue: Queue,
    /// Scenes that fit the filter.
    pub scenes: usize,
    /// Scenes that were looked at now.
    pub looked: usize,
    /// Scenes that are left for the next time.
    pub left: usize,
    /// Scenes of which people without a name were not kept, named by another database since.
    pub forgot: usize,
    /// Scenes that cannot be looked at, and why.
    pub problems: Vec<Problem>,
}

/// Looks at the scenes that were not looked at before, and names everybody.
///
/// # Errors
/// When Stash, the models, the database or the state fail. What was seen until then is kept.
pub fn scan(
    options: &ScanOptions,
    server: &StashScenes,
    setup: &Setup,
    stop: &AtomicBool,
    terminal: Terminal,
) -> Result<Scanned, Error> {
    let kept = Kept::open(&options.state, setup.pack(), options.damaged)?;
    // A database that cannot be used is told before Stash is asked.
    let summary = eval::open(&options.db, &setup.recogniser(1)?)?.summary();
    let run = Run { options, server, setup, stop, terminal, kept, summary };
    let scenes = run.list()?;
    let before = run.kept.looked(run.version())?;
    let is_new = |scene: &&StashScene| options.again || !before.contains_key(&scene.id);
    let new: Vec<StashScene> = scenes.iter().filter(is_new).cloned().collect();
    let now = &new[..new.len().min(options.most)];
    let (looked, problems) = run.look(now)?;
    let queue = run.queue(&scenes)?;
    let forgot = scenes.iter().filter_map(|scene| before.get(&scene.id));
    let forgot = if options.again { 0 } else { forgot.filter(|scene| scene.forgot).count() };
    let left = new.len() - looked - problems.len();
    Ok(Scanned { queue, scenes: scenes.len(), looked, left, forgot, problems })
}

struct Run<'a> {
    options: &'a ScanOptions,
    server: &'a StashScenes,
    setup: &'a Setup,
    stop: &'a AtomicBool,
    terminal: Terminal,
    kept: Kept,
    summary: Option<DatabaseSummary>,
}

/// What a thread has for itself.
struct Worker {
    recogniser: Recogniser,
    database: Database,
}

/// What came of one scene.
enum Outcome {
    Looked,
    Problem(Problem),
    /// The scan has come to an end before.
    Left,
}

impl Run<'_> {
    fn version(&self) -> &str {
        self.summary.as_ref().map_or("", |summary| &summary.version)
    }

    fn worker(&self, jobs: usize) -> Result<Worker, Error> {
        let recogniser = self.setup.recogniser(jobs)?;
        Ok(Worker { database: eval::open(&self.options.db, &recogniser)?, recogniser })
    }

    /// Every scene that fits the filter.
    fn list(&self) -> Result<Vec<StashScene>, Error> {
        let spinner = self.terminal.spinner().with_message("asking Stash for its scenes");
        let mut all: Vec<StashScene> = Vec::new();
        loop {
            let next =
                self.server.after(all.last().map_or(0, |one| one.id), &self.options.filter)?;
            if next.is_empty() || self.stop.load(Ordering::Relaxed) {
                spinner.finish_and_clear();
                return Ok(all);
            }
            all.extend(next);
            spinner.set_message(format!("asking Stash for its scenes: {}", all.len()));
        }
    }

    /// Looks at scenes until all are done, the user says stop, or Stash cannot be asked any more.
    fn look(&self, scenes: &[StashScene]) -> Result<(usize, Vec<Problem>), Error> {
        let jobs = self.setup.jobs(self.options.jobs);
        let bar = self.terminal.bar("scenes", scenes.len());
        let fatal: Mutex<Option<Error>> = Mutex::new(None);
        let ended = AtomicBool::new(false);
        let outcomes = workers::map(
            scenes,
            jobs,
            || self.worker(jobs),
            |worker, scene| {
                if ended.load(Ordering::Relaxed) || self.stop.load(Ordering::Relaxed) {
                    return Outcome::Left;
                }
                match self.look_at(worker, scene) {
                    Ok(()) => Outcome::Looked,
                    Err(Trouble::Scene(reason)) => {
                        let path = format!("scene {} ({})", scene.id, scene.title).into();
                        Outcome::Problem(Problem { path, reason })
                    }
                    Err(Trouble::Stash(_)) if self.stop.load(Ordering::Relaxed) => Outcome::Left,
                    Err(Trouble::Stash(error)) => {
                        ended.store(true, Ordering::Relaxed);
                        if let Ok(mut fatal) = fatal.lock() {
                            fatal.get_or_insert(error);
                        }
                        Outcome::Left
                    }
                }
            },
            || bar.inc(1),
        )?;
        bar.finish_and_clear();
        if let Some(error) = fatal.into_inner().ok().flatten() {
            return Err(error);
        }
        let looked = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Looked)).count();
        let problem = |outcome| match outcome {
            Outcome::Problem(problem) => Some(problem),
            Outcome::Looked | Outcome::Left => None,
        };
        Ok((looked, outcomes.into_iter().filter_map(problem).collect()))
    }

    fn look_at(&self, worker: &Worker, scene: &StashScene) -> Result<(), Trouble> {
        let found = frames(self.server, scene)?;
        let options = SceneOptions { answer: asked(scene), ..SceneOptions::default() };
        let hear = |_: SceneProgress| match self.stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let mut looking = Scene::new(&worker.recogniser, &*found.frames, &options, &hear);
        let words = |error: &dyn std::fmt::Display| Trouble::Scene(error.to_string());
        let seen = pollster::block_on(async {
            looking.look_around(None).await.map_err(|error| words(&error))?;
            looking.seen().await.map_err(|error| words(&error))
        });
        let mut seen = match seen {
            Err(_) if self.stop.load(Ordering::Relaxed) => {
                return Err(Trouble::Stash(Error::Usage("stopped".to_owned())));
            }
            other => other?,
        };
        let mut dropped = 0;
        if !self.options.keep_unknown {
            let answer = name(worker, &seen, &options.answer).map_err(Trouble::Stash)?;
            let (named, unknown) = seen.split(&answer);
            (seen, dropped) = (named, unknown.people.len());
        }
        let kept = self.kept.keep(scene.id, &seen, dropped, self.version());
        kept.map_err(Trouble::Stash)
    }

    /// Names everybody in the scenes that were looked at, without reading a frame.
    fn queue(&self, scenes: &[StashScene]) -> Result<Queue, Error> {
        let looked = self.kept.looked(self.version())?;
        let seen: Vec<&StashScene> =
            scenes.iter().filter(|scene| looked.contains_key(&scene.id)).collect();
        let jobs = self.setup.jobs(self.options.jobs);
        let bar = self.terminal.bar("names", seen.len());
        let together: Vec<&[&StashScene]> = seen.chunks(TOGETHER).collect();
        let named = workers::map(
            &together,
            jobs,
            || self.worker(jobs),
            |worker, scenes| {
                let waiting = self.waiting_in(worker, scenes);
                bar.inc(scenes.len() as u64);
                waiting
            },
            || {},
        )?;
        bar.finish_and_clear();
        let mut queue = Queue::new(self.options.now, self.summary.clone());
        for scenes in named {
            queue.scenes.extend(scenes?);
        }
        Ok(queue)
    }

    fn waiting_in(
        &self,
        worker: &Worker,
        scenes: &[&StashScene],
    ) -> Result<Vec<QueuedScene>, Error> {
        let mut kept = Vec::with_capacity(scenes.len());
        for &scene in scenes {
            if let Some(seen) = self.kept.seen(scene.id)? {
                kept.push((scene, (seen, asked(scene))));
            }
        }
        let (scenes, kept): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let naming = name_scenes(&worker.recogniser, Some(&worker.database), &kept);
        let answers =
            pollster::block_on(naming).map_err(|error| Error::Database(error.to_string()))?;
        let waiting = scenes.into_iter().zip(answers).map(|(scene, answer)| QueuedScene {
            id: scene.id.to_string(),
            title: scene.title.clone(),
            matches: queue::waiting(answer, &scene.tagged),
        });
        Ok(waiting.filter(|scene| !scene.matches.is_empty()).collect())
    }
}

fn name(worker: &Worker, seen: &SeenScene, options: &IdentifyOptions) -> Result<Answer, Error> {
    let naming = name_scene(&worker.recogniser, Some(&worker.database), seen, options);
    pollster::block_on(naming).map_err(|error| Error::Database(error.to_string()))
}

/// The answer wanted of a scene: the people on it are expected there, as in the plugin.
fn asked(scene: &StashScene) -> IdentifyOptions {
    let expected = scene.tagged.clone();
    IdentifyOptions { thumbnails: true, expected, ..IdentifyOptions::default() }
}
