//! Rollcall in a web worker: core, engine and index compiled to WebAssembly.
//!
//! Built twice. With the feature `cpu` it is the main module: [`Session`] fetches models and
//! database, decodes pictures, and says who is in them. With the feature `gpu` it is only the
//! WebGPU engine, a second file that a page without WebGPU never downloads; the main module calls
//! it through JavaScript, so that falling back to the CPU happens inside one worker. Further workers
//! with the main module may help that one with a scene: they only run networks ([`Helper`]).

#[cfg(feature = "cpu")]
mod choice;
#[cfg(feature = "cpu")]
mod database;
#[cfg(feature = "cpu")]
mod decode;
#[cfg(feature = "cpu")]
mod error;
#[cfg(feature = "cpu")]
mod fetch;
#[cfg(feature = "cpu")]
mod frames;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "cpu")]
mod helper;
#[cfg(feature = "cpu")]
mod hooks;
#[cfg(feature = "cpu")]
mod kept;
#[cfg(feature = "cpu")]
mod lessons;
#[cfg(feature = "cpu")]
mod models;
mod panic;
#[cfg(feature = "cpu")]
mod remote;
#[cfg(feature = "cpu")]
mod searcher;
mod serve;
#[cfg(feature = "cpu")]
mod session;
#[cfg(feature = "cpu")]
mod stages;
mod wire;

#[cfg(feature = "gpu")]
pub use gpu::GpuEngine;
#[cfg(feature = "cpu")]
pub use helper::Helper;
pub use panic::on_panic;
#[cfg(feature = "cpu")]
pub use searcher::Searcher;
#[cfg(feature = "cpu")]
pub use session::Session;
