//! Which way up a face is.
//!
//! YuNet finds faces at any angle, but beyond about 45 degrees it takes a chin for a forehead and
//! is nearly as sure of it (upside down: .84 in the median, up to .91; upright: .93). It is
//! always surest where the face is upright: on 112 photos of one face each, none of the three
//! other quarter turns ever scored as high. So a face that could be turned is looked at again at
//! several angles, and the surest look wins.

use crate::{
    Face, Landmarks, Point, RecogniseError, SimilarityTransform, align::warp, embed::square_input,
    find::Finder,
};

/// A face this sure is upright: no face turned by a quarter or more was ever given this score.
const CERTAIN: f32 = 0.92;

/// A face turned less than this is seen as well as an upright one, in degrees.
const UPRIGHT: f32 = 20.0;

/// A second look spans this many times the longer side of the face's box.
const EXTENT: f32 = 2.0;

/// Another angle must be this much surer than the face's own guess.
const MARGIN: f32 = 0.02;

/// Further angles to look from, in degrees, once the face's own guess has not settled it. The
/// likeliest mistake comes first.
const TURNS: [f32; 7] = [180.0, 90.0, -90.0, 45.0, -45.0, 135.0, -135.0];

/// A face as seen at one angle.
#[derive(Clone, Copy)]
struct View {
    angle: f32,
    score: f32,
    landmarks: Landmarks,
}

impl Finder<'_> {
    /// The face with the landmarks of the angle at which it is surest to be upright.
    pub(crate) async fn turned_upright(&self, face: Face) -> Result<Face, RecogniseError> {
        let roll = face.landmarks.roll();
        if face.score >= CERTAIN && roll.abs() <= UPRIGHT {
            return Ok(face);
        }
        let Some(mut best) = self.best_view(&face, roll).await? else { return Ok(face) };
        let rest = best.landmarks.roll() - best.angle;
        if ((rest + 540.0).rem_euclid(360.0) - 180.0).abs() > UPRIGHT
            && let Some(view) = self.view(&face, best.landmarks.roll()).await?
            && view.score >= best.score
        {
            best = view;
        }
        // The first look had the better resolution: where it was right, it stays.
        if (best.angle - roll).abs() < 1.0 && roll.abs() <= UPRIGHT {
            return Ok(face);
        }
        Ok(Face { landmarks: best.landmarks, score: best.score.max(face.score), ..face })
    }

    /// The face's own guess unless another angle is clearly surer.
    async fn best_view(&self, face: &Face, roll: f32) -> Result<Option<View>, RecogniseError> {
        let own = self.view(face, roll).await?;
        if own.is_some_and(|view| view.score >= CERTAIN) {
            return Ok(own);
        }
        let mut other: Option<View> = None;
        for turn in TURNS {
            let view = self.view(face, roll + turn).await?;
            other = other.into_iter().chain(view).reduce(surer);
        }
        let to_beat = own.map_or(0.0, |view| view.score + MARGIN);
        Ok(other.filter(|view| view.score > to_beat).or(own))
    }

    /// Looks at the surroundings of one face, turned back by `angle` degrees.
    async fn view(&self, face: &Face, angle: f32) -> Result<Option<View>, RecogniseError> {
        let side = self.spec.sizes.first().copied().unwrap_or(160);
        let b = &face.bounding_box;
        let centre = Point { x: b.x + b.width / 2.0, y: b.y + b.height / 2.0 };
        let extent = EXTENT * b.width.max(b.height);
        let to_picture = SimilarityTransform::around(centre, extent, angle, side);
        let Some(surroundings) = warp(self.pixels, &to_picture, side) else { return Ok(None) };
        let feed = self.detector.feed();
        let input =
            square_input(&[surroundings], side, feed.channels, |planes| feed.apply(planes))?;
        let faces = self.run(&input, side).await?;
        let middle = side as f32 / 2.0;
        let is_meant = |f: &&Face| {
            let b = &f.bounding_box;
            let off = |start: f32, length: f32| (start + length / 2.0 - middle).abs();
            off(b.x, b.width).max(off(b.y, b.height)) < 0.2 * side as f32
        };
        let best = faces.iter().filter(is_meant).max_by(|a, b| a.score.total_cmp(&b.score));
        Ok(best.map(|face| View {
            angle,
            score: face.score,
            landmarks: Landmarks(face.landmarks.0.map(|p| to_picture.apply_to(p))),
        }))
    }
}

/// The surer one; of equals the first.
fn surer(a: View, b: View) -> View {
    if b.score > a.score { b } else { a }
}
