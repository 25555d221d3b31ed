//! Pictures to embedded faces.

use std::{ops::ControlFlow, rc::Rc};

use crate::{
    Detector, DetectorError, Embedding, EmbeddingError, Engine, EngineError, EngineReport, Face,
    FaceCrops, Pack, Pixels, ShapeError, detector_of_kind, embed,
    find::{Effort, Finder},
};

/// The most faces a picture is searched for; of more, those with the best scores count.
pub const MAX_FACES: usize = 500;

/// Finds and embeds faces with one pack of models on one engine.
pub struct Recogniser {
    pack: Pack,
    engine: Rc<dyn Engine>,
    detector: Box<dyn Detector>,
    effort: Effort,
}

/// A face and what each embedder of the pack makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedFace {
    /// Where it is in the upright picture.
    pub face: Face,
    /// The aligned face, [`crate::CROP`] x [`crate::CROP`] pixels.
    pub crop: Pixels,
    /// One per embedder, in the pack's order.
    pub embeddings: Vec<Embedding>,
}

/// How far a recogniser has come with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// About to look at the picture for the `look`-th time, from 0.
    Looking {
        /// How many looks were taken before.
        look: usize,
    },
    /// `done` of `faces` faces are embedded.
    Embedding {
        /// How many are done.
        done: usize,
        /// How many were found.
        faces: usize,
    },
}

/// Why a picture's faces are not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecogniseError {
    /// The caller's progress hook said stop.
    #[error("cancelled")]
    Cancelled,
    /// The pack lacks something.
    #[error("the model pack {0} is incomplete: {1}; fetch it again")]
    BadPack(String, &'static str),
    /// The detector is unknown or its outputs cannot be read.
    #[error(transparent)]
    Detector(#[from] DetectorError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An embedder gave another number of values.
    #[error("the model {model} gave {got} values instead of {wanted}; fetch the model pack again")]
    WrongDimension {
        /// The model's name.
        model: String,
        /// How many values its pack promises.
        wanted: usize,
        /// How many there were.
        got: usize,
    },
    /// An embedder gave something without a direction.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// A network input or output had the wrong number of values.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

impl Recogniser {
    /// Uses the networks of `pack`, which `engine` must know by name.
    ///
    /// # Errors
    /// When the pack has no embedder, no input size that is a multiple of 32 from 32 to 2048, or a
    /// detector of unknown kind.
    pub fn new(pack: Pack, engine: Rc<dyn Engine>) -> Result<Self, RecogniseError> {
        let wrong = |what| Err(RecogniseError::BadPack(pack.name.clone(), what));
        if pack.embedders.is_empty() {
            return wrong("it has no embedder");
        }
        let sizes = &pack.detector.sizes;
        let usable = |&s: &u32| s % 32 == 0 && (32..=2048).contains(&s);
        if sizes.is_empty() || !sizes.iter().all(usable) || !sizes.is_sorted() {
            return wrong("its detector sizes are not rising multiples of 32 up to 2048");
        }
        let detector = detector_of_kind(&pack.detector.kind)?;
        Ok(Self { pack, engine, detector, effort: Effort::default() })
    }

    /// The same with another effort to find faces.
    #[must_use]
    pub fn with_effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// The pack in use.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Which engine runs, and what it has done so far.
    #[must_use]
    pub fn report(&self) -> EngineReport {
        self.engine.report()
    }

    /// How many networks are best run at a time: [`Engine::at_once`].
    pub(crate) fn at_once(&self) -> usize {
        self.engine.at_once().max(1)
    }

    /// The faces of a picture, by falling score, equal scores from top to bottom and left to
    /// right; at most [`MAX_FACES`].
    ///
    /// # Errors
    /// When the engine fails or a network gives nonsense.
    pub async fn faces(&self, pixels: &Pixels) -> Result<Vec<EmbeddedFace>, RecogniseError> {
        self.faces_with(pixels, &|_| ControlFlow::Continue(())).await
    }

    /// [`Recogniser::faces`] with a hook that hears of progress before each step and may stop it.
    ///
    /// # Errors
    /// Also [`RecogniseError::Cancelled`].
    pub async fn faces_with(
        &self,
        pixels: &Pixels,
        progress: &dyn Fn(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<EmbeddedFace>, RecogniseError> {
        let found = self.detect_with(pixels, progress).await?;
        let mut faces = Vec::with_capacity(found.len());
        for (done, face) in found.iter().copied().enumerate() {
            tell(progress, Progress::Embedding { done, faces: found.len() })?;
            if let Some(crops) = self.cut(pixels, &face) {
                let embeddings = self.embed(&crops).await?;
                faces.push(EmbeddedFace { face, crop: crops.into_aligned(), embeddings });
            }
        }
        Ok(faces)
    }

    /// Finds faces without embedding them, in the order of [`Recogniser::faces`].
    ///
    /// # Errors
    /// As [`Recogniser::faces_with`].
    pub async fn detect(&self, pixels: &Pixels) -> Result<Vec<Face>, RecogniseError> {
        self.detect_with(pixels, &|_| ControlFlow::Continue(())).await
    }

    /// [`Recogniser::detect`] with a hook that hears of progress before each look and may stop it.
    ///
    /// # Errors
    /// As [`Recogniser::faces_with`].
    pub async fn detect_with(
        &self,
        pixels: &Pixels,
        progress: &dyn Fn(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Face>, RecogniseError> {
        self.detect_as(pixels, self.effort, progress).await
    }

    /// Cuts a face out as the embedders of the pack want it. `None` where it spans nothing.
    #[must_use]
    pub fn cut(&self, pixels: &Pixels, face: &Face) -> Option<FaceCrops> {
        FaceCrops::cut(pixels, face, self.pack.embedders.iter().map(|spec| spec.crop))
    }

    /// Embeds one face with every embedder of the pack.
    ///
    /// # Errors
    /// When the engine fails or a network gives nonsense, or `crops` lack what an embedder wants.
    pub async fn embed(&self, crops: &FaceCrops) -> Result<Vec<Embedding>, RecogniseError> {
        let mut embeddings = Vec::with_capacity(self.pack.embedders.len());
        for embedder in 0..self.pack.embedders.len() {
            embeddings.push(self.embed_with(embedder, crops).await?);
        }
        Ok(embeddings)
    }

    /// Embeds one aligned face with one embedder of the pack, by its place in it.
    pub(crate) async fn embed_with(
        &self,
        embedder: usize,
        crops: &FaceCrops,
    ) -> Result<Embedding, RecogniseError> {
        let none = || RecogniseError::BadPack(self.pack.name.clone(), "an embedder is missing");
        let spec = self.pack.embedders.get(embedder).ok_or_else(none)?;
        let crop = crops.get(spec.crop).ok_or_else(|| {
            let what = "an embedder needs the face cut out in another way";
            RecogniseError::BadPack(self.pack.name.clone(), what)
        })?;
        // One face at a time: every batch size would be a graph of its own to build and keep.
        let embedded = embed(&*self.engine, spec, std::slice::from_ref(crop)).await?;
        embedded.into_iter().next().ok_or_else(none)
    }

    /// [`Recogniser::detect_with`] with another effort than usual.
    pub(crate) async fn detect_as(
        &self,
        pixels: &Pixels,
        effort: Effort,
        progress: &dyn Fn(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Face>, RecogniseError> {
        let looks = std::cell::Cell::new(0);
        let checkpoint = || {
            let look = looks.replace(looks.get() + 1);
            tell(progress, Progress::Looking { look })
        };
        let finder = Finder {
            engine: &*self.engine,
            detector: &*self.detector,
            spec: &self.pack.detector,
            pixels,
            effort,
            checkpoint: &checkpoint,
        };
        finder.find().await
    }
}

fn tell(
    progress: &dyn Fn(Progress) -> ControlFlow<()>,
    step: Progress,
) -> Result<(), RecogniseError> {
    match progress(step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RecogniseError::Cancelled),
    }
}

impl std::fmt::Debug for Recogniser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recogniser").field("pack", &self.pack.name).finish_non_exhaustive()
    }
}
