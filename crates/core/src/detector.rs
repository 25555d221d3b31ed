//! Finds faces in a square input. One file per kind of detector, and one line here.

mod yunet;

use crate::{Face, Feed, Tensor};

pub use yunet::YuNet;

/// Knows how to feed one kind of detector and how to read its outputs.
pub trait Detector {
    /// How the input wants its values.
    fn feed(&self) -> Feed;

    /// Reads the outputs for one input of `side` x `side` pixels, a multiple of 32.
    ///
    /// Gives every face above the detector's own threshold, in pixels of the input, overlapping
    /// ones too: they are suppressed once the faces of all looks at a picture are together.
    /// Everything in a face is finite, its box has an area and its score is in 0..=1.
    ///
    /// # Errors
    /// When the outputs are not those of this detector, or not numbers.
    fn decode(&self, outputs: &[Tensor], side: u32) -> Result<Vec<Face>, DetectorError>;

    /// Boxes that overlap by more than this are one face (intersection over union).
    fn max_iou(&self) -> f32;
}

/// Why a detector's outputs cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetectorError {
    /// No decoder of this name is registered.
    #[error("the face detector kind {0:?} is not known; use one of: yunet")]
    UnknownKind(String),
    /// An output is missing or has another shape.
    #[error("the model does not look like the detector {kind}: {what}; fetch the model pack again")]
    WrongOutputs {
        /// The detector's kind.
        kind: &'static str,
        /// What is missing.
        what: String,
    },
    /// The network gave NaN or infinity.
    #[error("the face detector gave values that are no numbers; try the CPU engine")]
    NotFinite,
}

/// The decoder registered as `kind` (see [`crate::DetectorSpec::kind`]).
///
/// # Errors
/// When there is none.
pub fn detector_of_kind(kind: &str) -> Result<Box<dyn Detector>, DetectorError> {
    match kind {
        "yunet" => Ok(Box::new(YuNet::default())),
        _ => Err(DetectorError::UnknownKind(kind.chars().take(40).collect())),
    }
}
