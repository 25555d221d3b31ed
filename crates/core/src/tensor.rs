//! Dense `f32` arrays, the only thing a network takes and gives.

/// A row-major `f32` array with a shape, usually `[batch, channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

/// The number of values does not fit the shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{values} values cannot fill an array of shape {shape:?}")]
pub struct ShapeError {
    shape: Vec<usize>,
    values: usize,
}

impl Tensor {
    /// Takes `data` in row-major order.
    ///
    /// # Errors
    /// When the product of `shape` is not `data.len()`.
    pub fn new(shape: Vec<usize>, data: Vec<f32>) -> Result<Self, ShapeError> {
        let wanted = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if wanted == Some(data.len()) {
            Ok(Self { shape, data })
        } else {
            Err(ShapeError { shape, values: data.len() })
        }
    }

    /// The length of each axis, outermost first.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values in row-major order.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The values, without copying them.
    #[must_use]
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}
