//! Pictures through the stages: fetched, looked at, written down. Each stage has threads of its own
//! and hands on through a channel of few places, so that a slow one holds up those before it.

use std::{
    collections::HashSet,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use rollcall_core::{Recogniser, decode_image};

use super::{
    fetch::{NoPicture, Pictures},
    gauges::Gauges,
};
use crate::{
    Error, files,
    net::Image,
    photo::SeenFace,
    setup::Setup,
    state::{Content, Job, Models, Outcome, PictureCache, Seen, State, Status, Wanted},
};

/// Pictures with more faces than this show a group: nothing would be gained from looking closer.
const GROUP: usize = 5;

/// How often pictures are gone through: what could not be had is asked for again, and what changed
/// while it was read.
const ROUNDS: usize = 3;

/// However much changes meanwhile: the next run does the rest.
const MOST_ROUNDS: usize = 10;

/// How many jobs are read from the state at once.
const READ: u32 = 256;

/// The longest a picture that is done waits to be written down.
const SETTLE_WITHIN: Duration = Duration::from_millis(500);

/// How long to wait for the lists to bring something.
const LISTING: Duration = Duration::from_millis(20);

/// What all stages know.
pub(crate) struct Flow<'a> {
    pub(crate) state: &'a State,
    pub(crate) pictures: &'a dyn Pictures,
    pub(crate) cache: Option<&'a PictureCache>,
    pub(crate) setup: &'a Setup,
    pub(crate) models: &'a Models,
    pub(crate) gauges: &'a Gauges,
    /// Set to end early: what is in hand is finished.
    pub(crate) stop: &'a AtomicBool,
    /// How many upstreams are still being asked.
    pub(crate) listing: &'a AtomicUsize,
    /// See [`Wanted`].
    pub(crate) today: &'a str,
    /// How many pictures are fetched at once, looked at at once, and written down at once.
    pub(crate) fetchers: usize,
    pub(crate) lookers: usize,
    pub(crate) batch: usize,
    pub(crate) hand: Hand,
}

/// What is in hand: read from the state and not written down yet.
#[derive(Default)]
pub(crate) struct Hand {
    inner: Mutex<InHand>,
    changed: Condvar,
}

#[derive(Default)]
struct InHand {
    jobs: usize,
    /// Pictures that some thread is looking at.
    contents: HashSet<Content>,
}

/// A picture to look at.
struct Raw {
    key: i64,
    content: Content,
    etag: Option<String>,
    bytes: Vec<u8>,
}

type Settled = (i64, Outcome);

impl Flow<'_> {
    /// Runs until there is nothing left to do, or it is told to stop.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let (jobs, to_fetch) = sync_channel::<Job>(2 * self.fetchers);
        let (raw, to_look) = sync_channel::<Raw>(2 * self.lookers);
        let (settled, to_settle) = sync_channel::<Settled>(self.batch);
        let (to_fetch, to_look) = (&Mutex::new(to_fetch), &Mutex::new(to_look));
        let Gauges { fetch, look, settle, .. } = self.gauges;
        std::thread::scope(|scope| {
            let mut threads = vec![scope.spawn(move || self.guarded(|| self.feed(&jobs)))];
            for _ in 0..self.fetchers {
                let (raw, settled) = (raw.clone(), settled.clone());
                threads.push(scope.spawn(move || {
                    let work = || self.fetch(to_fetch, &raw, &settled);
                    fetch.live(|| self.guarded_and_drained(work, to_fetch))
                }));
            }
            drop(raw);
            for _ in 0..self.lookers {
                let settled = settled.clone();
                threads.push(scope.spawn(move || {
                    let work = || self.look(to_look, &settled);
                    look.live(|| self.guarded_and_drained(work, to_look))
                }));
            }
            drop(settled);
            let written = settle.live(|| self.guarded(|| self.settle(&to_settle)));
            // Stages before it end when there is nobody to hand on to.
            drop(to_settle);
            let ended =
                threads.into_iter().map(|thread| thread.join().unwrap_or(Err(Error::Worker)));
            ended.fold(written, Result::and)
        })
    }

    /// A stage whose failure stops the others.
    fn guarded(&self, stage: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        stage().inspect_err(|_| self.stop.store(true, Ordering::Relaxed))
    }

    /// The same, and the stage before it is not left waiting for room.
    fn guarded_and_drained<T>(
        &self,
        stage: impl FnOnce() -> Result<(), Error>,
        from: &Mutex<Receiver<T>>,
    ) -> Result<(), Error> {
        let answer = self.guarded(stage);
        while from.lock().is_ok_and(|from| from.recv().is_ok()) {}
        answer
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted { models: self.models, today: self.today }
    }

    /// Reads from the state what there is to do.
    fn feed(&self, jobs: &SyncSender<Job>) -> Result<(), Error> {
        let (mut round, mut news) = (0, true);
        while news && round < MOST_ROUNDS && !self.stopped() {
            round += 1;
            news = false;
            let mut after = 0;
            loop {
                // Before the state is read: what they bring after that is there the next time.
                let listing = self.listing.load(Ordering::Acquire) > 0;
                let read = self.state.jobs(self.wanted(), after, READ)?;
                if self.stopped() || (read.is_empty() && !listing) {
                    break;
                }
                if read.is_empty() {
                    std::thread::sleep(LISTING);
                }
                for job in read {
                    after = job.key;
                    news |= job.status != Status::Failed || round < ROUNDS;
                    self.hand.change(|hand| hand.jobs += 1)?;
                    if self.stopped() || jobs.send(job).is_err() {
                        return Ok(());
                    }
                }
            }
            self.hand.wait_until_empty(self.stop)?;
        }
        Ok(())
    }

    fn fetch(
        &self,
        jobs: &Mutex<Receiver<Job>>,
        raw: &SyncSender<Raw>,
        settled: &SyncSender<Settled>,
    ) -> Result<(), Error> {
        let stage = &self.gauges.fetch;
        while let Some(job) = stage.next(jobs) {
            // What has not been asked for waits for the next run.
            if self.stopped() {
                continue;
            }
            let key = job.key;
            let gone = match self.fetch_one(job)? {
                Ok(picture) => stage.hand(picture, raw).is_err(),
                Err(outcome) => stage.hand((key, outcome), settled).is_err(),
            };
            if gone {
                break;
            }
        }
        Ok(())
    }

    /// A picture to look at, or what became of it.
    fn fetch_one(&self, job: Job) -> Result<Result<Raw, Outcome>, Error> {
        let Job { key, endpoint, url, before, status } = job;
        let kept = |before: &crate::state::Before| {
            let bytes = self.cache?.get(&before.content)?;
            Some(Raw { key, content: before.content, etag: before.etag.clone(), bytes })
        };
        let known = before.filter(|before| before.unseen || status == Status::Stale);
        if let Some(before) = &known
            && status == Status::Ready
            && let Some(raw) = kept(before)
        {
            return self.unless_seen(raw);
        }
        let etag = known.as_ref().and_then(|before| before.etag.as_deref());
        let etag = etag.filter(|_| status == Status::Stale);
        match self.pictures.picture(&endpoint, &url, etag) {
            Ok(Image::Unchanged) => Ok(Err(Outcome::Unchanged)),
            Ok(Image::Bytes { bytes, etag }) => {
                self.gauges.fetch.done(1, bytes.len() as u64);
                let content = files::digest(&bytes);
                if let Some(cache) = self.cache {
                    cache.put(&content, &bytes)?;
                }
                self.unless_seen(Raw { key, content, etag, bytes })
            }
            Err(NoPicture::ForGood(reason)) => Ok(Err(Outcome::Unusable(reason))),
            Err(NoPicture::ForNow(reason)) => Ok(Err(Outcome::Failed(reason))),
        }
    }

    /// Nothing is looked at twice, nor by two threads at once.
    fn unless_seen(&self, raw: Raw) -> Result<Result<Raw, Outcome>, Error> {
        let seen = self.state.has_seen(self.models, &raw.content)?;
        if !seen && self.hand.change(|hand| hand.contents.insert(raw.content))? {
            return Ok(Ok(raw));
        }
        let Raw { content, etag, bytes, .. } = raw;
        Ok(Err(Outcome::Ready { content, etag, bytes: bytes.len() as u64, seen: None }))
    }

    fn look(&self, raw: &Mutex<Receiver<Raw>>, settled: &SyncSender<Settled>) -> Result<(), Error> {
        let stage = &self.gauges.look;
        let mut recogniser = None;
        while let Some(Raw { key, content, etag, bytes }) = stage.next(raw) {
            if recogniser.is_none() {
                recogniser = Some(self.setup.recogniser(self.lookers)?);
            }
            let Some(recogniser) = &recogniser else { continue };
            let size = bytes.len() as u64;
            let outcome = match look_at(recogniser, &bytes) {
                Ok(seen) => Outcome::Ready { content, etag, bytes: size, seen: Some(seen) },
                Err(reason) => {
                    self.hand.change(|hand| hand.contents.remove(&content))?;
                    Outcome::Failed(reason)
                }
            };
            stage.done(1, size);
            if stage.hand((key, outcome), settled).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Writes down what is done, many at a time, for a commit waits for the disk.
    fn settle(&self, settled: &Receiver<Settled>) -> Result<(), Error> {
        let stage = &self.gauges.settle;
        let mut batch = Vec::with_capacity(self.batch);
        let mut open = true;
        while open {
            let until = Instant::now() + SETTLE_WITHIN;
            while open && batch.len() < self.batch {
                let left = until.saturating_duration_since(Instant::now());
                match stage.starve(|| settled.recv_timeout(left)) {
                    Ok(one) => batch.push(one),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => open = false,
                }
            }
            if batch.is_empty() {
                continue;
            }
            self.state.settle(self.models, &batch)?;
            stage.done(batch.len() as u64, 0);
            self.hand.change(|hand| {
                hand.jobs = hand.jobs.saturating_sub(batch.len());
                for (_, outcome) in &batch {
                    if let Outcome::Ready { content, seen: Some(_), .. } = outcome {
                        hand.contents.remove(content);
                    }
                }
            })?;
            batch.clear();
        }
        Ok(())
    }
}

impl Hand {
    fn change<T>(&self, change: impl FnOnce(&mut InHand) -> T) -> Result<T, Error> {
        let answer = change(&mut *self.inner.lock().map_err(|_| Error::Worker)?);
        self.changed.notify_all();
        Ok(answer)
    }

    /// Waits until everything is written down, or somebody says stop.
    fn wait_until_empty(&self, stop: &AtomicBool) -> Result<(), Error> {
        let mut hand = self.inner.lock().map_err(|_| Error::Worker)?;
        while hand.jobs > 0 && !stop.load(Ordering::Relaxed) {
            let waited = self.changed.wait_timeout(hand, SETTLE_WITHIN);
            hand = waited.map_err(|_| Error::Worker)?.0;
        }
        Ok(())
    }
}

/// What the models see in a picture's file. An error is theirs, not the picture's.
fn look_at(recogniser: &Recogniser, bytes: &[u8]) -> Result<Seen, String> {
    let unusable = |reason: String| Seen { reason: Some(reason), ..Seen::default() };
    let pixels = match decode_image(bytes) {
        Ok(pixels) => pixels,
        Err(error) => return Ok(unusable(super::fetch::undecodable(&error).to_owned())),
    };
    let (width, height) = (pixels.width(), pixels.height());
    let failed = |error: rollcall_core::RecogniseError| error.to_string();
    let found = pollster::block_on(recogniser.detect(&pixels)).map_err(failed)?;
    let reason = match found.len() {
        0 => Some("no face"),
        count if count > GROUP => Some("a group photo"),
        _ => None,
    };
    if let Some(reason) = reason {
        return Ok(Seen { width, height, ..unusable(reason.to_owned()) });
    }
    let mut faces = Vec::new();
    for face in found {
        if let Some(crops) = recogniser.cut(&pixels, &face) {
            let embeddings = pollster::block_on(recogniser.embed(&crops)).map_err(failed)?;
            faces.push(SeenFace { face, embeddings });
        }
    }
    Ok(Seen { width, height, faces, reason: None })
}
