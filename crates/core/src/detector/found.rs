//! What all decoders do alike: outputs found by their shapes, and faces that are sound.

use super::DetectorError;
use crate::{BoundingBox, Face, Landmarks, Point, Tensor};

/// A face this much larger than the input is an overflow, not a face.
const MAX_SIDES: f32 = 8.0;

/// The rows of the `nth` output of `rows` rows of `width` numbers, `[1, rows, width]` or
/// `[rows, width]`: neither the names of outputs nor their order matter.
pub(super) fn output<'a>(
    kind: &'static str,
    outputs: &'a [Tensor],
    [rows, width]: [usize; 2],
    nth: usize,
) -> Result<&'a [f32], DetectorError> {
    let fits = |t: &&Tensor| t.shape() == [1, rows, width] || t.shape() == [rows, width];
    let output = outputs.iter().filter(fits).nth(nth).map(Tensor::data);
    output.ok_or_else(|| DetectorError::WrongOutputs {
        kind,
        what: format!("no output {} of shape [1, {rows}, {width}]", nth + 1),
    })
}

/// The face around `centre`, `size` wide and high; `None` where it has no area or lies far outside
/// an input of `side` pixels.
pub(super) fn face(
    score: f32,
    centre: Point,
    size: [f32; 2],
    landmarks: Landmarks,
    side: u32,
) -> Result<Option<Face>, DetectorError> {
    let [width, height] = size;
    let points = || landmarks.0.iter().chain([&centre]);
    if size.iter().any(|v| v.is_nan()) || points().any(|p| p.x.is_nan() || p.y.is_nan()) {
        return Err(DetectorError::NotFinite);
    }
    let limit = MAX_SIDES * side as f32;
    let sound = points().all(|p| p.x.abs() <= limit && p.y.abs() <= limit)
        && size.iter().all(|&n| n >= f32::MIN_POSITIVE && n <= limit);
    let bounding_box =
        BoundingBox { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height };
    Ok(sound.then_some(Face { bounding_box, landmarks, score }))
}
