//! From upstreams to known people: list, fetch, look, settle. The stages overlap; everything between
//! them that must not be lost is in the [`State`], so that a build may be killed and goes on.
//!
//! What comes out depends on what is in the state, never on the order in which it came.

mod choose;
mod fetch;
mod flow;
mod gauges;
mod index;
mod people;
mod plan;
mod show;
mod sweep;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use serde::Serialize;

pub use fetch::{NetPictures, NoPicture, Pictures};
use flow::{Flow, Hand};
use gauges::Gauges;
pub use gauges::StageFigures;
pub use index::{Output, index};
use people::StatePeople;
pub use people::{Doubt, PeopleReport};
pub use plan::{Plan, PlannedSource, in_words, plan};
use sweep::{Lister, Listing};

use crate::{
    Error,
    known::People,
    partition::Together,
    setup::Setup,
    sources::Source,
    state::{PictureCache, State},
    terminal::Terminal,
};

/// How to go about it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `YYYY-MM-DD`, the day of the database: who is not of age on it is left out.
    pub today: String,
    /// List no more than so many performers of each upstream.
    pub max_performers: Option<u64>,
    /// Ask for everybody anew, not only for what has changed.
    pub sweep: bool,
    /// Use at most so many pictures of each performer of an endpoint, the first ones; all where
    /// nothing is said. A higher number reaches performers when they change or with a sweep.
    pub max_images: BTreeMap<String, usize>,
    /// How many pictures to fetch at once.
    pub fetchers: usize,
    /// How many pictures to look at at once; [`Setup::jobs`] decides if none is given.
    pub jobs: Option<usize>,
    /// How many pictures to write down at once: what a lost power supply costs at most.
    pub batch: usize,
    /// Where Prometheus finds figures, on this machine.
    pub metrics: Option<SocketAddr>,
}

impl Options {
    fn max_images(&self, endpoint: &str) -> usize {
        self.max_images.get(endpoint).copied().unwrap_or(usize::MAX)
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// Whether it was told to stop before it was through.
    pub stopped: bool,
    /// Performers who are new or have changed.
    pub changed: usize,
    /// Performers who are gone.
    pub removed: usize,
    /// Rows of upstreams that made no sense.
    pub unusable_rows: u64,
    /// Pictures with something left to do: those that could not be had just now.
    pub left: u64,
    /// How many performers each upstream says it has, those known, and those that no sweep has shown.
    pub sources: BTreeMap<String, SourceFigures>,
    /// Seconds it took.
    pub seconds: f64,
    /// What each stage did.
    pub stages: BTreeMap<&'static str, StageFigures>,
}

/// Where one upstream stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceFigures {
    /// How many performers it says it has.
    pub count: Option<u64>,
    /// How many are known.
    pub known: u64,
    /// How many of its count were never shown.
    pub missing: u64,
    /// Whether everybody has been asked for at least once.
    pub swept: bool,
}

/// Brings the state up to date with the upstreams.
///
/// # Errors
/// When an upstream, the state or the models fail. What was done until then is kept.
#[expect(clippy::too_many_arguments, reason = "what a build stands on, each named")]
pub fn run(
    options: &Options,
    state: &State,
    sources: &mut [Box<dyn Source>],
    pictures: &dyn Pictures,
    cache: Option<&PictureCache>,
    setup: &Setup,
    stop: &AtomicBool,
    terminal: Terminal,
) -> Result<Figures, Error> {
    let start = Instant::now();
    let listener = options.metrics.map(show::listen).transpose()?;
    let (gauges, done) = (Gauges::default(), AtomicBool::new(false));
    let listing = AtomicUsize::new(sources.len());
    let listed = Mutex::new(Vec::new());
    let flow = Flow {
        state,
        pictures,
        cache,
        setup,
        models: &state.models(setup.pack())?,
        gauges: &gauges,
        stop,
        listing: &listing,
        today: &options.today,
        fetchers: options.fetchers.max(1),
        lookers: setup.jobs(options.jobs),
        batch: options.batch.max(1),
        hand: Hand::default(),
    };
    let flowed = std::thread::scope(|scope| {
        for source in sources.iter_mut() {
            let (gauge, listing, listed) = (&gauges.list, &listing, &listed);
            scope.spawn(move || {
                let max_images = options.max_images(source.endpoint());
                let lister = Lister {
                    source: &mut **source,
                    state,
                    stop,
                    limit: options.max_performers,
                    max_images,
                    sweep: options.sweep,
                    gauge,
                };
                let mut answer = gauge.live(|| lister.run());
                // A key that is refused, or an upstream that is down: say so now, not in the morning.
                // Who was told to stop fails because of that.
                if answer.is_err() && stop.swap(true, Ordering::Relaxed) {
                    answer = Ok(Listing::default());
                }
                if let Ok(mut listed) = listed.lock() {
                    listed.push(answer);
                }
                listing.fetch_sub(1, Ordering::Release);
            });
        }
        let shower = scope.spawn(|| show::show(&flow, terminal, &done));
        if let Some(listener) = &listener {
            scope.spawn(|| show::serve(listener, &gauges, &done));
        }
        let flowed = flow.run();
        done.store(true, Ordering::Relaxed);
        shower.thread().unpark();
        if let Some(address) = listener.as_ref().and_then(|l| l.local_addr().ok()) {
            show::wake(address);
        }
        flowed
    });
    let listed = listed.into_inner().map_err(|_| Error::Worker)?;
    let listed: Vec<Listing> = listed.into_iter().collect::<Result<_, _>>()?;
    flowed?;
    // Who is gone is not kept here either.
    let forgotten = state.forget()?;
    cache.map_or(Ok(()), |cache| cache.forget(&forgotten))?;
    let mut figures = Figures {
        stopped: stop.load(Ordering::Relaxed),
        changed: listed.iter().map(|listing| listing.changed).sum(),
        removed: listed.iter().map(|listing| listing.removed).sum(),
        unusable_rows: listed.iter().map(|listing| listing.unusable).sum(),
        left: state.jobs_left(flow.wanted())?,
        seconds: start.elapsed().as_secs_f64(),
        ..Figures::default()
    };
    for source in sources.iter() {
        let endpoint = source.endpoint();
        let cursor = state.cursor(endpoint)?;
        let (known, _) = state.live(endpoint, 0)?;
        let (count, missing, swept) = (cursor.count, cursor.missing, cursor.swept);
        let figure = SourceFigures { count, known, missing, swept };
        figures.sources.insert(endpoint.to_owned(), figure);
    }
    figures.stages = gauges.stages().map(|(name, stage)| (name, stage.figures())).into();
    Ok(figures)
}

/// Gives what states know to `work`, and a report of what `work` was given last. There are several where
/// machines have built a share each. Who is not of age on `today` (`YYYY-MM-DD`) is left out.
///
/// # Errors
/// When a state cannot be read, or `work` fails.
pub fn with_people<T>(
    today: &str,
    states: &[State],
    setup: &Setup,
    work: impl FnOnce(&dyn People) -> Result<T, Error>,
) -> Result<(T, PeopleReport), Error> {
    let of = |state| StatePeople::of(state, setup.pack(), today);
    let shares = states.iter().map(of).collect::<Result<Vec<_>, Error>>()?;
    let answer = work(&Together(shares.iter().map(|share| share as &dyn People).collect()))?;
    Ok((answer, shares.into_iter().map(StatePeople::into_report).sum()))
}
