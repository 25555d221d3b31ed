//! YuNet (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023), as in OpenCV Zoo's
//! `face_detection_yunet_2023mar`, and in the authors' own exports (`yunet_n_640_640`), which have the
//! same outputs.

use super::{Detector, DetectorError, found};
use crate::{ChannelOrder, Face, Feed, Landmarks, Point, Tensor};

/// Reads YuNet's outputs. Thresholds are those of OpenCV Zoo's demo and of its measurements.
#[derive(Clone, Copy, Debug)]
pub struct YuNet {
    /// A face needs at least this score.
    pub min_score: f32,
    /// See [`Detector::max_iou`].
    pub max_iou: f32,
}

impl Default for YuNet {
    fn default() -> Self {
        Self { min_score: 0.6, max_iou: 0.3 }
    }
}

/// The distances between cells, in input pixels.
const STRIDES: [u32; 3] = [8, 16, 32];

/// What one grid of cells gives, one row of values a cell.
struct Level<'a> {
    stride: u32,
    columns: usize,
    class: &'a [f32],
    object: &'a [f32],
    boxes: &'a [f32],
    points: &'a [f32],
}

impl Detector for YuNet {
    fn feed(&self) -> Feed {
        Feed { channels: ChannelOrder::Bgr, mean: 0.0.into(), scale: 1.0.into() }
    }

    fn decode(&self, outputs: &[Tensor], side: u32) -> Result<Vec<Face>, DetectorError> {
        let mut faces = Vec::new();
        for stride in STRIDES {
            let level = Level::find(outputs, side, stride)?;
            for cell in 0..level.class.len() {
                faces.extend(level.face(cell, side, self.min_score)?);
            }
        }
        Ok(faces)
    }

    fn max_iou(&self) -> f32 {
        self.max_iou
    }
}

impl<'a> Level<'a> {
    /// Picks the four outputs of a stride by their shapes, `[1, cells, 1 | 1 | 4 | 10]`, so that
    /// the order in which a graph declares its outputs does not matter: the two of width 1 (class
    /// and objectness) only ever meet in a product.
    fn find(outputs: &'a [Tensor], side: u32, stride: u32) -> Result<Self, DetectorError> {
        let columns = (side / stride) as usize;
        let cells = columns * columns;
        let of_width =
            |width: usize, nth: usize| found::output("yunet", outputs, [cells, width], nth);
        Ok(Self {
            stride,
            columns,
            class: of_width(1, 0)?,
            object: of_width(1, 1)?,
            boxes: of_width(4, 0)?,
            points: of_width(10, 0)?,
        })
    }

    fn face(&self, cell: usize, side: u32, min_score: f32) -> Result<Option<Face>, DetectorError> {
        let (Some(class), Some(object)) = (self.class.get(cell), self.object.get(cell)) else {
            return Ok(None);
        };
        let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if score.is_nan() {
            return Err(DetectorError::NotFinite);
        }
        if score <= min_score {
            return Ok(None);
        }
        let (Some(&[x, y, w, h]), Some(points)) =
            (self.boxes.as_chunks().0.get(cell), self.points.as_chunks::<10>().0.get(cell))
        else {
            return Ok(None);
        };
        let stride = self.stride as f32;
        let (column, row) = ((cell % self.columns) as f32, (cell / self.columns) as f32);
        let place = |dx: f32, dy: f32| Point { x: (column + dx) * stride, y: (row + dy) * stride };
        let (centre, width, height) = (place(x, y), w.exp() * stride, h.exp() * stride);
        let mut landmarks = Landmarks::default();
        for (landmark, &[dx, dy]) in landmarks.0.iter_mut().zip(points.as_chunks().0) {
            *landmark = place(dx, dy);
        }
        found::face(score, centre, [width, height], landmarks, side)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detector::tests::{any_outputs, assert_sound};

    /// Outputs for a 64-pixel input that see nothing, in the order of the shipped graph.
    fn nothing() -> Vec<Tensor> {
        let widths = [1, 1, 4, 10];
        widths
            .iter()
            .flat_map(|&width| STRIDES.map(|stride| (width, stride)))
            .map(|(width, stride)| {
                let cells = (64 / stride as usize).pow(2);
                Tensor::new(vec![1, cells, width], vec![0.0; cells * width]).unwrap()
            })
            .collect()
    }

    fn set(outputs: &mut [Tensor], which: usize, at: usize, value: f32) {
        let mut data = outputs[which].clone().into_data();
        data[at] = value;
        outputs[which] = Tensor::new(outputs[which].shape().to_vec(), data).unwrap();
    }

    /// A face in column 1, row 2 of stride 16 (a 4 x 4 grid).
    fn one_face() -> Vec<Tensor> {
        let mut outputs = nothing();
        let cell = 2 * 4 + 1;
        set(&mut outputs, 1, cell, 0.81);
        set(&mut outputs, 4, cell, 1.0);
        for (i, value) in [0.5, 0.25, 2f32.ln(), 3f32.ln()].into_iter().enumerate() {
            set(&mut outputs, 7, 4 * cell + i, value);
        }
        for i in 0..10 {
            set(&mut outputs, 10, 10 * cell + i, i as f32 / 10.0);
        }
        outputs
    }

    #[test]
    fn a_cell_becomes_the_face_its_formulas_say() {
        let faces = YuNet::default().decode(&one_face(), 64).unwrap();
        let [face] = faces[..] else { panic!("{faces:?}") };
        let close = |a: f32, b: f32| (a - b).abs() < 1e-4;
        let b = face.bounding_box;
        assert!(close(face.score, 0.9), "{face:?}");
        // Centre (1.5, 2.25) cells of 16 pixels, 2 x 3 cells large.
        assert!(close(b.x, 24.0 - 16.0) && close(b.y, 36.0 - 24.0), "{b:?}");
        assert!(close(b.width, 32.0) && close(b.height, 48.0), "{b:?}");
        let nose = face.landmarks.0[2];
        assert!(close(nose.x, (1.0 + 0.4) * 16.0) && close(nose.y, (2.0 + 0.5) * 16.0));
    }

    #[test]
    fn the_order_of_outputs_does_not_matter() {
        let (mut outputs, yunet) = (one_face(), YuNet::default());
        let faces = yunet.decode(&outputs, 64).unwrap();
        outputs.reverse();
        assert_eq!(yunet.decode(&outputs, 64).unwrap(), faces);
    }

    #[test]
    fn another_networks_outputs_are_refused() {
        let mut outputs = one_face();
        outputs.pop();
        let error = YuNet::default().decode(&outputs, 64).unwrap_err();
        assert!(matches!(error, DetectorError::WrongOutputs { .. }), "{error}");
    }

    #[test]
    fn what_is_no_number_is_an_error_and_overflow_is_no_face() {
        let cell = 2 * 4 + 1;
        for (which, at) in [(1, 0), (4, cell), (7, 4 * cell + 2), (10, 10 * cell)] {
            let mut outputs = one_face();
            // A NaN score is looked at everywhere, a NaN place only where there is a face.
            set(&mut outputs, which, at, f32::NAN);
            let decoded = YuNet::default().decode(&outputs, 64);
            assert_eq!(decoded, Err(DetectorError::NotFinite), "output {which}");
        }
        let mut outputs = one_face();
        set(&mut outputs, 7, 4 * cell + 2, 1000.0);
        assert_eq!(YuNet::default().decode(&outputs, 64), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn any_bits_give_sound_faces_or_an_error(seed in any::<[u32; 16]>()) {
            let shapes: Vec<_> = nothing().iter().map(|t| t.shape().to_vec()).collect();
            assert_sound(&YuNet::default().decode(&any_outputs(&shapes, seed), 64));
        }
    }
}
