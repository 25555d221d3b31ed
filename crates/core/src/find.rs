//! Where and how often a detector looks at a picture.

use crate::{
    BoundingBox, Detector, DetectorSpec, Engine, Face, Landmarks, Letterbox, MAX_FACES, Pixels,
    Point, RecogniseError, Region, Rotation, SimilarityTransform, TEMPLATE, Tensor, nms,
};

/// How hard to search a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// One look at the whole, for the frames of a video: what one frame hides, another shows.
    Quick,
    /// Where that finds no sure face, also turned by quarters, for frames with people who lie.
    Turned,
    /// Where that finds no sure face, also closer, from further away, and turned.
    #[default]
    Thorough,
}

/// Without a face this sure the picture is looked at again in other ways. Of 112 photos of
/// upright people none stays below it.
const SURE: f32 = 0.8;

/// Whole pictures are looked at turned in an input of this size: faces of a tenth of it are found.
const TURNED_SIDE: u32 = 320;

/// Parts of a picture that are looked at one by one are this long, in picture pixels, so that
/// faces from about 25 pixels are found in an input of 640.
const PART: u32 = 1280;

/// At most this many parts each way; they grow with larger pictures.
const MOST_PARTS: u32 = 4;

/// At most this many faces are looked at one by one to see which way up they are.
const MOST_TURNED: usize = 32;

/// Looks at one picture.
pub(crate) struct Finder<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) detector: &'a dyn Detector,
    pub(crate) spec: &'a DetectorSpec,
    pub(crate) pixels: &'a Pixels,
    pub(crate) effort: Effort,
    /// Called before each look; ends the search with its error.
    pub(crate) checkpoint: &'a dyn Fn() -> Result<(), RecogniseError>,
}

impl Finder<'_> {
    /// All faces, best first, each once, at most [`MAX_FACES`].
    pub(crate) async fn find(&self) -> Result<Vec<Face>, RecogniseError> {
        let mut faces = self.look_around().await?;
        for face in faces.iter_mut().take(MOST_TURNED) {
            *face = self.turned_upright(*face).await?;
        }
        Ok(self.each_once(faces))
    }

    async fn look_around(&self) -> Result<Vec<Face>, RecogniseError> {
        let all = Region::all(self.pixels);
        let long = all.width.max(all.height);
        // Small pictures are doubled: of 20-pixel faces in the 160-pixel frames of a sprite that
        // finds 49 of 49 instead of 44, and lifts their likeness to a good photo from .50 to .55.
        let first = Letterbox::top_left(all, self.side_for(2 * long));
        let mut found = self.look(first, Rotation::Upright).await?;
        if self.effort == Effort::Quick || is_sure(&found) {
            return Ok(self.each_once(found));
        }
        let side = self.side_for(TURNED_SIDE.min(2 * long));
        if self.effort == Effort::Thorough {
            // A face that fills the frame wants to be smaller and have space around it.
            let padded = Letterbox::padded(all, side, side / 2);
            found.extend(self.look(padded, Rotation::Upright).await?);
            if !is_sure(&found) {
                for part in parts(all) {
                    let part = Letterbox::top_left(part, self.side_for(PART));
                    found.extend(self.look(part, Rotation::Upright).await?);
                }
            }
        }
        if !is_sure(&found) {
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

    /// Runs the detector once and brings what it finds back to the upright picture.
    async fn look(
        &self,
        letterbox: Letterbox,
        rotation: Rotation,
    ) -> Result<Vec<Face>, RecogniseError> {
        let mut input = letterbox.fill(self.pixels, self.detector.feed())?;
        if rotation != Rotation::Upright {
            input = rotation.turn(&input)?;
        }
        let faces = self.run(&input, letterbox.side()).await?;
        let upright = faces.iter().map(|face| in_picture(face, &letterbox, rotation));
        Ok(upright.filter(is_sound).collect())
    }

    /// Runs the detector on an input of `side` x `side` pixels; faces in pixels of the input.
    pub(crate) async fn run(&self, input: &Tensor, side: u32) -> Result<Vec<Face>, RecogniseError> {
        (self.checkpoint)()?;
        let outputs = self.engine.run(&self.spec.model.name, input).await?;
        Ok(self.detector.decode(&outputs, side)?)
    }

    fn each_once(&self, found: Vec<Face>) -> Vec<Face> {
        nms::suppress(found, self.detector.max_iou(), MAX_FACES)
    }
}

fn is_sure(found: &[Face]) -> bool {
    found.iter().any(|face| face.score >= SURE)
}

/// Overlapping parts of a region much larger than [`PART`]; none for smaller ones.
fn parts(all: Region) -> Vec<Region> {
    let long = all.width.max(all.height);
    if long <= PART {
        return Vec::new();
    }
    let part = PART.max(long.div_ceil(MOST_PARTS) * 5 / 4);
    // Starts of parts along an axis, a quarter of overlap or more between them.
    let starts = |length: u32| {
        let count = length.saturating_sub(part).div_ceil((part * 3 / 4).max(1)) + 1;
        let room = length.saturating_sub(part);
        (0..count).map(move |i| if count == 1 { 0 } else { room * i / (count - 1) })
    };
    let columns: Vec<_> = starts(all.width).collect();
    starts(all.height)
        .flat_map(|y| columns.iter().map(move |&x| (x, y)))
        .map(|(x, y)| Region {
            x,
            y,
            width: part.min(all.width - x),
            height: part.min(all.height - y),
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_cover_the_picture_and_overlap(width in 1u32..20_000, height in 1u32..20_000) {
            let all = Region { x: 0, y: 0, width, height };
            let parts = parts(all);
            prop_assert_eq!(parts.is_empty(), width.max(height) <= PART);
            prop_assert!(parts.len() <= 25, "{}", parts.len());
            prop_assert!(parts.iter().all(|p| p.x + p.width <= width && p.y + p.height <= height));
            for (i, a) in parts.iter().enumerate() {
                if let Some(b) = parts.get(i + 1).filter(|b| b.y == a.y) {
                    prop_assert!(b.x > a.x && b.x + a.width / 5 <= a.x + a.width, "{a:?} {b:?}");
                }
            }
            if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
                prop_assert_eq!((first.x, first.y), (0, 0));
                prop_assert_eq!((last.x + last.width, last.y + last.height), (width, height));
            }
        }
    }
}
