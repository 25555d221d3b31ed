//! Non-maximum suppression: of several boxes on one face, the best stays.

use crate::{BoundingBox, Face};

impl BoundingBox {
    /// Intersection over union with another box, 0 to 1. Boxes without area overlap nothing.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let overlap = |a: f32, a_len: f32, b: f32, b_len: f32| {
            ((a + a_len).min(b + b_len) - a.max(b)).max(0.0)
        };
        let both = overlap(self.x, self.width, other.x, other.width)
            * overlap(self.y, self.height, other.y, other.height);
        let union = self.width * self.height + other.width * other.height - both;
        if both > 0.0 && union > 0.0 { both / union } else { 0.0 }
    }
}

/// Best score first; equal scores from top to bottom, then left to right, so that the order never
/// depends on the order in which faces were found.
pub(crate) fn by_score_then_place(a: &Face, b: &Face) -> std::cmp::Ordering {
    let (p, q) = (&a.bounding_box, &b.bounding_box);
    b.score
        .total_cmp(&a.score)
        .then(p.y.total_cmp(&q.y))
        .then(p.x.total_cmp(&q.x))
        .then(p.width.total_cmp(&q.width))
        .then(p.height.total_cmp(&q.height))
}

/// Keeps, best first, each face whose box overlaps no better kept one by more than `max_iou`; at
/// most `limit` of them.
pub(crate) fn suppress(mut faces: Vec<Face>, max_iou: f32, limit: usize) -> Vec<Face> {
    faces.sort_by(by_score_then_place);
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.len() == limit {
            break;
        }
        if kept.iter().all(|k| k.bounding_box.iou(&face.bounding_box) <= max_iou) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Landmarks;

    fn a_box() -> impl Strategy<Value = BoundingBox> {
        // Whole numbers, so that counting pixels is exact.
        (0u8..20, 0u8..20, 0u8..12, 0u8..12).prop_map(|(x, y, width, height)| BoundingBox {
            x: x.into(),
            y: y.into(),
            width: width.into(),
            height: height.into(),
        })
    }

    fn faces() -> impl Strategy<Value = Vec<Face>> {
        // Few different scores, so that there are ties.
        let face = (a_box(), 0u8..5).prop_map(|(bounding_box, score)| Face {
            bounding_box,
            landmarks: Landmarks::default(),
            score: f32::from(score) / 5.0,
        });
        prop::collection::vec(face, 0..30)
    }

    fn iou_by_counting_pixels(a: &BoundingBox, b: &BoundingBox) -> f32 {
        let inside = |r: &BoundingBox, x: f32, y: f32| {
            x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height
        };
        let (mut both, mut either) = (0u32, 0u32);
        for y in 0..40u8 {
            for x in 0..40u8 {
                let (p, q) = (inside(a, x.into(), y.into()), inside(b, x.into(), y.into()));
                both += u32::from(p && q);
                either += u32::from(p || q);
            }
        }
        if either == 0 { 0.0 } else { both as f32 / either as f32 }
    }

    /// The definition, word by word: again and again take the best that is left, and strike out
    /// what overlaps it.
    fn suppress_slowly(mut left: Vec<Face>, max_iou: f32) -> Vec<Face> {
        let mut kept = Vec::new();
        while let Some(best) = left.iter().copied().min_by(by_score_then_place) {
            kept.push(best);
            let mut struck_itself = false;
            left.retain(|f| {
                let itself = !struck_itself && *f == best;
                struck_itself |= itself;
                !itself && iou_by_counting_pixels(&best.bounding_box, &f.bounding_box) <= max_iou
            });
        }
        kept
    }

    proptest! {
        #[test]
        fn iou_is_what_counting_pixels_gives(a in a_box(), b in a_box()) {
            prop_assert!((a.iou(&b) - iou_by_counting_pixels(&a, &b)).abs() < 1e-6);
        }

        #[test]
        fn suppression_is_what_its_definition_gives(faces in faces()) {
            let fast = suppress(faces.clone(), 0.3, usize::MAX);
            prop_assert_eq!(fast, suppress_slowly(faces, 0.3));
        }

        #[test]
        fn the_order_found_does_not_matter(faces in faces()) {
            let backwards = faces.iter().rev().copied().collect();
            prop_assert_eq!(suppress(faces, 0.3, 7), suppress(backwards, 0.3, 7));
        }
    }

    #[test]
    fn boxes_without_area_or_numbers_overlap_nothing() {
        let nan = BoundingBox { x: f32::NAN, y: 0.0, width: 1.0, height: 1.0 };
        let unit = BoundingBox { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
        assert_eq!(BoundingBox::default().iou(&BoundingBox::default()), 0.0);
        assert!(nan.iou(&unit) <= 1.0);
    }
}
