//! Photos turned by quarters: is the face still found, and still the same person's?

use std::collections::BTreeSet;

use rollcall_core::{BoundingBox, EmbeddedFace, Face, Pixels};
use serde::Serialize;

use super::look::Case;
use crate::metrics::{Measure, share};

/// Degrees, clockwise.
pub(super) const TURNS: [u32; 3] = [90, 180, 270];

/// The figures of one angle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rotated {
    /// Clockwise.
    pub degrees: u32,
    /// The share of probe photos in which the face is found where it is.
    pub detection_rate: Measure,
    /// The share of those whose face is most like the right person.
    pub top1: Measure,
}

/// The figures by angle; none if no photo was turned.
pub(super) fn figures(cases: &[Case], gallery: &BTreeSet<String>) -> Vec<Rotated> {
    let probes =
        || cases.iter().filter(|c| c.person.is_some() && !gallery.contains(&c.photo.sha256));
    let of_angle = |degrees| {
        let turned = || {
            let turns = probes().flat_map(|c| c.turned.iter().map(move |t| (c, t)));
            turns.filter(move |(_, t)| t.degrees == degrees)
        };
        let right = turned().filter(|(_, t)| t.found).map(|(case, turned)| {
            turned.candidates.first().map(|best| &best.performer.id) == case.person.as_ref()
        });
        Rotated {
            degrees,
            detection_rate: share(turned().map(|(_, t)| t.found)),
            top1: share(right),
        }
    };
    TURNS.into_iter().map(of_angle).filter(|rotated| rotated.detection_rate.n > 0).collect()
}

/// The picture turned clockwise by `degrees`, a multiple of 90.
pub(super) fn turned(pixels: &Pixels, degrees: u32) -> Pixels {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let (wide, high) = if degrees.is_multiple_of(180) { (width, height) } else { (height, width) };
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..high {
        for x in 0..wide {
            let (from_x, from_y) = match degrees % 360 {
                90 => (y, height - 1 - x),
                180 => (width - 1 - x, height - 1 - y),
                270 => (width - 1 - y, x),
                _ => (x, y),
            };
            rgb.extend(&pixels.rgb()[3 * (from_y * width + from_x)..][..3]);
        }
    }
    // As many bytes as before make as many pixels.
    Pixels::new(wide as u32, high as u32, rgb).unwrap_or_else(|_| pixels.clone())
}

/// Where a face's box is after [`turned`].
pub(super) fn turned_box(face: &Face, pixels: &Pixels, degrees: u32) -> BoundingBox {
    let b = face.bounding_box;
    let (width, height) = (pixels.width() as f32, pixels.height() as f32);
    let (right, below) = (width - b.x - b.width, height - b.y - b.height);
    let (x, y, width, height) = match degrees % 360 {
        90 => (below, b.x, b.height, b.width),
        180 => (right, below, b.width, b.height),
        270 => (b.y, right, b.height, b.width),
        _ => (b.x, b.y, b.width, b.height),
    };
    BoundingBox { x, y, width, height }
}

/// The face of a turned photo whose centre lies in the box where it must be; where none was seen in the
/// upright photo, the surest.
pub(super) fn expected(
    faces: &[EmbeddedFace],
    place: Option<BoundingBox>,
) -> Option<&EmbeddedFace> {
    let Some(place) = place else { return faces.first() };
    let inside = |seen: &&EmbeddedFace| {
        let b = seen.face.bounding_box;
        let (x, y) = (b.x + b.width / 2.0 - place.x, b.y + b.height / 2.0 - place.y);
        (0.0..=place.width).contains(&x) && (0.0..=place.height).contains(&y)
    };
    faces.iter().find(inside)
}

#[cfg(test)]
mod tests {
    use rollcall_core::Landmarks;

    use super::*;

    #[test]
    fn pixels_and_boxes_turn_together() {
        // A picture of 3 x 2, black but for the pixel at (2, 0).
        let mut rgb = vec![0; 18];
        rgb[6..9].fill(255);
        let picture = Pixels::new(3, 2, rgb).unwrap();
        let bounding_box = BoundingBox { x: 2.0, y: 0.0, width: 1.0, height: 1.0 };
        let face = Face { bounding_box, landmarks: Landmarks::default(), score: 1.0 };
        for degrees in [0, 90, 180, 270] {
            let turned = turned(&picture, degrees);
            let place = turned_box(&face, &picture, degrees);
            let at = (place.y * turned.width() as f32 + place.x) as usize;
            assert_eq!(turned.rgb()[3 * at], 255, "{degrees}");
            assert_eq!(turned.rgb().iter().filter(|v| **v > 0).count(), 3);
        }
        // Clockwise: what was at the top right is at the bottom right.
        let place = turned_box(&face, &picture, 90);
        assert_eq!((place.x, place.y), (1.0, 2.0));
    }
}
