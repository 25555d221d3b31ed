//! Prepares networks and runs them.
//!
//! A model file becomes a [`Network`]; a network and an input shape become a [`Graph`]; engines run
//! graphs.

pub mod choose;
mod constant;
mod error;
mod fallback;
#[cfg(feature = "gpu")]
mod gpu;
mod graph;
mod limits;
mod models;
mod network;
mod onnx;
mod prepare;
#[cfg(feature = "cpu")]
pub mod rten;
#[cfg(feature = "simd")]
pub mod simd;
mod specialise;
#[cfg(feature = "gpu")]
pub mod wonnx;

pub use error::ModelError;
pub use fallback::FallbackEngine;
pub use graph::{Conv, Graph, Node, Op, Value, ValueId, Window};
pub use limits::Limits;
pub use models::ModelSet;
pub use network::Network;
pub use prepare::prepare;
