//! What a graph knows before it runs.

use std::sync::Arc;

use rollcall_core::Tensor;

use crate::{
    error::Fault,
    limits::{Budget, elements},
};

/// A constant of a model file. The number of values always is what the shape says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    /// Weights.
    Floats(Arc<Tensor>),
    /// Shapes, axes and the like.
    Integers { shape: Vec<usize>, values: Arc<[i64]> },
    /// Quantised weights: `i8` where `signed`, else `u8`.
    Bytes { shape: Vec<usize>, signed: bool, values: Arc<[u8]> },
    /// Of a type that nothing here computes with; tolerated where nobody looks at it.
    Opaque { kind: i32 },
}

impl Constant {
    pub(crate) fn floats(shape: Vec<usize>, values: Vec<f32>) -> Result<Self, Fault> {
        let tensor = Tensor::new(shape, values).map_err(|e| Fault::damaged(e.to_string()))?;
        Ok(Self::Floats(Arc::new(tensor)))
    }

    pub(crate) fn integers(shape: Vec<usize>, values: Vec<i64>) -> Result<Self, Fault> {
        if elements(&shape)? == values.len() {
            Ok(Self::Integers { shape, values: values.into() })
        } else {
            Err(Fault::damaged(format!("{} values cannot have shape {shape:?}", values.len())))
        }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Floats(tensor) => tensor.shape(),
            Self::Integers { shape, .. } | Self::Bytes { shape, .. } => shape,
            Self::Opaque { .. } => &[],
        }
    }

    /// The same values under another shape of as many values. Copies nothing that nobody else holds.
    pub(crate) fn reshaped(self, shape: Vec<usize>, memory: &mut Budget) -> Result<Self, Fault> {
        match self {
            Self::Floats(tensor) => Self::floats(shape, owned(tensor, memory)?),
            Self::Integers { values, .. } if elements(&shape)? == values.len() => {
                Ok(Self::Integers { shape, values })
            }
            _ => Err(Fault::unsupported("Reshape", "of quantised values")),
        }
    }
}

/// The values of a tensor to change, copied only where somebody else holds it too.
pub(crate) fn owned(tensor: Arc<Tensor>, memory: &mut Budget) -> Result<Vec<f32>, Fault> {
    match Arc::try_unwrap(tensor) {
        Ok(tensor) => Ok(tensor.into_data()),
        Err(shared) => {
            memory.take(shared.data().len(), size_of::<f32>())?;
            Ok(shared.data().to_vec())
        }
    }
}
