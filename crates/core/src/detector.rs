//! Finds faces in a square input. One file per kind of detector, and one line here.

mod found;
mod retinaface;
mod scrfd;
mod yunet;

use crate::{Face, Feed, Tensor};

pub use {retinaface::RetinaFace, scrfd::Scrfd, yunet::YuNet};

type Make = fn() -> Box<dyn Detector>;

/// The registered decoders, by what model packs call them.
const KINDS: [(&str, Make); 3] = [
    ("yunet", || Box::new(YuNet::default())),
    ("scrfd", || Box::new(Scrfd::default())),
    ("retinaface", || Box::new(RetinaFace::default())),
];

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
    #[error("the face detector kind {0:?} is not known; use one of: {known}", known = known())]
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
    let found = KINDS.iter().find(|(known, _)| *known == kind);
    let (_, make) =
        found.ok_or_else(|| DetectorError::UnknownKind(kind.chars().take(40).collect()))?;
    Ok(make())
}

fn known() -> String {
    KINDS.map(|(kind, _)| kind).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of these shapes with any bits in them.
    pub(super) fn any_outputs(shapes: &[Vec<usize>], seed: [u32; 16]) -> Vec<Tensor> {
        let fill = |shape: &Vec<usize>| {
            let bits = seed.iter().cycle().enumerate().map(|(i, s)| {
                f32::from_bits(s.rotate_left(i as u32 % 31).wrapping_mul(i as u32 | 1))
            });
            Tensor::new(shape.clone(), bits.take(shape.iter().product()).collect()).unwrap()
        };
        shapes.iter().map(fill).collect()
    }

    /// Everything in a face is finite, its box has an area and its score is in 0..=1.
    pub(super) fn assert_sound(decoded: &Result<Vec<Face>, DetectorError>) {
        for face in decoded.iter().flatten() {
            let b = face.bounding_box;
            assert!(b.x.is_finite() && b.y.is_finite() && b.width > 0.0 && b.height > 0.0);
            assert!((0.0..=1.0).contains(&face.score));
            assert!(face.landmarks.0.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
        }
    }

    #[test]
    fn an_unknown_kind_lists_the_known() {
        let Err(error) = detector_of_kind("psychic") else { panic!("it is not known") };
        let words = error.to_string();
        assert!(words.contains("psychic") && words.contains("yunet, scrfd, retinaface"), "{words}");
    }
}
