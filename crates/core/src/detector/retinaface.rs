//! RetinaFace (Deng, Guo, Zhou, Yu, Kotsia, Zafeiriou: "RetinaFace: Single-stage Dense Face
//! Localisation in the Wild", 2019) as in `biubug6/Pytorch_Retinaface`, with either backbone
//! (MobileNet 0.25 or ResNet-50).

use super::{Detector, DetectorError, found};
use crate::{ChannelOrder, Face, Feed, Landmarks, PerPlane, Point, Tensor};

/// Reads RetinaFace's outputs: places, class probabilities and landmarks of every prior, each in
/// one array.
#[derive(Clone, Copy, Debug)]
pub struct RetinaFace {
    /// A face needs more than this score (`vis_thres` of the authors' `detect.py`).
    pub min_score: f32,
    /// See [`Detector::max_iou`] (`nms_threshold` there).
    pub max_iou: f32,
}

impl Default for RetinaFace {
    fn default() -> Self {
        Self { min_score: 0.6, max_iou: 0.4 }
    }
}

/// The distances between cells and the sides of each cell's two priors, in input pixels (`steps`
/// and `min_sizes` in the authors' `data/config.py`).
const LEVELS: [(u32, [f32; 2]); 3] = [(8, [16.0, 32.0]), (16, [64.0, 128.0]), (32, [256.0, 512.0])];

/// What places and sizes are multiplied by (`variance`).
const VARIANCE: [f32; 2] = [0.1, 0.2];

/// How far the two probabilities of a prior may be from 1 together. Exports that leave the softmax
/// out give any two numbers.
const SLACK: f32 = 0.01;

impl Detector for RetinaFace {
    fn feed(&self) -> Feed {
        // `img -= (104, 117, 123)` of OpenCV's blue, green and red.
        let mean = PerPlane([104.0, 117.0, 123.0]);
        Feed { channels: ChannelOrder::Bgr, mean, scale: 1.0.into() }
    }

    fn decode(&self, outputs: &[Tensor], side: u32) -> Result<Vec<Face>, DetectorError> {
        let rows =
            LEVELS.iter().map(|(stride, sizes)| (side / stride).pow(2) as usize * sizes.len());
        let rows = rows.sum();
        let of_width = |width| found::output("retinaface", outputs, [rows, width], 0);
        let (classes, places, points) = (of_width(2)?, of_width(4)?, of_width(10)?);
        let rows = places.as_chunks().0.iter().zip(points.as_chunks().0);
        let mut faces = Vec::new();
        for ((&[other, score], prior), row) in
            classes.as_chunks().0.iter().zip(priors(side)).zip(rows)
        {
            if score.is_nan() {
                return Err(DetectorError::NotFinite);
            }
            if score <= self.min_score {
                continue;
            }
            if (score + other - 1.0).abs() > SLACK {
                return Err(DetectorError::WrongOutputs {
                    kind: "retinaface",
                    what: "its classes are no probabilities, export it with its softmax".into(),
                });
            }
            let (centre, size, landmarks) = prior.place(row);
            faces.extend(found::face(score.clamp(0.0, 1.0), centre, size, landmarks, side)?);
        }
        Ok(faces)
    }

    fn max_iou(&self) -> f32 {
        self.max_iou
    }
}

/// A square from which a face is told, in input pixels.
#[derive(Clone, Copy)]
struct Prior {
    centre: Point,
    side: f32,
}

/// Level by level, row by row, cell by cell, the small one of a cell before the large one.
fn priors(side: u32) -> impl Iterator<Item = Prior> {
    LEVELS.into_iter().flat_map(move |(stride, sizes)| {
        let columns = side / stride;
        let cells = (0..columns).flat_map(move |row| (0..columns).map(move |column| (column, row)));
        cells.flat_map(move |(column, row)| {
            let middle = |cell: u32| (cell as f32 + 0.5) * stride as f32;
            let centre = Point { x: middle(column), y: middle(row) };
            sizes.map(|side| Prior { centre, side })
        })
    })
}

impl Prior {
    fn place(
        self,
        (&[x, y, w, h], points): (&[f32; 4], &[f32; 10]),
    ) -> (Point, [f32; 2], Landmarks) {
        let [near, grow] = VARIANCE;
        let at = |dx: f32, dy: f32| Point {
            x: self.centre.x + dx * near * self.side,
            y: self.centre.y + dy * near * self.side,
        };
        let mut landmarks = Landmarks::default();
        for (landmark, &[dx, dy]) in landmarks.0.iter_mut().zip(points.as_chunks().0) {
            *landmark = at(dx, dy);
        }
        (at(x, y), [w, h].map(|v| self.side * (v * grow).exp()), landmarks)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detector::tests::{any_outputs, assert_sound};

    /// Large enough for the largest prior not to count as an overflow.
    const SIDE: u32 = 96;
    const PRIORS: usize = 2 * (144 + 36 + 9);

    fn shapes() -> Vec<Vec<usize>> {
        [4, 2, 10].map(|width| vec![1, PRIORS, width]).to_vec()
    }

    /// As the authors write it: priors and results as parts of the input.
    fn decode_slowly(places: &[f32], points: &[f32], side: u32) -> Vec<([f32; 4], [f32; 10])> {
        let full = side as f32;
        let mut priors: Vec<[f32; 3]> = Vec::new();
        for (step, sizes) in [(8, [16, 32]), (16, [64, 128]), (32, [256, 512])] {
            for i in 0..side / step {
                for j in 0..side / step {
                    for size in sizes {
                        let cx = (j as f32 + 0.5) * step as f32 / full;
                        let cy = (i as f32 + 0.5) * step as f32 / full;
                        priors.push([cx, cy, size as f32 / full]);
                    }
                }
            }
        }
        let decode = |(n, [cx, cy, s]): (usize, [f32; 3])| {
            let loc = &places[4 * n..][..4];
            let (x, y) = (cx + loc[0] * 0.1 * s, cy + loc[1] * 0.1 * s);
            let (w, h) = (s * (loc[2] * 0.2).exp(), s * (loc[3] * 0.2).exp());
            let corners = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0].map(|v| v * full);
            let point = |k: usize| ([cx, cy][k % 2] + points[10 * n + k] * 0.1 * s) * full;
            (corners, std::array::from_fn(point))
        };
        priors.into_iter().enumerate().map(decode).collect()
    }

    fn outputs(scores: &[f32], places: &[f32], points: &[f32]) -> Vec<Tensor> {
        let classes = scores.iter().flat_map(|&s| [1.0 - s, s]).collect();
        let data = [places.to_vec(), classes, points.to_vec()];
        shapes().into_iter().zip(data).map(|(s, data)| Tensor::new(s, data).unwrap()).collect()
    }

    fn numbers(width: usize, most: f32) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-most..most, width * PRIORS)
    }

    proptest! {
        #[test]
        fn a_prior_becomes_the_face_its_formulas_say(
            scores in prop::collection::vec(0.0f32..1.0, PRIORS),
            places in numbers(4, 2.0),
            points in numbers(10, 2.0),
        ) {
            let mut outputs = outputs(&scores, &places, &points);
            let faces = RetinaFace::default().decode(&outputs, SIDE).unwrap();
            let slow = decode_slowly(&places, &points, SIDE);
            let found: Vec<usize> = (0..PRIORS).filter(|&n| scores[n] > 0.6).collect();
            prop_assert_eq!(faces.len(), found.len());
            let close = |a: f32, b: f32| (a - b).abs() < 0.01;
            for (face, n) in faces.iter().zip(found) {
                let (b, ([x0, y0, x1, y1], points)) = (face.bounding_box, slow[n]);
                prop_assert!(close(b.x, x0) && close(b.y, y0) && close(face.score, scores[n]));
                prop_assert!(close(b.x + b.width, x1) && close(b.y + b.height, y1));
                let landmarks = face.landmarks.0.iter().flat_map(|p| [p.x, p.y]);
                prop_assert!(landmarks.zip(points).all(|(a, b)| close(a, b)));
            }
            outputs.reverse();
            prop_assert_eq!(RetinaFace::default().decode(&outputs, SIDE), Ok(faces));
        }

        #[test]
        fn any_bits_give_sound_faces_or_an_error(seed in any::<[u32; 16]>()) {
            assert_sound(&RetinaFace::default().decode(&any_outputs(&shapes(), seed), SIDE));
        }
    }

    #[test]
    fn an_export_without_softmax_is_refused_with_words() {
        let none = [vec![0.0; 4 * PRIORS], vec![0.0; 10 * PRIORS]];
        let mut outputs = outputs(&[0.0; PRIORS], &none[0], &none[1]);
        assert_eq!(RetinaFace::default().decode(&outputs, SIDE), Ok(vec![]));
        let logits = (0..2 * PRIORS).map(|i| if i % 2 == 0 { -3.0 } else { 3.0 }).collect();
        outputs[1] = Tensor::new(vec![1, PRIORS, 2], logits).unwrap();
        let error = RetinaFace::default().decode(&outputs, SIDE).unwrap_err().to_string();
        assert!(error.contains("softmax"), "{error}");
    }
}
