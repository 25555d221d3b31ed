//! The slice of wgpu 0.16 that published wonnx 0.5.1 uses, over today's wgpu.
//!
//! The workspace puts this crate in wgpu 0.16's place with `[patch.crates-io]`, because that wgpu
//! no longer compiles for wasm32. What kept its form since then is re-exported; what changed is
//! written again here, and only as far as wonnx calls it.
//!
//! One thing is different on purpose. wonnx opens an adapter and a device of its own for every
//! session and panics where there is none. Here it gets the device its caller has already opened:
//! the caller wraps every wonnx future in [`with_device`]. So a missing adapter is an error of the
//! caller's and not a panic of wonnx's, all sessions share one device, and compute passes are
//! counted.

mod device;
mod scope;
pub mod util;

pub use device::{
    CommandBuffer, CommandEncoder, ComputePassDescriptor, ComputePipelineDescriptor, Device,
    Maintain, Queue,
};
pub use scope::{
    Adapter, Dx12Compiler, Instance, InstanceDescriptor, NoDevice, WithDevice, with_device,
};
pub use wgpu30;
// The names above come before those of this glob.
pub use wgpu30::*;
