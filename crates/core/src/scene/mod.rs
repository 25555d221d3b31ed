//! Who is in a scene: many weak looks at each person become one strong template.
//!
//! Frames are chosen (`sampling`), faces found and judged (`quality`), looks at one person brought
//! together (`cluster`) and summed (`look`); then each person is looked up once, as in a picture.

mod cluster;
mod look;
mod quality;
mod sampling;
mod search;

use std::ops::ControlFlow;

pub use quality::Quality;

use self::{look::Looks, search::Search};
use crate::{
    Answer, FrameError, FrameSource, IdentifyError, IdentifyOptions, Lookup, RecogniseError,
    Recogniser,
};

/// What an identification of a scene should be like.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneOptions {
    /// What the answer should be like.
    pub answer: IdentifyOptions,
    /// How many frames are searched for faces at most. More find more people: with 80 instead of 20,
    /// others found 60 % instead of 35 %.
    pub frames: usize,
    /// How many looks at a person are shown to the second and further embedders of the pack: the
    /// best ones. The first embedder sees all.
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
    hear: &dyn Fn(SceneProgress) -> ControlFlow<()>,
) -> Result<Answer, IdentifyError> {
    let mut search = Search::new(recogniser, frames, options, hear);
    let mut looks = Looks::default();
    let mut next_answer = 8;
    for first_pass in [true, false] {
        for number in search.plan(first_pass) {
            search.look(number, &mut looks).await?;
            if search.facts().searched == next_answer {
                next_answer *= 2;
                let answer = look::answer(recogniser, lookup, &mut looks, &search, options).await?;
                heard(hear, SceneProgress::Early(&answer))?;
            }
        }
    }
    if search.facts().searched == 0 {
        return Err(search.nothing().into());
    }
    look::answer(recogniser, lookup, &mut looks, &search, options).await
}

fn heard(
    hear: &dyn Fn(SceneProgress) -> ControlFlow<()>,
    progress: SceneProgress,
) -> Result<(), RecogniseError> {
    match hear(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RecogniseError::Cancelled),
    }
}

impl From<FrameError> for IdentifyError {
    fn from(error: FrameError) -> Self {
        Self::Frames(error)
    }
}

#[cfg(test)]
mod tests;
