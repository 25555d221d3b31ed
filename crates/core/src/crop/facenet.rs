//! FaceNet's view of a face: its box and a margin.
//!
//! `davidsandberg/facenet` cuts its training pictures with `align_dataset_mtcnn.py --image_size 160
//! --margin 32`: a detector's box, then so much around it that 16 of the 160 pixels at each edge
//! are margin, without regard to landmarks. Here the box is first made a square, since a face must
//! not be squeezed, and the face is turned upright, as DeepFace does for its `Facenet512`.

use crate::{Face, Pixels, Point, SimilarityTransform, align::warp};

/// `--image_size`.
pub(super) const SIDE: u32 = 160;

/// `--margin`: pixels of the crop that are not the box, both edges together.
const MARGIN: u32 = 32;

/// See [`super::Crop::cut`].
pub(super) fn cut(pixels: &Pixels, face: &Face) -> Option<Pixels> {
    let b = &face.bounding_box;
    let centre = Point { x: b.x + b.width / 2.0, y: b.y + b.height / 2.0 };
    let extent = b.width.max(b.height) * SIDE as f32 / (SIDE - MARGIN) as f32;
    let sound = [centre.x, centre.y, extent].iter().all(|v| v.is_finite()) && extent > 0.0;
    let back = SimilarityTransform::around(centre, extent, face.landmarks.roll(), SIDE);
    sound.then(|| warp(pixels, &back, SIDE))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Crop, FaceCrops, Landmarks, TEMPLATE};

    /// A white square of 64 pixels on grey, and the face whose box it is.
    fn scene(roll: f32) -> (Pixels, Face) {
        let white = |v: u32| (100..164).contains(&v);
        let rgb = (0..256).flat_map(|y| {
            (0..256).flat_map(move |x| [if white(x) && white(y) { 255 } else { 90 }; 3])
        });
        let pixels = Pixels::new(256, 256, rgb.collect()).unwrap();
        let bounding_box = BoundingBox { x: 100.0, y: 100.0, width: 64.0, height: 60.0 };
        let turn = SimilarityTransform::around(Point { x: 132.0, y: 130.0 }, 64.0, roll, 112);
        let landmarks = Landmarks(TEMPLATE.0.map(|p| turn.apply_to(p)));
        (pixels, Face { bounding_box, landmarks, score: 1.0 })
    }

    #[test]
    fn the_box_fills_all_but_the_margin() {
        let (pixels, face) = scene(0.0);
        let crop = Crop::Facenet160.cut(&pixels, &face).unwrap();
        assert_eq!((crop.width(), crop.height()), (160, 160));
        let at = |x: usize, y: usize| crop.rgb()[3 * (160 * y + x)];
        // 64 of 80 pixels are box: 128 of 160, so 16 at each side; the box is centred at y 130, 2
        // pixels above the square's middle, which are 4 pixels here.
        assert_eq!([at(13, 80), at(19, 80), at(140, 80), at(146, 80)], [90, 255, 255, 90]);
        assert_eq!([at(80, 17), at(80, 23)], [90, 255]);
    }

    #[test]
    fn a_turned_face_is_turned_back() {
        let (pixels, face) = scene(45.0);
        let crop = Crop::Facenet160.cut(&pixels, &face).unwrap();
        // A square on its corner: its corner, not its edge, is in the middle of the left side.
        let at = |x: usize, y: usize| crop.rgb()[3 * (160 * y + x)];
        assert_eq!([at(3, 80), at(16, 20), at(20, 140)], [255, 90, 90]);
    }

    #[test]
    fn what_spans_nothing_gives_nothing() {
        let (pixels, mut face) = scene(0.0);
        for (width, x) in [(0.0, 0.0), (f32::NAN, 0.0), (10.0, f32::INFINITY)] {
            face.bounding_box = BoundingBox { x, y: 0.0, width, height: width };
            assert!(Crop::Facenet160.cut(&pixels, &face).is_none());
            assert!(FaceCrops::cut(&pixels, &face, [Crop::Facenet160]).is_none());
            assert!(FaceCrops::cut(&pixels, &face, [Crop::Umeyama112]).is_some());
        }
    }
}
