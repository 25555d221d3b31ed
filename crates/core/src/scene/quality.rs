//! How much a look at a face can tell, from what is free to know.

use serde::{Deserialize, Serialize};

use crate::{CROP, Face, Pixels, SimilarityTransform, TEMPLATE};

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
    /// The mean difference of a pixel from its four neighbours' mean, 0 to 255, in the middle of
    /// the aligned face.
    pub sharpness: f32,
    /// The detector's score, 0 to 1.
    pub score: f32,
}

impl Quality {
    /// Judges a face by its landmarks and its aligned crop. `None` if the landmarks span no face.
    #[must_use]
    pub fn of(face: &Face, crop: &Pixels) -> Option<Self> {
        let aligned = SimilarityTransform::estimate(&face.landmarks, &TEMPLATE)?;
        let [left, right, nose, mouth_left, mouth_right] =
            face.landmarks.0.map(|point| aligned.apply_to(point).x);
        let middle = (left + right + mouth_left + mouth_right) / 4.0;
        let apart = TEMPLATE.0[1].x - TEMPLATE.0[0].x;
        Some(Self {
            resolution: (1.0 / aligned.scale()) as f32,
            turned: (nose - middle).abs() / apart,
            sharpness: sharpness(crop),
            score: face.score,
        })
    }

    /// Whether there is anything to compare.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.resolution >= LEAST_RESOLUTION && self.turned <= MOST_TURNED
    }

    /// What a look weighs in a template beside the length of its embedding: 1 for a large face from
    /// the front.
    #[must_use]
    pub fn weight(&self) -> f32 {
        let size = self.resolution.min(1.0);
        let front = 1.0 - (self.turned / MOST_TURNED).min(1.0).powi(2);
        size * (0.2 + 0.8 * front)
    }
}

/// See [`Quality::sharpness`].
fn sharpness(crop: &Pixels) -> f32 {
    let (width, height) = (crop.width() as usize, crop.height() as usize);
    if width != CROP as usize || height != CROP as usize {
        return 0.0;
    }
    // The green of a pixel is most of its brightness.
    let at = |x: usize, y: usize| f32::from(crop.rgb()[3 * (y * width + x) + 1]);
    let (from, to) = (width / 4, 3 * width / 4);
    let mut sum = 0.0;
    for (y, x) in (from..to).flat_map(|y| (from..to).map(move |x| (y, x))) {
        let around = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1);
        sum += (at(x, y) - around / 4.0).abs();
    }
    sum / ((to - from) * (to - from)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Landmarks, Point};

    fn face(landmarks: Landmarks) -> Face {
        Face { bounding_box: BoundingBox::default(), landmarks, score: 0.9 }
    }

    fn crop(value: impl Fn(u32, u32) -> u8) -> Pixels {
        let rgb = (0..CROP).flat_map(|y| (0..CROP).map(move |x| (x, y)));
        let rgb = rgb.flat_map(|(x, y)| [value(x, y); 3]).collect();
        Pixels::new(CROP, CROP, rgb).unwrap()
    }

    #[test]
    fn smaller_turned_and_smoother_is_worse() {
        let grey = crop(|_, _| 128);
        let front = Quality::of(&face(TEMPLATE), &grey).unwrap();
        assert!((front.resolution - 1.0).abs() < 1e-3 && front.turned < 0.02, "{front:?}");
        let quarter = Landmarks(TEMPLATE.0.map(|p| Point { x: p.x / 4.0, y: p.y / 4.0 }));
        let small = Quality::of(&face(quarter), &grey).unwrap();
        assert!((small.resolution - 0.25).abs() < 1e-3);
        let mut points = TEMPLATE.0;
        points[2].x += 15.0;
        let turned = Quality::of(&face(Landmarks(points)), &grey).unwrap();
        assert!(turned.turned > 0.25, "{turned:?}");
        assert!(small.weight() < front.weight() && turned.weight() < front.weight());
        assert!(sharpness(&crop(|x, y| ((x + y) % 2 * 255) as u8)) > 200.0);
        assert_eq!(front.sharpness, 0.0);
        assert_eq!(Quality::of(&face(Landmarks::default()), &grey), None);
    }
}
