//! Finding who may be near, without their full vectors.

use crate::{
    Rotation,
    sketch::{Planes, QueryCode},
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
pub struct Flat {
    rotation: Rotation,
    planes: Planes,
}

impl Flat {
    pub(crate) fn new(rotation: Rotation, planes: Planes) -> Self {
        Self { rotation, planes }
    }
}

impl AnnIndex for Flat {
    fn nearest(&self, query: &[f32], limit: usize, skip: &dyn Fn(u32) -> bool) -> Vec<Hit> {
        let limit = limit.min(self.planes.rows());
        let mut best: Vec<Hit> = Vec::with_capacity(limit + 1);
        if limit == 0 {
            return best;
        }
        let code = QueryCode::new(&self.rotation.apply(query.iter().copied()));
        self.planes.scan(&code, |row, similarity| {
            let full = best.len() == limit;
            if full && best.last().is_some_and(|last| similarity <= last.similarity) || skip(row) {
                return;
            }
            if full {
                best.pop();
            }
            let at = best.partition_point(|hit| hit.similarity >= similarity);
            best.insert(at, Hit { row, similarity });
        });
        best
    }
}
