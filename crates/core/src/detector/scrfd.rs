//! SCRFD (Guo, Deng, Lattas, Zafeiriou: "Sample and Computation Redistribution for Efficient Face
//! Detection", 2021) with landmarks: 500M, 2.5G and 10G differ in their graphs only.

use super::{Detector, DetectorError, found};
use crate::{ChannelOrder, Face, Feed, Landmarks, Point, Tensor};

/// Reads SCRFD's outputs. Thresholds are those of the authors' own runner
/// (`insightface/model_zoo/scrfd.py`).
#[derive(Clone, Copy, Debug)]
pub struct Scrfd {
    /// A face needs more than this score.
    pub min_score: f32,
    /// See [`Detector::max_iou`].
    pub max_iou: f32,
}

impl Default for Scrfd {
    fn default() -> Self {
        Self { min_score: 0.5, max_iou: 0.4 }
    }
}

/// The distances between cells, in input pixels (`_feat_stride_fpn`).
const STRIDES: [u32; 3] = [8, 16, 32];

/// How many faces each cell may tell of (`_num_anchors`).
const ANCHORS: usize = 2;

impl Detector for Scrfd {
    fn feed(&self) -> Feed {
        // `input_mean` and `input_std`.
        Feed { channels: ChannelOrder::Rgb, mean: 127.5.into(), scale: (1.0 / 128.0).into() }
    }

    fn decode(&self, outputs: &[Tensor], side: u32) -> Result<Vec<Face>, DetectorError> {
        let mut faces = Vec::new();
        for stride in STRIDES {
            let columns = (side / stride) as usize;
            let of_width =
                |width| found::output("scrfd", outputs, [columns * columns * ANCHORS, width], 0);
            let (scores, boxes, points) = (of_width(1)?, of_width(4)?, of_width(10)?);
            let rows = boxes.as_chunks().0.iter().zip(points.as_chunks().0);
            for (row, (&score, (distances, points))) in scores.iter().zip(rows).enumerate() {
                if score.is_nan() {
                    return Err(DetectorError::NotFinite);
                }
                if score <= self.min_score {
                    continue;
                }
                let cell = row / ANCHORS;
                let anchor = [(cell % columns) as f32, (cell / columns) as f32];
                let (centre, size, landmarks) = place(anchor, stride as f32, distances, points);
                faces.extend(found::face(score.min(1.0), centre, size, landmarks, side)?);
            }
        }
        Ok(faces)
    }

    fn max_iou(&self) -> f32 {
        self.max_iou
    }
}

/// Centre, size and landmarks, told as distances (left, top, right, bottom; x and y of each point)
/// from the anchor, a cell's top left corner. All in cells but the result, which is in pixels.
fn place(
    [column, row]: [f32; 2],
    stride: f32,
    &[left, top, right, bottom]: &[f32; 4],
    points: &[f32; 10],
) -> (Point, [f32; 2], Landmarks) {
    let at = |dx: f32, dy: f32| Point { x: (column + dx) * stride, y: (row + dy) * stride };
    let mut landmarks = Landmarks::default();
    for (landmark, &[dx, dy]) in landmarks.0.iter_mut().zip(points.as_chunks().0) {
        *landmark = at(dx, dy);
    }
    let centre = at((right - left) / 2.0, (bottom - top) / 2.0);
    (centre, [(left + right) * stride, (top + bottom) * stride], landmarks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detector::tests::{any_outputs, assert_sound};

    const SIDE: u32 = 64;

    /// What a network that sees nothing gives for a 64-pixel input.
    fn shapes() -> Vec<Vec<usize>> {
        let rows = STRIDES.map(|stride| (SIDE / stride).pow(2) as usize * ANCHORS);
        [1, 4, 10].iter().flat_map(|&width| rows.map(|rows| vec![1, rows, width])).collect()
    }

    /// The same outputs without the axis of the batch, as InsightFace's own packs have them.
    fn flat(outputs: &[Tensor]) -> Vec<Tensor> {
        let flat = |t: &Tensor| Tensor::new(t.shape()[1..].to_vec(), t.data().to_vec()).unwrap();
        outputs.iter().map(flat).collect()
    }

    /// As in the authors' runner: all corners first, whatever the scores say.
    fn decode_slowly(outputs: &[Tensor], side: u32) -> Vec<(f32, [f32; 4], [f32; 10])> {
        let mut faces = Vec::new();
        for (level, stride) in STRIDES.into_iter().enumerate() {
            let (scores, boxes, points) =
                (outputs[level].data(), outputs[3 + level].data(), outputs[6 + level].data());
            let mut anchors = Vec::new();
            for y in 0..side / stride {
                for x in 0..side / stride {
                    for _ in 0..ANCHORS {
                        anchors.push([(x * stride) as f32, (y * stride) as f32]);
                    }
                }
            }
            for (i, [x, y]) in anchors.into_iter().enumerate() {
                let s = stride as f32;
                let b = &boxes[4 * i..][..4];
                let corners = [x - b[0] * s, y - b[1] * s, x + b[2] * s, y + b[3] * s];
                let point = |k: usize| [x, y][k % 2] + points[10 * i + k] * s;
                if scores[i] > 0.5 {
                    faces.push((scores[i], corners, std::array::from_fn(point)));
                }
            }
        }
        faces
    }

    fn plausible(length: usize, low: f32, high: f32) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(low..high, length)
    }

    proptest! {
        #[test]
        fn a_cell_becomes_the_face_its_formulas_say(
            scores in plausible(168, 0.0, 1.0),
            boxes in plausible(4 * 168, 0.1, 5.0),
            points in plausible(10 * 168, -5.0, 5.0),
        ) {
            let mut rest = [&scores[..], &boxes, &points];
            let mut outputs = Vec::new();
            for shape in shapes() {
                let values = &mut rest[match shape[2] { 1 => 0, 4 => 1, _ => 2 }];
                let (data, others) = values.split_at(shape[1] * shape[2]);
                *values = others;
                outputs.push(Tensor::new(shape, data.to_vec()).unwrap());
            }
            let faces = Scrfd::default().decode(&outputs, SIDE).unwrap();
            let slow = decode_slowly(&outputs, SIDE);
            prop_assert_eq!(faces.len(), slow.len());
            let close = |a: f32, b: f32| (a - b).abs() < 1e-3;
            for (face, (score, [x0, y0, x1, y1], points)) in faces.iter().zip(slow) {
                let b = face.bounding_box;
                prop_assert!(face.score == score && close(b.x, x0) && close(b.y, y0));
                prop_assert!(close(b.x + b.width, x1) && close(b.y + b.height, y1));
                let landmarks = face.landmarks.0.iter().flat_map(|p| [p.x, p.y]);
                prop_assert!(landmarks.zip(points).all(|(a, b)| close(a, b)));
            }
            // Neither order nor the axis of the batch matter.
            let mut others = flat(&outputs);
            others.reverse();
            prop_assert_eq!(Scrfd::default().decode(&others, SIDE), Ok(faces));
        }

        #[test]
        fn any_bits_give_sound_faces_or_an_error(seed in any::<[u32; 16]>()) {
            assert_sound(&Scrfd::default().decode(&any_outputs(&shapes(), seed), SIDE));
        }
    }

    #[test]
    fn another_networks_outputs_are_refused() {
        let mut outputs = any_outputs(&shapes(), [0; 16]);
        assert_eq!(Scrfd::default().decode(&outputs, SIDE), Ok(vec![]));
        outputs.pop();
        let error = Scrfd::default().decode(&outputs, SIDE).unwrap_err().to_string();
        assert!(error.contains("scrfd") && error.contains("[1, 8, 10]"), "{error}");
    }
}
