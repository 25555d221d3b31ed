//! The worker's one object: models, engine and database, ready for pictures.

use std::{cell::RefCell, rc::Rc};

use futures_util::future::{Either, join, select};
use rollcall_core::{
    Answer, Both, Confidence, Decode, EmbeddedFace, Engine, EngineError, IdentifyError,
    IdentifyOptions, Library, Lookup, Pixels, RecogniseError, Recogniser, Scene, SceneOptions,
    SceneProgress, SeenScene, name_faces, name_scene,
};
use rollcall_engine::choose::EngineWish;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::Blob;

use crate::{
    choice::{BrowserFacts, engine_for},
    database::{DatabaseSettings, OpenDatabase, Opened},
    decode::{BrowserDecoder, file_of},
    error::{WebError, to_js},
    frames::SceneFrames,
    hooks::Hooks,
    kept::{packed, set},
    lessons::{embeddings_of, known_of},
    models::fetch_pack,
    stages::{Progress, Timings, WatchedEngine, WatchedLookup},
    wire,
};

/// What the page wants; `WorkerOptions` and `Facts` of the TypeScript client are the other half.
/// URLs are absolute, folders end in `/`.
#[derive(Debug, Deserialize)]
struct Settings {
    models: String,
    /// The name of the IndexedDB to keep the models in, or nothing to keep nothing.
    #[serde(default)]
    keep_models: Option<String>,
    database: Option<DatabaseSettings>,
    engine: EngineWish,
    because: Option<String>,
    facts: Option<BrowserFacts>,
    #[serde(default)]
    answer: AnswerSettings,
}

/// What answers should be like; what is absent is as core has it.
#[derive(Debug, Default, Deserialize)]
struct AnswerSettings {
    min_confidence: Option<f32>,
    max_results: Option<usize>,
    frames: Option<usize>,
}

/// What [`Session::identify`] gives: `Identification` of the TypeScript client.
#[derive(Serialize)]
struct Identification {
    answer: Answer,
    timings: Timings,
    width: u32,
    height: u32,
    /// What is to be kept, where the page wants that.
    #[serde(skip)]
    seen: Option<SeenScene>,
}

/// Says who is in pictures. One picture at a time.
#[wasm_bindgen]
pub struct Session {
    engine: Rc<dyn Engine>,
    pub(crate) recogniser: Recogniser,
    pub(crate) database: Option<OpenDatabase>,
    pub(crate) library: RefCell<Rc<Library>>,
    pub(crate) options: SceneOptions,
    pub(crate) progress: Rc<Progress>,
}

#[wasm_bindgen]
impl Session {
    /// Downloads the models, chooses an engine, opens the database.
    ///
    /// # Errors
    /// `{kind, message}`, the message a sentence for the user.
    pub async fn open(settings: JsValue, hooks: Hooks) -> Result<Session, JsValue> {
        Ok(open(settings, hooks).await?)
    }

    /// Which engine runs, on what, and why: core's `EngineReport`.
    ///
    /// # Errors
    /// None in practice: when the report cannot be turned into an object.
    pub fn engine(&self) -> Result<JsValue, JsValue> {
        Ok(to_js(&self.recogniser.report())?)
    }

    /// The SHA-256 of each network that makes embeddings: what tells those of one pack from another's.
    pub fn embedders(&self) -> Vec<String> {
        self.recogniser.pack().embedders.iter().map(|spec| spec.model.sha256.clone()).collect()
    }

    /// What is known of the database: `DatabaseFacts` of the TypeScript client, or null.
    ///
    /// # Errors
    /// None in practice: when the facts cannot be turned into an object.
    pub fn database(&self) -> Result<JsValue, JsValue> {
        Ok(to_js(&self.database.as_ref().map(|open| &open.facts))?)
    }

    /// Fetches the whole database into this browser, so that its host is not needed any more.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `database`; what was fetched is kept.
    #[wasm_bindgen(js_name = fetchDatabase)]
    pub async fn fetch_database(&self) -> Result<(), JsValue> {
        let Some(open) = &self.database else { return Ok(()) };
        let hear = |done, total| self.progress.database(done, total);
        Ok(open.database.fetch_everything(&hear).await.map_err(WebError::from)?)
    }

    /// Runs one network, for tests that compare engines: `shape` is `[batch, channels, height,
    /// width]`, the result an array of `[Uint32Array shape, Float32Array values]`.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `engine`.
    #[wasm_bindgen(js_name = runNetwork)]
    pub async fn run_network(
        &self,
        model: String,
        shape: js_sys::Uint32Array,
        data: js_sys::Float32Array,
    ) -> Result<js_sys::Array, JsValue> {
        let input = wire::from_js(&shape, &data).map_err(WebError::from)?;
        let outputs = self.engine.run(&model, &input).await.map_err(WebError::from)?;
        Ok(outputs.iter().map(wire::to_js).collect())
    }

    /// Finds the faces in a picture file and says who they are.
    ///
    /// # Errors
    /// `{kind, message}`; of kind `cancelled` where the page gave the job up.
    pub async fn identify(&self, picture: Blob) -> Result<JsValue, JsValue> {
        let identified = self.identify_file(&picture).await;
        self.told(identified)
    }

    /// Says who is in a scene: `what` is `SceneFrames` of the TypeScript client. Early answers come
    /// by the hook `provisional`. If it is to be kept, what was seen comes as `kept`.
    ///
    /// # Errors
    /// `{kind, message}`; of kind `cancelled` where the page gave the job up.
    #[wasm_bindgen(js_name = identifyScene)]
    pub async fn identify_scene(&self, what: JsValue) -> Result<JsValue, JsValue> {
        let identified = self.identify_frames(&what).await;
        self.told(identified)
    }

    /// Learns somebody of the user's library, `Known` of the TypeScript client, from a picture with
    /// exactly one clear face. Gives the face's embeddings one after the other, to be kept for
    /// [`Session::know`]; nothing if the picture has no such face.
    ///
    /// # Errors
    /// `{kind, message}`.
    pub async fn learn(&self, known: JsValue, picture: Blob) -> Result<JsValue, JsValue> {
        self.progress.begin();
        let pixels = self.decode(&picture).await?;
        let faces = self.recogniser.faces_with(&pixels, &|step| self.progress.hear(step)).await;
        let faces = faces.map_err(IdentifyError::from).map_err(WebError::from)?;
        let [face] = &faces[..] else { return Ok(JsValue::NULL) };
        let values: Vec<f32> =
            face.embeddings.iter().flat_map(|embedding| embedding.unit().iter().copied()).collect();
        let values = js_sys::Float32Array::from(&values[..]);
        self.know(known, &values)?;
        Ok(values.into())
    }

    /// The same by embeddings that were kept.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `settings`, for embeddings of other models.
    pub fn know(&self, known: JsValue, values: &js_sys::Float32Array) -> Result<(), JsValue> {
        let look = embeddings_of(values, &self.dimensions())?;
        let known = known_of(known)?;
        Rc::make_mut(&mut self.library.borrow_mut()).add(known, look);
        Ok(())
    }

    /// What a job gives to the page: nothing if the page has given it up.
    fn told(&self, identified: Result<Identification, WebError>) -> Result<JsValue, JsValue> {
        if self.progress.cancelled() {
            return Err(WebError::Cancelled.into());
        }
        let identified = identified?;
        let told = to_js(&identified)?;
        if let Some(seen) = identified.seen {
            let (named, unknown) = seen.split(&identified.answer);
            set(&told, "kept", &packed(&named, Some(&unknown))?)?;
        }
        Ok(told)
    }

    async fn identify_frames(&self, what: &JsValue) -> Result<Identification, WebError> {
        self.progress.begin();
        let frames = SceneFrames::read(what).await?;
        let (width, height) = frames.size;
        let identification = |answer| {
            let timings = self.progress.finish();
            Identification { answer, timings, width, height, seen: None }
        };
        let hear = |progress: SceneProgress| {
            if let SceneProgress::Early(answer) = progress
                && let Ok(early) = to_js(&identification(answer.clone()))
            {
                self.progress.provisional(early);
            }
            self.progress.hear_scene(progress)
        };
        let mut options = self.options.clone();
        options.answer.expected.clone_from(&frames.expected);
        let mut scene = Scene::new(&self.recogniser, &frames, &options, &hear);
        let library = Rc::clone(&self.library.borrow());
        let both = self.both(&library);
        let watched = self.watched(&both);
        let lookup = both.summary().is_some().then_some(&watched as &dyn Lookup);
        scene.look_around(lookup).await?;
        let seen = scene.seen().await.map_err(IdentifyError::from)?;
        let name = || name_scene(&self.recogniser, lookup, &seen, &options.answer);
        let mut answer = name().await.map_err(IdentifyError::from)?;
        if let Some(open) = &self.database
            && answer.provisional
        {
            self.progress.provisional(to_js(&identification(answer))?);
            self.wait_for(open).await?;
            answer = name().await.map_err(IdentifyError::from)?;
        }
        let seen = frames.keep.then_some(seen);
        Ok(Identification { seen, ..identification(answer) })
    }

    async fn identify_file(&self, picture: &Blob) -> Result<Identification, WebError> {
        self.progress.begin();
        let pixels = self.decode(picture).await?;
        let faces = self.recogniser.faces_with(&pixels, &|step| self.progress.hear(step)).await;
        let faces = faces.map_err(IdentifyError::from)?;
        let identified = self.name(&faces, &pixels).await?;
        match &self.database {
            Some(open) if identified.answer.provisional => {
                self.progress.provisional(to_js(&identified)?);
                self.wait_for(open).await?;
                self.name(&faces, &pixels).await
            }
            _ => Ok(identified),
        }
    }

    async fn decode(&self, picture: &Blob) -> Result<Pixels, WebError> {
        let file = file_of(picture).await?;
        Ok(BrowserDecoder.decode(&file).await?)
    }

    /// Those of the pack's embeddings, in its order.
    pub(crate) fn dimensions(&self) -> Vec<usize> {
        self.recogniser.pack().embedders.iter().map(|model| model.dimension).collect()
    }

    pub(crate) fn both<'a>(&'a self, library: &'a Library) -> Both<'a> {
        let database = self.database.as_ref().map(|open| &*open.database as &dyn Lookup);
        Both { database, library }
    }

    /// What is asked, as the page hears of it.
    fn watched<'a>(&'a self, lookup: &'a dyn Lookup) -> WatchedLookup<'a> {
        WatchedLookup { lookup, progress: &self.progress }
    }

    /// Waits for the rest of the database, telling the page that it is not stuck.
    pub(crate) async fn wait_for(&self, open: &OpenDatabase) -> Result<(), WebError> {
        let mut complete = open.complete.clone();
        loop {
            let pause = std::pin::pin!(self.progress.pause());
            match select(complete, pause).await {
                Either::Left(_) => return Ok(()),
                Either::Right(_) if self.progress.cancelled() => return Err(WebError::Cancelled),
                Either::Right(((), rest)) => complete = rest,
            }
        }
    }

    async fn name(
        &self,
        faces: &[EmbeddedFace],
        pixels: &Pixels,
    ) -> Result<Identification, WebError> {
        let library = Rc::clone(&self.library.borrow());
        let both = self.both(&library);
        let watched = self.watched(&both);
        let lookup = both.summary().is_some().then_some(&watched as &dyn Lookup);
        let answer = name_faces(&self.recogniser, lookup, faces, &self.options.answer).await;
        let answer = answer.map_err(IdentifyError::from)?;
        let timings = self.progress.finish();
        Ok(Identification {
            answer,
            timings,
            width: pixels.width(),
            height: pixels.height(),
            seen: None,
        })
    }
}

async fn open(settings: JsValue, hooks: Hooks) -> Result<Session, WebError> {
    let settings: Settings = serde_wasm_bindgen::from_value(settings)
        .map_err(|error| WebError::Settings(error.to_string()))?;
    let opened = async {
        match &settings.database {
            Some(database) => Opened::open(database).await.map(Some),
            None => Ok(None),
        }
    };
    // The two have nothing to do with each other until both are here.
    let (fetched, opened) =
        join(fetch_pack(&settings.models, settings.keep_models.as_deref(), &hooks), opened).await;
    let (fetched, opened) = (fetched?, opened?);
    hooks.progress("engine", 0.0, 0.0, -1.0);
    let Settings { engine, because, facts, .. } = &settings;
    let engine = engine_for(&fetched, *engine, because.as_deref(), facts.as_ref(), &hooks).await?;
    let database = match (opened, &settings.database) {
        (Some(opened), Some(database)) => Some(opened.for_pack(database, &fetched.pack).await?),
        _ => None,
    };
    let progress = Rc::new(Progress::new(hooks));
    let detector = fetched.pack.detector.model.name.clone();
    let watched =
        WatchedEngine { engine: Rc::clone(&engine), detector, progress: Rc::clone(&progress) };
    let recogniser = Recogniser::new(fetched.pack, Rc::new(watched))
        .map_err(|error| WebError::Model(error.to_string()))?;
    let asked = settings.answer;
    let standard = SceneOptions::default();
    let answer = IdentifyOptions {
        thumbnails: true,
        local_image_base: settings.database.map(|database| database.url).unwrap_or_default(),
        min_confidence: asked.min_confidence.map_or(standard.answer.min_confidence, Confidence),
        max_results: asked.max_results.unwrap_or(standard.answer.max_results),
        ..standard.answer
    };
    let frames = asked.frames.unwrap_or(standard.frames);
    let options = SceneOptions { answer, frames, ..standard };
    let library = RefCell::default();
    Ok(Session { engine, recogniser, database, library, options, progress })
}

impl From<EngineError> for WebError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<IdentifyError> for WebError {
    fn from(error: IdentifyError) -> Self {
        let words = error.to_string();
        match error {
            IdentifyError::Lookup(_) => Self::Database(words),
            IdentifyError::Recognise(RecogniseError::Cancelled) => Self::Cancelled,
            IdentifyError::Recognise(RecogniseError::Engine(_)) => Self::Engine(words),
            IdentifyError::Recognise(_) | IdentifyError::Frames(_) => Self::Identify(words),
        }
    }
}
