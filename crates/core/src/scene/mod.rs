//! Who is in a scene: many weak looks at each person become one strong template.
//!
//! Frames are chosen (`sampling`, `search`), faces found and judged (`lookout`, `quality`), looks at one
//! person brought together (`cluster`) and summed (`look`); then each person is looked up once, as in a
//! picture (`seen`). What was seen can be kept (`packed`), and unknown people of many scenes be brought
//! together (`unknown`).

mod cluster;
mod look;
mod lookout;
mod packed;
mod quality;
mod sampling;
mod search;
mod seen;
mod unknown;

use std::{ops::ControlFlow, pin::pin};

pub use cluster::{Pair, cluster};
use futures_util::TryStreamExt as _;
pub use look::Look;
pub use packed::PackedError;
pub use quality::Quality;
pub use seen::{SeenPerson, SeenScene, name_scene, name_scenes};
pub use unknown::{MOST_UNKNOWN, group_people};

use self::{look::Looks, lookout::Lookout, search::Search};
use crate::{
    Answer, FrameError, FrameSource, IdentifyError, IdentifyOptions, Lookup, RecogniseError,
    Recogniser,
};

/// After this many frames people are named for the first time. With 8 a click on a slow computer waited
/// .7 s longer for its first name (`cargo xtask bench scene`).
const FIRST_ANSWER: usize = 4;

/// What an identification of a scene should be like.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneOptions {
    /// What the answer should be like.
    pub answer: IdentifyOptions,
    /// How many frames are searched for faces at most. More find more people: with 80 instead of 20,
    /// others found 60 % instead of 35 %.
    pub frames: usize,
    /// How many looks at a person make up their template, at least 1: the best ones. Only these are
    /// shown to the second and further embedders of the pack. In 60 scenes at 160 pixels five made 73 %
    /// of the people most like themselves, all looks 66 %: many poor ones outweigh few good ones.
    pub best_looks: usize,
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self { answer: IdentifyOptions::default(), frames: 81, best_looks: 5 }
    }
}

/// How far a scene has come.
#[derive(Clone, Copy, Debug)]
pub enum SceneProgress<'a> {
    /// About to do a part of the work on a frame.
    Frame {
        /// How many frames are done.
        done: usize,
        /// How many there will be.
        total: usize,
    },
    /// Who has been seen so far.
    Early(&'a Answer),
}

/// What a scene tells of its progress, and asks whether to go on.
pub type Hear<'a> = dyn Fn(SceneProgress) -> ControlFlow<()> + 'a;

/// Names the people in a scene. Without a database everybody is unknown. `hear` is told of progress
/// and of early answers, and may stop the work.
///
/// # Errors
/// When no frame can be had, a model or the database fails, or `hear` says stop.
pub async fn identify_scene(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    frames: &dyn FrameSource,
    options: &SceneOptions,
    hear: &Hear<'_>,
) -> Result<Answer, IdentifyError> {
    let mut scene = Scene::new(recogniser, frames, options, hear);
    scene.look_around(lookup).await?;
    scene.answer(lookup).await
}

/// A scene that is being looked at: [`identify_scene`] in two steps, for who wants to name people
/// again, by more of a database or another one, without reading a frame.
pub struct Scene<'a> {
    recogniser: &'a Recogniser,
    options: &'a SceneOptions,
    hear: &'a Hear<'a>,
    lookout: Lookout<'a>,
    search: Search,
    looks: Looks,
}

impl<'a> Scene<'a> {
    /// A scene of which nothing has been looked at.
    #[must_use]
    pub fn new(
        recogniser: &'a Recogniser,
        frames: &'a dyn FrameSource,
        options: &'a SceneOptions,
        hear: &'a Hear<'a>,
    ) -> Self {
        let total = options.frames.min(frames.count());
        let lookout = Lookout::new(recogniser, frames, total, hear);
        let search = Search::new(frames.count(), total);
        Self { recogniser, options, hear, lookout, search, looks: Looks::default() }
    }

    /// Looks at frames until enough have been seen; names people early, each time twice as many
    /// frames have been searched, if `lookup` is given.
    ///
    /// # Errors
    /// Those of [`identify_scene`].
    pub async fn look_around(&mut self, lookup: Option<&dyn Lookup>) -> Result<(), IdentifyError> {
        let mut next_answer = FIRST_ANSWER;
        let Self { recogniser, options, hear, lookout, search, looks } = self;
        for first_pass in [true, false] {
            let mut sights = pin!(lookout.look_at(search.plan(first_pass)));
            while let Some((number, sight)) = sights.try_next().await? {
                search.take(number, sight, looks);
                let facts = search.facts();
                if lookup.is_some() && facts.searched == next_answer {
                    next_answer *= 2;
                    let seen = look::seen(recogniser, looks, facts, options).await?;
                    let answer = name_scene(recogniser, lookup, &seen, &options.answer).await?;
                    heard(hear, SceneProgress::Early(&answer))?;
                }
            }
        }
        if search.facts().searched > 0 { Ok(()) } else { Err(search.nothing().into()) }
    }

    /// The faces that were seen and compared, by rising frame.
    #[must_use]
    pub fn looks(&self) -> &[Look] {
        &self.looks.0
    }

    /// Names the people who have been seen so far.
    ///
    /// # Errors
    /// When a model or the database fails.
    pub async fn answer(&mut self, lookup: Option<&dyn Lookup>) -> Result<Answer, IdentifyError> {
        let seen = self.seen().await?;
        Ok(name_scene(self.recogniser, lookup, &seen, &self.options.answer).await?)
    }

    /// The people who have been seen so far, to be named now or later.
    ///
    /// # Errors
    /// When a model fails.
    pub async fn seen(&mut self) -> Result<SeenScene, RecogniseError> {
        look::seen(self.recogniser, &mut self.looks, self.search.facts(), self.options).await
    }
}

fn heard(hear: &Hear<'_>, progress: SceneProgress) -> Result<(), RecogniseError> {
    match hear(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RecogniseError::Cancelled),
    }
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("facts", &self.search.facts()).finish_non_exhaustive()
    }
}

impl From<FrameError> for IdentifyError {
    fn from(error: FrameError) -> Self {
        Self::Frames(error)
    }
}

#[cfg(test)]
mod tests;
