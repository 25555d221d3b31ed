//! What a graph knows before it runs.

use std::sync::Arc;

use rollcall_core::Tensor;

use crate::{
    error::Fault,
    limits::{Budget, elements},
};

/// The most integers that are kept: they are shapes, axes and the like, of a handful.
pub(crate) const MAX_INTEGERS: usize = 4096;

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
        new_tensor(shape, values).map(Self::Floats)
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

/// Changes the values of a tensor in place, or in a copy where somebody else holds it too.
pub(crate) fn change(
    tensor: &mut Arc<Tensor>,
    memory: &mut Budget,
    change: impl FnOnce(&mut [f32]),
) -> Result<(), Fault> {
    let shape = tensor.shape().to_vec();
    let taken = std::mem::replace(tensor, new_tensor(vec![0], vec![])?);
    let mut values = owned(taken, memory)?;
    change(&mut values);
    *tensor = new_tensor(shape, values)?;
    Ok(())
}

/// Weights of this shape. Whoever makes them pays for them first.
pub(crate) fn new_tensor(shape: Vec<usize>, values: Vec<f32>) -> Result<Arc<Tensor>, Fault> {
    Tensor::new(shape, values).map(Arc::new).map_err(|error| Fault::damaged(error.to_string()))
}
