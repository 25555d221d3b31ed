//! Looking for faces, frame by frame.

use std::collections::BTreeMap;

use super::{
    Hear, SceneOptions, SceneProgress, heard,
    look::{Look, Looks},
    quality::Quality,
    sampling,
};
use crate::{
    Effort, Face, FrameError, FrameSource, IdentifyError, Letterbox, Pixels, RecogniseError,
    Recogniser, Region, SceneFacts,
};

/// A face this sure makes further looks at a frame needless.
const SURE: f32 = 0.8;

/// One frame in this many may be looked at turned, too: people lie down.
const TURNED_SHARE: usize = 3;

/// Frames are the same if their thumbnails differ by less than this on average, of 255: that of a
/// scene where somebody small has moved is .6 and more.
const SAME_FRAME: f32 = 0.6;

/// Sides of the thumbnails that frames are compared by.
const THUMBNAIL: u32 = 16;

/// Looks for faces in the frames it is told to, and remembers which it has seen.
pub(crate) struct Search<'a> {
    recogniser: &'a Recogniser,
    frames: &'a dyn FrameSource,
    options: &'a SceneOptions,
    hear: &'a Hear<'a>,
    /// Of each frame that was asked for, whether it has faces.
    seen: BTreeMap<usize, bool>,
    thumbnails: BTreeMap<usize, Vec<u8>>,
    facts: SceneFacts,
    turned: usize,
    trouble: Option<FrameError>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        recogniser: &'a Recogniser,
        frames: &'a dyn FrameSource,
        options: &'a SceneOptions,
        hear: &'a Hear<'a>,
    ) -> Self {
        Self {
            recogniser,
            frames,
            options,
            hear,
            seen: BTreeMap::new(),
            thumbnails: BTreeMap::new(),
            facts: SceneFacts { frames: frames.count(), ..SceneFacts::default() },
            turned: 0,
            trouble: None,
        }
    }

    pub(crate) fn facts(&self) -> SceneFacts {
        self.facts
    }

    /// How many frames are looked at in the end.
    fn total(&self) -> usize {
        self.options.frames.min(self.facts.frames)
    }

    /// Which frames to look at: first some that are spread evenly, then more where there were faces.
    /// Where all can be looked at, the first pass has them all.
    pub(crate) fn plan(&self, first_pass: bool) -> Vec<usize> {
        let total = self.total();
        match first_pass {
            true if total == self.facts.frames => sampling::even(total, total),
            true => sampling::even(self.facts.frames, 2 * total / 3),
            false => sampling::refine(&self.seen, total.saturating_sub(self.seen.len())),
        }
    }

    /// Why no frame was searched.
    pub(crate) fn nothing(&self) -> FrameError {
        let none = || FrameError::Unusable("this scene has no frames".to_owned());
        self.trouble.clone().unwrap_or_else(none)
    }

    /// Finds, judges and embeds the faces of a frame.
    pub(crate) async fn look(
        &mut self,
        number: usize,
        looks: &mut Looks,
    ) -> Result<(), IdentifyError> {
        self.tell()?;
        let frame = self.frames.frame(number).await;
        let pixels = match frame {
            Ok(pixels) => pixels,
            Err(error) => {
                self.facts.missing += 1;
                self.trouble = Some(error);
                self.seen.insert(number, false);
                return Ok(());
            }
        };
        if self.is_repeated(number, &pixels) {
            self.facts.repeated += 1;
            // What is the same again needs no closer look.
            self.seen.insert(number, false);
            return Ok(());
        }
        self.facts.searched += 1;
        let faces = self.faces(&pixels).await?;
        self.seen.insert(number, !faces.is_empty());
        for face in faces {
            self.tell()?;
            let crops = self.recogniser.cut(&pixels, &face);
            let judged = crops.and_then(|crops| Some((Quality::of(&face)?, crops)));
            let Some((quality, crops)) = judged.filter(|(quality, _)| quality.is_usable()) else {
                self.facts.too_poor += 1;
                continue;
            };
            let embedding = self.recogniser.embed_with(0, &crops).await?;
            let time = self.frames.time(number);
            let embeddings = vec![embedding];
            let dropped = looks.add(Look { frame: number, time, face, quality, crops, embeddings });
            self.facts.too_poor += usize::from(dropped);
            self.facts.faces += usize::from(!dropped);
        }
        Ok(())
    }

    /// The faces of a frame; where none is sure, and there is time for it, those of people who lie.
    async fn faces(&mut self, pixels: &Pixels) -> Result<Vec<Face>, RecogniseError> {
        let quick = self.detect(pixels, Effort::Quick).await?;
        let may_turn = self.turned < self.total().div_ceil(TURNED_SHARE);
        if !may_turn || quick.iter().any(|face| face.score >= SURE) {
            return Ok(quick);
        }
        self.turned += 1;
        self.detect(pixels, Effort::Turned).await
    }

    async fn detect(&self, pixels: &Pixels, effort: Effort) -> Result<Vec<Face>, RecogniseError> {
        let (done, total) = (self.seen.len(), self.total());
        let hear = |_| (self.hear)(SceneProgress::Frame { done, total });
        self.recogniser.detect_as(pixels, effort, &hear).await
    }

    fn tell(&self) -> Result<(), RecogniseError> {
        heard(self.hear, SceneProgress::Frame { done: self.seen.len(), total: self.total() })
    }

    /// Whether a frame shows what the nearest one before or after it has shown.
    fn is_repeated(&mut self, number: usize, pixels: &Pixels) -> bool {
        let Ok(small) = Letterbox::top_left(Region::all(pixels), THUMBNAIL).content(pixels) else {
            return false;
        };
        let small = small.rgb().to_vec();
        let before = self.thumbnails.range(..number).next_back();
        let after = self.thumbnails.range(number..).next();
        let repeated = before.into_iter().chain(after).any(|(_, other)| is_same(&small, other));
        if !repeated {
            self.thumbnails.insert(number, small);
        }
        repeated
    }
}

fn is_same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)));
    a.len() == b.len() && (differences.sum::<u32>() as f32) < SAME_FRAME * a.len() as f32
}
