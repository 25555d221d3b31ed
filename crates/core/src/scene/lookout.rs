//! Looking for faces, frame by frame: at several frames at once where the engine can, and yet as if
//! it were one after the other.
//!
//! What depends on earlier frames (whether one shows the same again, whether there is time left to
//! look at it turned) is decided in the order of the plan, between stages that go on side by side.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::ControlFlow,
};

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{Hear, SceneProgress, heard, look::Look, quality::Quality};
use crate::{
    Effort, Face, FrameError, FrameSource, IdentifyError, Letterbox, Pixels, RecogniseError,
    Recogniser, Region,
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

/// What a frame has shown.
pub(crate) enum Sight {
    /// It cannot be had.
    Missing(FrameError),
    /// The same as another one.
    Repeated,
    /// Faces, or none.
    Faces {
        /// Those that can be compared.
        seen: Vec<Look>,
        /// How many are too small or too poor.
        too_poor: usize,
    },
}

/// A frame on its way: done with, or with something to go on with.
type OnItsWay<T> = Result<(usize, ControlFlow<Sight, T>), IdentifyError>;

/// Looks for faces in the frames it is told to.
pub(crate) struct Lookout<'a> {
    recogniser: &'a Recogniser,
    frames: &'a dyn FrameSource,
    hear: &'a Hear<'a>,
    /// How many frames are looked at in the end.
    total: usize,
    done: Cell<usize>,
    thumbnails: RefCell<BTreeMap<usize, Vec<u8>>>,
    /// How many frames have been looked at turned.
    turned: Cell<usize>,
}

impl<'a> Lookout<'a> {
    pub(crate) fn new(
        recogniser: &'a Recogniser,
        frames: &'a dyn FrameSource,
        total: usize,
        hear: &'a Hear<'a>,
    ) -> Self {
        let (done, turned) = (Cell::new(0), Cell::new(0));
        Self { recogniser, frames, hear, total, done, thumbnails: RefCell::default(), turned }
    }

    /// What each frame of a plan shows, in its order.
    pub(crate) fn look_at(
        &self,
        plan: Vec<usize>,
    ) -> impl Stream<Item = Result<(usize, Sight), IdentifyError>> {
        let at_once = self.recogniser.at_once();
        stream::iter(plan)
            .then(|number| self.glance(number))
            .map_ok(|(number, frame)| self.search(number, frame))
            .try_buffered(at_once)
            .map_ok(|(number, found)| {
                let turn =
                    matches!(&found, ControlFlow::Continue((_, faces)) if self.may_turn(faces));
                self.look_closely(number, found, turn)
            })
            .try_buffered(at_once)
            .inspect_ok(|_| self.done.set(self.done.get() + 1))
    }

    /// Gets a frame, and sees whether it is a new one.
    async fn glance(&self, number: usize) -> OnItsWay<Pixels> {
        self.tell()?;
        let frame = match self.frames.frame(number).await {
            Err(error) => ControlFlow::Break(Sight::Missing(error)),
            Ok(pixels) if self.is_repeated(number, &pixels) => ControlFlow::Break(Sight::Repeated),
            Ok(pixels) => ControlFlow::Continue(pixels),
        };
        Ok((number, frame))
    }

    /// Finds the faces of people who are upright.
    async fn search(
        &self,
        number: usize,
        frame: ControlFlow<Sight, Pixels>,
    ) -> OnItsWay<(Pixels, Vec<Face>)> {
        let found = match frame {
            ControlFlow::Break(sight) => ControlFlow::Break(sight),
            ControlFlow::Continue(pixels) => {
                let faces = self.detect(&pixels, Effort::Quick).await?;
                ControlFlow::Continue((pixels, faces))
            }
        };
        Ok((number, found))
    }

    /// Finds those of people who lie, too, if `turn`; judges and embeds the faces.
    async fn look_closely(
        &self,
        number: usize,
        found: ControlFlow<Sight, (Pixels, Vec<Face>)>,
        turn: bool,
    ) -> Result<(usize, Sight), IdentifyError> {
        let (pixels, mut faces) = match found {
            ControlFlow::Break(sight) => return Ok((number, sight)),
            ControlFlow::Continue(found) => found,
        };
        if turn {
            faces = self.detect(&pixels, Effort::Turned).await?;
        }
        let judged = faces.iter().filter_map(|face| {
            let quality = Quality::of(face).filter(Quality::is_usable)?;
            Some((*face, quality, self.recogniser.cut(&pixels, face)?))
        });
        let judged: Vec<_> = judged.collect();
        // A large frame is not kept until its faces have been measured.
        drop(pixels);
        let too_poor = faces.len() - judged.len();
        let time = self.frames.time(number);
        let looks = judged.into_iter().map(|(face, quality, crops)| async move {
            self.tell()?;
            let embeddings = vec![self.recogniser.embed_with(0, &crops).await?];
            Ok::<_, RecogniseError>(Look { frame: number, time, face, quality, crops, embeddings })
        });
        let looks = stream::iter(looks).buffered(self.recogniser.at_once());
        Ok((number, Sight::Faces { seen: looks.try_collect().await?, too_poor }))
    }

    /// Whether there is time to look at one more frame turned, if no face of this one is sure.
    fn may_turn(&self, faces: &[Face]) -> bool {
        let turned = self.turned.get();
        let turn = turned < self.total.div_ceil(TURNED_SHARE)
            && !faces.iter().any(|face| face.score >= SURE);
        self.turned.set(turned + usize::from(turn));
        turn
    }

    async fn detect(&self, pixels: &Pixels, effort: Effort) -> Result<Vec<Face>, RecogniseError> {
        let hear = |_| (self.hear)(self.progress());
        self.recogniser.detect_as(pixels, effort, &hear).await
    }

    fn tell(&self) -> Result<(), RecogniseError> {
        heard(self.hear, self.progress())
    }

    fn progress(&self) -> SceneProgress<'static> {
        SceneProgress::Frame { done: self.done.get(), total: self.total }
    }

    /// Whether a frame shows what the nearest one before or after it has shown.
    fn is_repeated(&self, number: usize, pixels: &Pixels) -> bool {
        let Ok(small) = Letterbox::top_left(Region::all(pixels), THUMBNAIL).content(pixels) else {
            return false;
        };
        let small = small.rgb().to_vec();
        let mut thumbnails = self.thumbnails.borrow_mut();
        let before = thumbnails.range(..number).next_back();
        let after = thumbnails.range(number..).next();
        let repeated = before.into_iter().chain(after).any(|(_, other)| is_same(&small, other));
        if !repeated {
            thumbnails.insert(number, small);
        }
        repeated
    }
}

fn is_same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)));
    a.len() == b.len() && (differences.sum::<u32>() as f32) < SAME_FRAME * a.len() as f32
}
