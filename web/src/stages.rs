//! Where a job is: tells the page, takes the time, and before each run of a network and each
//! question to the database gives a "cancel" the chance to come in.

use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    rc::Rc,
};

use rollcall_core::{
    Calibration, DatabaseSummary, Embedding, Engine, EngineError, EngineReport, Found, LocalFuture,
    Lookup, LookupError, SceneProgress, Tensor,
};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::hooks::Hooks;

/// What a job does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Turning the file into pixels.
    Decode,
    /// Finding faces.
    Detect,
    /// Turning faces into embeddings.
    Embed,
    /// Asking the database.
    Search,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Detect => "detect",
            Self::Embed => "embed",
            Self::Search => "search",
        }
    }
}

/// How long each stage of a job took, in milliseconds. Where workers help, all stages go on at the
/// same time: then a moment counts for the stage that something was last begun in.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Timings {
    decode: f64,
    detect: f64,
    embed: f64,
    search: f64,
    total: f64,
}

/// The clock and the notice board of the one job that runs.
pub(crate) struct Progress {
    hooks: Hooks,
    stage: Cell<Stage>,
    since: Cell<f64>,
    timings: RefCell<Timings>,
    /// Faces found, for "how many of how many".
    faces: Cell<usize>,
    /// Questions put to the database.
    asked: Cell<usize>,
}

impl Progress {
    pub(crate) fn new(hooks: Hooks) -> Self {
        Self {
            hooks,
            stage: Cell::new(Stage::Decode),
            since: Cell::new(0.0),
            timings: RefCell::default(),
            faces: Cell::new(0),
            asked: Cell::new(0),
        }
    }

    /// A new job begins with its decoding.
    pub(crate) fn begin(&self) {
        *self.timings.borrow_mut() = Timings::default();
        self.since.set(self.hooks.now());
        self.stage.set(Stage::Decode);
        self.faces.set(0);
        self.asked.set(0);
        self.tell(Stage::Decode, 0, 1);
    }

    /// The job is done; says how long it took.
    pub(crate) fn finish(&self) -> Timings {
        self.book();
        *self.timings.borrow()
    }

    /// Gives the job at hand a first answer.
    pub(crate) fn provisional(&self, identification: JsValue) {
        self.hooks.provisional(identification);
    }

    /// How many files of the database of how many are here.
    pub(crate) fn database(&self, done: u64, total: u64) {
        self.hooks.progress("database", done as f64, total as f64, -1.0);
    }

    /// A second passes, and the page hears that the database is still on its way.
    pub(crate) async fn pause(&self) {
        self.hooks.progress("database", 0.0, 0.0, -1.0);
        self.hooks.pause(1000.0).await;
    }

    /// Whether the page has given the job up.
    pub(crate) fn cancelled(&self) -> bool {
        self.hooks.cancelled()
    }

    /// What core's recogniser says before each of its steps.
    pub(crate) fn hear(&self, step: rollcall_core::Progress) -> ControlFlow<()> {
        match step {
            rollcall_core::Progress::Looking { look } => self.tell(Stage::Detect, look, 0),
            rollcall_core::Progress::Embedding { done, faces } => {
                self.faces.set(faces);
                self.tell(Stage::Embed, done, faces);
            }
        }
        self.not_cancelled()
    }

    /// What core says of a scene: how many frames of how many are done.
    pub(crate) fn hear_scene(&self, step: SceneProgress) -> ControlFlow<()> {
        if let SceneProgress::Frame { done, total } = step {
            self.tell(Stage::Detect, done, total);
        }
        self.not_cancelled()
    }

    fn not_cancelled(&self) -> ControlFlow<()> {
        if self.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// From now on the time is `stage`'s. `false` if the page has given the job up.
    async fn enter(&self, stage: Stage) -> bool {
        self.book();
        self.stage.set(stage);
        self.go_on().await
    }

    /// Lets messages come in. `false` if the page has given the job up.
    pub(crate) async fn go_on(&self) -> bool {
        self.hooks.breathe().await;
        !self.cancelled()
    }

    /// How many steps a stage takes is not always known before it ends: `total` 0 says so.
    fn tell(&self, stage: Stage, done: usize, total: usize) {
        self.hooks.progress(stage.name(), done as f64, total as f64, -1.0);
    }

    fn book(&self) {
        let now = self.hooks.now();
        let passed = now - self.since.replace(now);
        let mut timings = self.timings.borrow_mut();
        timings.total += passed;
        *match self.stage.get() {
            Stage::Decode => &mut timings.decode,
            Stage::Detect => &mut timings.detect,
            Stage::Embed => &mut timings.embed,
            Stage::Search => &mut timings.search,
        } += passed;
    }
}

/// An engine whose every run is seen by [`Progress`].
pub(crate) struct WatchedEngine {
    /// What really runs.
    pub(crate) engine: Rc<dyn Engine>,
    /// The name of the model that finds faces; all others embed.
    pub(crate) detector: String,
    /// Who is told.
    pub(crate) progress: Rc<Progress>,
}

impl Engine for WatchedEngine {
    fn report(&self) -> EngineReport {
        self.engine.report()
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(async move {
            let stage = if model == self.detector { Stage::Detect } else { Stage::Embed };
            if !self.progress.enter(stage).await {
                return Err(EngineError::Failed {
                    model: model.to_owned(),
                    reason: "cancelled".to_owned(),
                });
            }
            self.engine.run(model, input).await
        })
    }

    fn at_once(&self) -> usize {
        self.engine.at_once()
    }
}

/// A database whose every question is seen by [`Progress`].
pub(crate) struct WatchedLookup<'a> {
    /// Who really knows.
    pub(crate) lookup: &'a dyn Lookup,
    /// Who is told.
    pub(crate) progress: &'a Progress,
}

impl Lookup for WatchedLookup<'_> {
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>> {
        Box::pin(async move {
            let asked = self.progress.asked.get();
            self.progress.tell(Stage::Search, asked, self.progress.faces.get());
            self.progress.asked.set(asked + 1);
            if !self.progress.enter(Stage::Search).await {
                return Err(LookupError::Database("cancelled".to_owned()));
            }
            self.lookup.find(person, limit).await
        })
    }

    fn summary(&self) -> Option<DatabaseSummary> {
        self.lookup.summary()
    }

    fn calibration(&self) -> Option<Calibration> {
        self.lookup.calibration()
    }
}
