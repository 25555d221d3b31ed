//! Asking for more than is needed, so that the host cannot tell who was looked for.
//!
//! The host sees which shards a client asks for. With decoys, every search also fetches the shards
//! that a search for somebody else would: somebody drawn from the client's own secret, seen about as
//! clearly as real faces are. The same person draws the same decoy again, so that asking twice does
//! not tell which half was real.

use std::rc::Rc;

use crate::{
    SplitMix64,
    rotation::Normal,
    search::{Row, best},
    segment::Segment,
};

/// How like the person a decoy's face is: between faces of scenes (.37) and of good photos (.6).
const COSINE: f32 = 0.5;

/// Spread of that likeness, as of real faces.
const SPREAD: f32 = 0.09;

/// The rows that a search for somebody else would fetch, `limit` for each model. Who that is follows
/// from the secret and the best person of the real search, not from where they stand.
pub(crate) fn decoys(
    secret: u64,
    segments: &[Rc<Segment>],
    models: &[usize],
    real: Row,
    limit: usize,
) -> Vec<Row> {
    let mut random = SplitMix64(secret ^ segments[real.0].mark(real.1));
    let draw = random.next().unwrap_or_default();
    let Some((owner, row)) = row_at(segments, draw) else { return Vec::new() };
    let mut normal = Normal(random);
    let cosine = (COSINE + SPREAD * normal.draw()).clamp(0.1, 0.9);
    let mut rows = Vec::new();
    for &model in models {
        let face = segments[owner].face_like(model, row, cosine, &mut normal);
        let near = |segment: &Segment| segment.nearest_rotated(model, &face, limit);
        rows.extend(best(segments, limit, near));
    }
    rows
}

/// A row for any number, as if the segments lay one after the other; `None` if there are no rows.
fn row_at(segments: &[Rc<Segment>], number: u64) -> Option<Row> {
    let rows = segments.iter().map(|segment| u64::from(segment.rows())).sum();
    let mut at = number.checked_rem(rows)?;
    for (number, segment) in segments.iter().enumerate() {
        let rows = u64::from(segment.rows());
        if at < rows {
            return Some((number, at as u32));
        }
        at -= rows;
    }
    None
}
