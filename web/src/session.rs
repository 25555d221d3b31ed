//! The worker's one object: models, engine and database, ready for pictures.

use std::rc::Rc;

use futures_util::future::{Either, join, select};
use rollcall_core::{
    Answer, Decode, EmbeddedFace, Engine, EngineError, IdentifyError, IdentifyOptions, Lookup,
    Pixels, RecogniseError, Recogniser, Scene, SceneOptions, SceneProgress, Shown, SpriteSheet,
    name_faces, parse_vtt,
};
use rollcall_engine::choose::EngineWish;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::{
    choice::{BrowserFacts, engine_for},
    database::{DatabaseSettings, OpenDatabase, Opened},
    decode::BrowserDecoder,
    error::{WebError, to_js, words},
    hooks::Hooks,
    models::fetch_pack,
    stages::{Progress, Timings, WatchedEngine, WatchedLookup},
    wire,
};

/// The largest picture file, in bytes: an uncompressed picture of the most pixels allowed.
const MAX_FILE: f64 = 400e6;

/// What the page wants; `WorkerOptions` and `Facts` of the TypeScript client are the other half.
/// URLs are absolute, folders end in `/`.
#[derive(Debug, Deserialize)]
struct Settings {
    models: String,
    database: Option<DatabaseSettings>,
    engine: EngineWish,
    because: Option<String>,
    facts: Option<BrowserFacts>,
}

/// What [`Session::identify`] gives: `Identification` of the TypeScript client.
#[derive(Serialize)]
struct Identification {
    answer: Answer,
    timings: Timings,
    width: u32,
    height: u32,
}

/// Says who is in pictures. One picture at a time.
#[wasm_bindgen]
pub struct Session {
    engine: Rc<dyn Engine>,
    recogniser: Recogniser,
    database: Option<OpenDatabase>,
    options: IdentifyOptions,
    progress: Rc<Progress>,
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

    /// Says who is in a scene: `sheet` is a sprite sheet, `cues` the text of the VTT file that says
    /// what its tiles show. Early answers come by the hook `provisional`.
    ///
    /// # Errors
    /// `{kind, message}`; of kind `cancelled` where the page gave the job up.
    #[wasm_bindgen(js_name = identifyScene)]
    pub async fn identify_scene(
        &self,
        sheet: Blob,
        cues: String,
        name: String,
    ) -> Result<JsValue, JsValue> {
        let identified = self.identify_sheet(&sheet, &cues, &name).await;
        self.told(identified)
    }

    /// What a job gives to the page: nothing if the page has given it up.
    fn told(&self, identified: Result<Identification, WebError>) -> Result<JsValue, JsValue> {
        if self.progress.cancelled() {
            return Err(WebError::Cancelled.into());
        }
        Ok(to_js(&identified?)?)
    }

    async fn identify_sheet(
        &self,
        sheet: &Blob,
        cues: &str,
        name: &str,
    ) -> Result<Identification, WebError> {
        self.progress.begin();
        let pixels = self.decode(sheet).await?;
        let (width, height) = (pixels.width(), pixels.height());
        let cues = parse_vtt(cues.as_bytes()).map_err(|e| WebError::Identify(e.to_string()))?;
        let frames = SpriteSheet::new(pixels, cues).map_err(IdentifyError::from)?;
        let frames = Shown::of(frames, name).await.map_err(IdentifyError::from)?;
        let identification = |answer| {
            let timings = self.progress.finish();
            Identification { answer, timings, width, height }
        };
        let hear = |progress: SceneProgress| {
            if let SceneProgress::Early(answer) = progress
                && let Ok(early) = to_js(&identification(answer.clone()))
            {
                self.progress.provisional(early);
            }
            self.progress.hear_scene(progress)
        };
        let options = SceneOptions { answer: self.options.clone(), ..SceneOptions::default() };
        let mut scene = Scene::new(&self.recogniser, &frames, &options, &hear);
        let watched = self.watched();
        let lookup = watched.as_ref().map(|lookup| lookup as &dyn Lookup);
        scene.look_around(lookup).await?;
        let mut answer = scene.answer(lookup).await?;
        if let Some(open) = &self.database
            && answer.provisional
        {
            self.progress.provisional(to_js(&identification(answer))?);
            self.wait_for(open).await?;
            answer = scene.answer(lookup).await?;
        }
        Ok(identification(answer))
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
        if picture.size() > MAX_FILE {
            return Err(WebError::PictureFile { megabytes: (picture.size() / 1e6) as u32 });
        }
        let buffer = JsFuture::from(picture.array_buffer())
            .await
            .map_err(|thrown| WebError::Unreadable(words(&thrown)))?;
        let file = js_sys::Uint8Array::new(&buffer).to_vec();
        Ok(BrowserDecoder.decode(&file).await?)
    }

    /// The database as the page hears of it.
    fn watched(&self) -> Option<WatchedLookup<'_>> {
        let open = self.database.as_ref()?;
        Some(WatchedLookup { lookup: &*open.database, progress: &self.progress })
    }

    /// Waits for the rest of the database, telling the page that it is not stuck.
    async fn wait_for(&self, open: &OpenDatabase) -> Result<(), WebError> {
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
        let watched = self.watched();
        let lookup = watched.as_ref().map(|lookup| lookup as &dyn Lookup);
        let answer = name_faces(&self.recogniser, lookup, faces, &self.options).await;
        let answer = answer.map_err(IdentifyError::from)?;
        let timings = self.progress.finish();
        Ok(Identification { answer, timings, width: pixels.width(), height: pixels.height() })
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
    let (fetched, opened) = join(fetch_pack(&settings.models, &hooks), opened).await;
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
    let options = IdentifyOptions {
        thumbnails: true,
        local_image_base: settings.database.map(|database| database.url).unwrap_or_default(),
        ..IdentifyOptions::default()
    };
    Ok(Session { engine, recogniser, database, options, progress })
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
