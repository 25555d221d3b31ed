//! How much a look at a face can tell, from what is free to know.

use serde::{Deserialize, Serialize};

use crate::{Face, SimilarityTransform, TEMPLATE};

/// Faces with fewer pixels between the eyes than this are not compared: in an aligned face the eyes
/// are 35 pixels apart, and from a seventh of that nothing is left to know somebody by.
const LEAST_RESOLUTION: f32 = 0.14;

/// Faces turned further than this show one eye only.
const MOST_TURNED: f32 = 0.6;

/// How good a look at a face is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Pixels of the frame for each pixel of the aligned face, along an axis: below 1 the aligned
    /// face is a blow-up.
    pub resolution: f32,
    /// How far the nose lies beside the middle of eyes and mouth, in distances between the eyes: 0
    /// from the front, about .5 from the side.
    pub turned: f32,
}

impl Quality {
    /// Judges a face by its landmarks. `None` if they span no face.
    #[must_use]
    pub fn of(face: &Face) -> Option<Self> {
        let aligned = SimilarityTransform::estimate(&face.landmarks, &TEMPLATE)?;
        let [left, right, nose, mouth_left, mouth_right] =
            face.landmarks.0.map(|point| aligned.apply_to(point).x);
        let middle = (left + right + mouth_left + mouth_right) / 4.0;
        let apart = TEMPLATE.0[1].x - TEMPLATE.0[0].x;
        Some(Self {
            resolution: (1.0 / aligned.scale()) as f32,
            turned: (nose - middle).abs() / apart,
        })
    }

    /// Whether there is anything to compare.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.resolution >= LEAST_RESOLUTION && self.turned <= MOST_TURNED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Landmarks, Point};

    fn quality(landmarks: Landmarks) -> Option<Quality> {
        Quality::of(&Face { bounding_box: BoundingBox::default(), landmarks, score: 0.9 })
    }

    #[test]
    fn small_and_turned_faces_are_not_compared() {
        let front = quality(TEMPLATE).unwrap();
        assert!((front.resolution - 1.0).abs() < 1e-3 && front.turned < 0.02, "{front:?}");
        let smaller = |by: f32| Landmarks(TEMPLATE.0.map(|p| Point { x: p.x / by, y: p.y / by }));
        let small = quality(smaller(4.0)).unwrap();
        assert!((small.resolution - 0.25).abs() < 1e-3 && small.is_usable());
        assert!(!quality(smaller(8.0)).unwrap().is_usable());
        let nose_at = |x: f32| {
            let mut points = TEMPLATE.0;
            points[2].x += x;
            quality(Landmarks(points)).unwrap()
        };
        assert!(nose_at(15.0).turned > 0.25 && nose_at(15.0).is_usable());
        assert!(!nose_at(40.0).is_usable());
        assert_eq!(quality(Landmarks::default()), None);
    }
}
