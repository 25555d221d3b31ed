//! What each stage has done, and how long it waited for others.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SendError, SyncSender},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

/// The stages in the order in which a picture passes them.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Performers listed.
    pub(crate) list: Stage,
    /// Pictures fetched.
    pub(crate) fetch: Stage,
    /// Pictures looked at.
    pub(crate) look: Stage,
    /// Pictures written down.
    pub(crate) settle: Stage,
}

impl Gauges {
    /// The stages with their names.
    pub(crate) fn stages(&self) -> [(&'static str, &Stage); 4] {
        [
            ("list", &self.list),
            ("fetch", &self.fetch),
            ("look", &self.look),
            ("settle", &self.settle),
        ]
    }
}

/// What one stage has done.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    things: AtomicU64,
    bytes: AtomicU64,
    threads: AtomicU64,
    /// Nanoseconds of all its threads together.
    alive: AtomicU64,
    starved: AtomicU64,
    held_up: AtomicU64,
}

/// What a stage came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StageFigures {
    /// What went through it: performers in the first stage, pictures in the others.
    pub things: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many threads it has.
    pub threads: u64,
    /// Seconds it worked, of all threads together.
    pub working_seconds: f64,
    /// The share of its time in which it waited for the stage before it, 0 to 1.
    pub starved: f64,
    /// The share of its time in which it waited for the stage after it, 0 to 1.
    pub held_up: f64,
}

impl Stage {
    /// Counts what has been done.
    pub(crate) fn done(&self, things: u64, bytes: u64) {
        self.things.fetch_add(things, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Lives through a thread of the stage.
    pub(crate) fn live<T>(&self, thread: impl FnOnce() -> T) -> T {
        self.threads.fetch_add(1, Ordering::Relaxed);
        timed(&self.alive, thread)
    }

    /// The next thing, or `None` when there will be no more.
    pub(crate) fn next<T>(&self, from: &Mutex<Receiver<T>>) -> Option<T> {
        timed(&self.starved, || from.lock().ok()?.recv().ok())
    }

    /// Waits for work in another way.
    pub(crate) fn starve<T>(&self, wait: impl FnOnce() -> T) -> T {
        timed(&self.starved, wait)
    }

    /// Hands a thing on, when the next stage has room for it.
    pub(crate) fn hand<T>(&self, thing: T, to: &SyncSender<T>) -> Result<(), SendError<T>> {
        timed(&self.held_up, || to.send(thing))
    }

    /// Things and bytes up to now.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.things.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// What it came to, once its threads have ended.
    pub(crate) fn figures(&self) -> StageFigures {
        let (things, bytes) = self.counts();
        let seconds =
            |of: &AtomicU64| Duration::from_nanos(of.load(Ordering::Relaxed)).as_secs_f64();
        let (alive, starved, held_up) =
            (seconds(&self.alive), seconds(&self.starved), seconds(&self.held_up));
        let share = |part: f64| if alive > 0.0 { (part / alive).min(1.0) } else { 0.0 };
        StageFigures {
            things,
            bytes,
            threads: self.threads.load(Ordering::Relaxed),
            working_seconds: (alive - starved - held_up).max(0.0),
            starved: share(starved),
            held_up: share(held_up),
        }
    }
}

fn timed<T>(total: &AtomicU64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let answer = work();
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    total.fetch_add(nanoseconds, Ordering::Relaxed);
    answer
}
