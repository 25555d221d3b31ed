//! Where a face is.

use serde::{Deserialize, Serialize};

/// A place in a picture: pixels from the left and the top edge, in the upright picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

/// An axis-parallel box in pixels of the upright picture. It may reach beyond the edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width, positive.
    pub width: f32,
    /// Height, positive.
    pub height: f32,
}

/// Five points of a face as the viewer sees it: left eye, right eye, nose, left and right corner
/// of the mouth ("left" is the picture's left when the face is upright).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landmarks(pub [Point; 5]);

/// A face that a detector found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// The face, in pixels of the upright picture.
    pub bounding_box: BoundingBox,
    /// Its five landmarks, in the same pixels.
    pub landmarks: Landmarks,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
}
