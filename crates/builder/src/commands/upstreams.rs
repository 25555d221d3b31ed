//! `rollcall build --config`: from stash-boxes and their like.

use std::{
    env,
    path::{Path, PathBuf},
    time::Instant,
};

use rollcall_builder::{
    Cache, Error,
    config::BuilderConfig,
    link::{FAR, LinkOptions, Overrides},
    net::{Limits, Net},
    partition::Share,
    pipeline::{self, NetPictures, Options, Output, in_words},
    setup::{EngineChoice, Setup},
    sources::Source,
    state::{Damaged, PictureCache, State},
    terminal::Terminal,
};

use super::{
    Done,
    build::{Imprint, note},
    damaged, print_json, stop_on_interrupt, tell,
    told::{about, say, summary},
};
use crate::cli::Build;

/// Where the state is kept if nobody says where.
const STATE: &str = "builder-state";
/// How many pictures are fetched at once: with answers of a fifth of a second, as many as the usual
/// pace of 20 a second lets through.
const FETCHERS: usize = 6;
/// How many pictures are written down at once.
const BATCH: usize = 32;
/// The most GB of pictures that are kept: some half a million.
const KEPT: u32 = 100;

pub(super) fn run(
    command: &Build,
    path: &Path,
    cache: &Cache,
    terminal: Terminal,
) -> Result<Done, Error> {
    let given = &command.upstreams;
    let config = BuilderConfig::read(path, |name| env::var(name).ok())?;
    let imprint = Imprint::of(&command.imprint, config.output.version.clone())?;
    let net = Net::new(Limits::default())?;
    let mut sources =
        config.all().map(|one| one.open(&net)).collect::<Result<Vec<Box<dyn Source>>, _>>()?;
    if sources.is_empty() {
        return Err(Error::Usage(format!(
            "{} names no upstream; see docs/BUILDING.md for an example",
            path.display()
        )));
    }
    if let Some(partition) = given.partition {
        let share = |source| Box::new(Share { source, partition }) as Box<dyn Source>;
        sources = sources.into_iter().map(share).collect();
    }
    let processing = &config.processing;
    let options = Options {
        today: imprint.day.to_string(),
        max_performers: given.max_performers,
        sweep: given.sweep,
        max_images: config
            .all()
            .map(|one| (one.endpoint(), one.max_images_per_performer))
            .collect(),
        fetchers: FETCHERS,
        jobs: command.jobs.or(processing.workers),
        batch: processing.batch_size.unwrap_or(BATCH),
        metrics: given.metrics,
    };
    let folder = state_folder(given.state.as_deref(), &config);
    if given.dry_run {
        let state = folder.exists().then(|| State::open(&folder, Damaged::Refuse)).transpose()?;
        let plan = pipeline::plan(&options, state.as_ref(), &mut sources)?;
        return if command.json { print_json(&plan) } else { say(&plan) }.map(|()| Done::All);
    }
    let out = out(command, &config)?;
    let state = State::open(&folder, damaged(given.repair, given.start_over))?;
    let most = u64::from(config.cache.image_gigabytes.unwrap_or(KEPT)) * 1_000_000_000;
    let kept = config.cache.image_directory.as_deref();
    let kept = kept.map(|folder| PictureCache::open(folder, most)).transpose()?;
    let setup = setup(command, processing.gpu, cache)?;
    let stop = stop_on_interrupt(net.clone(), terminal)?;
    let pictures = NetPictures::of(net, &sources);
    let kept = kept.as_ref();
    let figures =
        pipeline::run(&options, &state, &mut sources, &pictures, kept, &setup, &stop, terminal)?;
    summary(&figures, terminal);
    if figures.stopped {
        terminal.note(&format!(
            "stopped with {} pictures left; everything up to now is in {}: run the same command again to go on",
            figures.left,
            folder.display()
        ));
        return Ok(Done::Partly);
    }
    let link = links(given.links.as_deref(), &config, &setup)?;
    let done = write(&imprint.output(out, link), &[state], &setup, command.json, terminal)?;
    Ok(if figures.left == 0 { done } else { Done::Partly })
}

/// Writes the database of everybody in `states`, and tells of it.
pub(super) fn write(
    output: &Output,
    states: &[State],
    setup: &Setup,
    json: bool,
    terminal: Terminal,
) -> Result<Done, Error> {
    let start = Instant::now();
    let (manifest, report) = pipeline::index(output, states, setup)?;
    if json {
        print_json(&report)?;
    }
    if let Some(people) = &report.people {
        about(people, terminal);
    }
    note(&report, &manifest, &output.out, terminal);
    terminal.note(&format!("writing it took {}", in_words(start.elapsed().as_secs_f64())));
    Ok(tell(&report.problems))
}

/// The configuration, for commands that ask nobody: a key that is not there does no harm.
pub(super) fn read_without_keys(path: &Path) -> Result<BuilderConfig, Error> {
    BuilderConfig::read(path, |name| Some(env::var(name).unwrap_or_else(|_| "none".to_owned())))
}

/// The state that an earlier build has left in `folder`.
pub(super) fn existing(folder: &Path) -> Result<State, Error> {
    if !folder.is_dir() {
        return Err(Error::Usage(format!(
            "there is no state in {}; run `rollcall build --config` first",
            folder.display()
        )));
    }
    State::open(folder, Damaged::Refuse)
}

/// Where the state is.
pub(super) fn state_folder(given: Option<&Path>, config: &BuilderConfig) -> PathBuf {
    let folder = given.or(config.cache.embeddings_directory.as_deref());
    folder.unwrap_or(Path::new(STATE)).to_owned()
}

/// How performers are linked: by face, too, where there are several upstreams.
pub(super) fn links(
    overrides: Option<&Path>,
    config: &BuilderConfig,
    setup: &Setup,
) -> Result<LinkOptions, Error> {
    let endpoints: Vec<String> = config.all().map(|one| one.endpoint()).collect();
    Ok(LinkOptions {
        far: (endpoints.len() > 1).then_some(FAR),
        endpoints,
        weights: setup.pack().embedders.iter().map(|one| one.weight.unwrap_or(1.0)).collect(),
        overrides: overrides.map(Overrides::read).transpose()?.unwrap_or_default(),
    })
}

fn out(command: &Build, config: &BuilderConfig) -> Result<PathBuf, Error> {
    let none = || {
        Error::Usage(
            "say where the database goes: --out, or output.directory in the configuration"
                .to_owned(),
        )
    };
    command.out.clone().or(config.output.directory.clone()).ok_or_else(none)
}

/// The models; on the graphics card if the configuration says so and the arguments nothing else.
fn setup(command: &Build, gpu: Option<bool>, cache: &Cache) -> Result<Setup, Error> {
    let asked = command.recognition.engine;
    let engine = match (asked, gpu) {
        (EngineChoice::Auto, Some(true)) => EngineChoice::Gpu,
        (EngineChoice::Auto, Some(false)) => EngineChoice::Cpu,
        _ => asked,
    };
    Setup::open(cache, &command.recognition.pack, engine)
}
