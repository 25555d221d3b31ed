//! Finding who may be near, without their full vectors.

use std::rc::Rc;

use crate::{
    Rotation,
    scan::{Plane, QueryCode, nearest},
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
    planes: Vec<Rc<Plane>>,
}

impl Flat {
    /// With the first plane only: hits are rough.
    pub(crate) fn new(rotation: Rotation, first: Plane) -> Self {
        Self { rotation: Rc::new(rotation), planes: vec![Rc::new(first)] }
    }

    /// With further planes: hits are finer.
    pub(crate) fn deepened(&self, planes: impl IntoIterator<Item = Plane>) -> Self {
        let mut deeper = self.clone();
        deeper.planes.extend(planes.into_iter().map(Rc::new));
        deeper
    }
}

impl AnnIndex for Flat {
    fn nearest(&self, query: &[f32], limit: usize, skip: &dyn Fn(u32) -> bool) -> Vec<Hit> {
        let code = QueryCode::new(&self.rotation.apply(query.iter().copied()));
        let planes: Vec<&Plane> = self.planes.iter().map(|plane| &**plane).collect();
        let hits = nearest(&planes, &code, limit, skip).into_iter();
        hits.map(|(row, similarity)| Hit { row, similarity }).collect()
    }
}
