//! Prepares networks and runs them.
//!
//! A model file becomes a [`Network`]; a network and an input shape become a [`Graph`]; engines run
//! graphs.

mod constant;
mod error;
mod graph;
mod limits;
mod models;
mod network;
mod onnx;
mod prepare;
#[cfg(feature = "cpu")]
pub mod rten;
mod specialise;

pub use error::ModelError;
pub use graph::{Conv, Graph, Node, Op, Value, ValueId, Window};
pub use limits::Limits;
pub use models::ModelSet;
pub use network::Network;
pub use prepare::prepare;
