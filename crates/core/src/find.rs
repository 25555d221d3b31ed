//! Where and how often a detector looks at a picture.

use crate::{
    BoundingBox, Detector, DetectorSpec, Engine, Face, Landmarks, Letterbox, MAX_FACES, Pixels,
    Point, RecogniseError, Region, Rotation, SimilarityTransform, TEMPLATE, nms,
};

/// A face with the turn of the picture in which it stood upright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FoundFace {
    pub(crate) face: Face,
    pub(crate) rotation: Rotation,
}

/// When no face is this sure, the picture is looked at again in other ways.
const WEAK: f32 = 0.8;

/// Looks at one picture.
pub(crate) struct Finder<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) detector: &'a dyn Detector,
    pub(crate) spec: &'a DetectorSpec,
    pub(crate) pixels: &'a Pixels,
    /// Called before each look; ends the search with its error.
    pub(crate) checkpoint: &'a dyn Fn() -> Result<(), RecogniseError>,
}

impl Finder<'_> {
    /// All faces, best first, each once, at most [`MAX_FACES`].
    pub(crate) async fn find(&self) -> Result<Vec<FoundFace>, RecogniseError> {
        let all = Region::all(self.pixels);
        let long = all.width.max(all.height);
        let side = self.side_for(long);
        let mut found = self.look(Letterbox::top_left(all, side), Rotation::Upright).await?;
        if self.weak(&found) {
            let small = self.side_for(1);
            let padded = Letterbox::padded(all, small.max(side / 2), small.max(side / 2) / 2);
            found.extend(self.look(padded, Rotation::Upright).await?);
        }
        if self.weak(&found) {
            let side = self.side_for(320.min(long));
            for turn in Rotation::TURNS {
                found.extend(self.look(Letterbox::top_left(all, side), turn).await?);
            }
        }
        Ok(self.each_once(found))
    }

    /// The smallest input that a picture this long needs not shrink for, or the largest there is.
    fn side_for(&self, long: u32) -> u32 {
        let sizes = &self.spec.sizes;
        sizes.iter().find(|&&s| s >= long).or(sizes.last()).copied().unwrap_or(320)
    }

    fn weak(&self, found: &[FoundFace]) -> bool {
        found.iter().all(|f| f.face.score < WEAK)
    }

    /// Runs the detector once and brings what it finds back to the upright picture.
    async fn look(
        &self,
        letterbox: Letterbox,
        rotation: Rotation,
    ) -> Result<Vec<FoundFace>, RecogniseError> {
        (self.checkpoint)()?;
        let mut input = letterbox.fill(self.pixels, self.detector.feed())?;
        if rotation != Rotation::Upright {
            input = rotation.turn(&input)?;
        }
        let outputs = self.engine.run(&self.spec.model.name, &input).await?;
        let faces = self.detector.decode(&outputs, letterbox.side())?;
        let upright = faces.iter().map(|face| in_picture(face, &letterbox, rotation));
        Ok(upright.filter(is_sound).map(|face| FoundFace { face, rotation }).collect())
    }

    fn each_once(&self, found: Vec<FoundFace>) -> Vec<FoundFace> {
        nms::suppress(found, |f| &f.face, self.detector.max_iou(), MAX_FACES)
    }
}

/// From the turned input to the upright picture.
fn in_picture(face: &Face, letterbox: &Letterbox, rotation: Rotation) -> Face {
    let side = letterbox.side() as f32;
    let back = |p: Point| letterbox.to_picture(rotation.undo(p, side));
    let b = face.bounding_box;
    let p = back(Point { x: b.x, y: b.y });
    let q = back(Point { x: b.x + b.width, y: b.y + b.height });
    let bounding_box = BoundingBox {
        x: p.x.min(q.x),
        y: p.y.min(q.y),
        width: (p.x - q.x).abs(),
        height: (p.y - q.y).abs(),
    };
    Face { bounding_box, landmarks: Landmarks(face.landmarks.0.map(back)), score: face.score }
}

/// Landmarks that coincide cannot be aligned: such a find is no face.
fn is_sound(face: &Face) -> bool {
    SimilarityTransform::estimate(&face.landmarks, &TEMPLATE).is_some()
}
