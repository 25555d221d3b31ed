//! How tensors and errors of engines cross from one module to the other.

use js_sys::{Array, Float32Array, Uint32Array};
use rollcall_core::{EngineError, Tensor};
use serde::{Deserialize, Serialize};

/// A tensor as `[Uint32Array shape, Float32Array values]`.
pub(crate) fn to_js(tensor: &Tensor) -> Array {
    let shape = shape_to_js(tensor);
    Array::of2(&shape, &Float32Array::from(tensor.data()))
}

/// A tensor's shape alone.
pub(crate) fn shape_to_js(tensor: &Tensor) -> Uint32Array {
    // Far below 2^32: a module has 4 GB of memory in all.
    let shape: Vec<u32> = tensor.shape().iter().map(|&d| d as u32).collect();
    Uint32Array::from(&shape[..])
}

/// The tensor with this shape and these values.
///
/// # Errors
/// When they do not fit together.
pub(crate) fn from_js(shape: &Uint32Array, data: &Float32Array) -> Result<Tensor, EngineError> {
    let shape = shape.to_vec().into_iter().map(|d| d as usize).collect();
    Ok(Tensor::new(shape, data.to_vec())?)
}

/// An [`EngineError`] as a plain JavaScript object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// [`EngineError::UnknownModel`]
    UnknownModel { model: String },
    /// [`EngineError::Unsupported`]
    Unsupported { model: String, reason: String },
    /// [`EngineError::DeviceLost`]
    DeviceLost { reason: String },
    /// [`EngineError::Failed`], and [`EngineError::Shape`], which only differs in its words.
    Failed { model: String, reason: String },
}

impl Fault {
    /// `model` is the one that ran.
    pub(crate) fn of(error: EngineError, model: &str) -> Self {
        match error {
            EngineError::UnknownModel(model) => Self::UnknownModel { model },
            EngineError::Unsupported { model, reason } => Self::Unsupported { model, reason },
            EngineError::DeviceLost(reason) => Self::DeviceLost { reason },
            EngineError::Failed { model, reason } => Self::Failed { model, reason },
            EngineError::Shape(error) => {
                Self::Failed { model: model.to_owned(), reason: error.to_string() }
            }
        }
    }
}

#[cfg(feature = "cpu")]
impl From<Fault> for EngineError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownModel { model } => Self::UnknownModel(model),
            Fault::Unsupported { model, reason } => Self::Unsupported { model, reason },
            Fault::DeviceLost { reason } => Self::DeviceLost(reason),
            Fault::Failed { model, reason } => Self::Failed { model, reason },
        }
    }
}
