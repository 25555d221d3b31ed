//! Finding who may be near, without their full vectors.

use std::rc::Rc;

use crate::{
    Rotation,
    rotation::Normal,
    scan::{Plane, QueryCode, SideBySide, nearest, read_back},
};

/// Somebody who may be near a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The row in the segment.
    pub row: u32,
    /// The estimated cosine. Estimates of one model can be compared between segments.
    pub similarity: f32,
}

/// Proposes rows of one segment that are worth reranking with one model's exact vectors.
pub trait AnnIndex {
    /// The best `limit` rows for which `skip` is false, by falling similarity, then rising row.
    fn nearest(&self, query: &[f32], limit: usize, skip: &dyn Fn(u32) -> bool) -> Vec<Hit>;
}

/// Scans the sketch of every row: the right choice for files that are fetched once, to some
/// hundred thousand rows.
#[derive(Clone)]
pub struct Flat {
    rotation: Rc<Rotation>,
    first: Rc<SideBySide>,
    planes: Vec<Rc<Plane>>,
}

impl Flat {
    /// With the first plane only: hits are rough.
    pub(crate) fn new(rotation: Rotation, first: Plane) -> Self {
        Self {
            rotation: Rc::new(rotation),
            first: Rc::new(SideBySide::new(&first)),
            planes: vec![Rc::new(first)],
        }
    }

    /// With further planes: hits are finer.
    pub(crate) fn deepened(&self, planes: impl IntoIterator<Item = Plane>) -> Self {
        let mut deeper = self.clone();
        deeper.planes.extend(planes.into_iter().map(Rc::new));
        deeper
    }

    fn planes(&self) -> Vec<&Plane> {
        self.planes.iter().map(|plane| &**plane).collect()
    }

    /// A query as [`Flat::nearest_rotated`] takes it.
    pub(crate) fn rotated(&self, query: &[f32]) -> Vec<f32> {
        self.rotation.apply(query.iter().copied())
    }

    /// [`AnnIndex::nearest`] for a query that is rotated already.
    pub(crate) fn nearest_rotated(
        &self,
        rotated: &[f32],
        limit: usize,
        skip: &dyn Fn(u32) -> bool,
    ) -> Vec<Hit> {
        let query = QueryCode::new(rotated);
        let hits = nearest(&self.first, &self.planes(), &query, limit, skip).into_iter();
        hits.map(|(row, similarity)| Hit { row, similarity }).collect()
    }

    /// The first signs of a row.
    pub(crate) fn mark(&self, row: u32) -> u64 {
        let signs = read_back(&self.planes()[..1], row as usize, 64);
        signs.iter().fold(0, |mark, sign| mark << 1 | u64::from(*sign < 0.0))
    }

    /// A rotated vector whose cosine with what is known of `row` is about `cosine`.
    pub(crate) fn like(&self, row: u32, cosine: f32, normal: &mut Normal) -> Vec<f32> {
        let mut face = read_back(&self.planes(), row as usize, self.rotation.size());
        let length = face.iter().map(|x| x * x).sum::<f32>().sqrt();
        let noise = (1.0 - cosine * cosine).sqrt() / (face.len() as f32).sqrt();
        for x in &mut face {
            *x = cosine * *x / length + noise * normal.draw();
        }
        face
    }
}

impl AnnIndex for Flat {
    fn nearest(&self, query: &[f32], limit: usize, skip: &dyn Fn(u32) -> bool) -> Vec<Hit> {
        self.nearest_rotated(&self.rotated(query), limit, skip)
    }
}
