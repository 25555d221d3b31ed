//! What runs a network.

use std::{future::Future, pin::Pin};

use crate::{ShapeError, Tensor};

/// A future that need not cross threads: in a browser none can.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs prepared networks. Who calls it cannot tell a GPU from a CPU but by [`Engine::report`].
pub trait Engine {
    /// Which engine this is, and what it has done so far.
    fn report(&self) -> EngineReport;

    /// Runs the network called `model` (see [`crate::PackModel::name`]) on `input`, shaped
    /// `[batch, channels, height, width]`, and gives its outputs in the order the graph declares.
    ///
    /// The network is specialised to the input's shape the first time that shape is seen. An
    /// output does not depend on what else is in the batch.
    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>>;

    /// How many runs it is best given at a time, at least 1: more than one where runs go on side by
    /// side. What comes out of a run does not depend on it.
    fn at_once(&self) -> usize {
        1
    }
}

/// Which engine ran, on what, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineReport {
    /// The engine's name: `simd`, `rten` or `wonnx`.
    pub name: String,
    /// The graphics adapter's name, for a GPU engine.
    pub adapter: Option<String>,
    /// Whether the adapter is a program that only acts as a GPU.
    pub software_adapter: bool,
    /// How many compute passes the GPU has been given. 0 on the CPU.
    pub dispatches: u64,
    /// Why this engine was chosen, in a sentence for the user.
    pub why: String,
}

/// Why a network did not run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// No model of that name was loaded.
    #[error("the model {0} is not loaded; reload the page or fetch the model pack again")]
    UnknownModel(String),
    /// The graph has an operator or a shape this engine does not run.
    #[error("the model {model} cannot run here: {reason}; choose another model or engine")]
    Unsupported {
        /// The model's name.
        model: String,
        /// What in it cannot run.
        reason: String,
    },
    /// The graphics device went away or ran out of memory. Another engine can go on.
    #[error("the graphics card stopped answering ({0}); going on with the CPU")]
    DeviceLost(String),
    /// The network ran and failed.
    #[error("the model {model} failed: {reason}; please report this picture's format and size")]
    Failed {
        /// The model's name.
        model: String,
        /// What went wrong.
        reason: String,
    },
    /// An input or output had the wrong number of values.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}
