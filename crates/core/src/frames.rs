//! Where the frames of a scene come from.

use crate::{LocalFuture, Pixels};

/// The frames of a scene, in any order asked for: tiles of a sprite sheet, files of a folder, moments
/// of a video.
pub trait FrameSource {
    /// How many frames there are to choose from. Frames are numbered from 0 in the order of time.
    fn count(&self) -> usize;

    /// When frame `number` is shown, in seconds from the start; `None` where nobody knows.
    fn time(&self, number: usize) -> Option<f64>;

    /// Gets a frame: an upright picture in the shape it is meant to be shown in.
    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>>;
}

/// Why there are no frames, or one is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// This frame cannot be had; others may.
    #[error("frame {number} cannot be read ({reason}); the others are used")]
    Missing {
        /// Which one.
        number: usize,
        /// Why.
        reason: String,
    },
    /// No frame can be had at all.
    #[error("{0}")]
    Unusable(String),
}
