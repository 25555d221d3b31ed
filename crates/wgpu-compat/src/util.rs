//! What wonnx uses of `wgpu::util`.

use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

pub use wgpu30::util::{BufferInitDescriptor, DeviceExt};

use crate::{
    Adapter, Backends, BufferAsyncError, BufferSlice, Device, Instance, Queue, Surface, scope,
};

/// The backends the environment names: none, since the device is open already.
#[must_use]
pub fn backend_bits_from_env() -> Option<Backends> {
    None
}

/// The adapter of the device that is open, or nothing outside [`with_device`](crate::with_device).
pub fn initialize_adapter_from_env_or_default(
    _instance: &Instance,
    _backends: Backends,
    _surface: Option<&Surface<'_>>,
) -> Ready<Option<Adapter>> {
    ready(scope::current().map(Adapter))
}

/// Copies a buffer to where the CPU can read it.
pub struct DownloadBuffer;

impl DownloadBuffer {
    /// Reads `slice` and calls `callback` with its bytes.
    ///
    /// wonnx waits for the callback without limit and panics in it when it waits no more. So a
    /// [`Device::poll`] that ends without an answer calls it with an error, and it is not called
    /// at all once the future that asked was dropped.
    pub fn read_buffer(
        device: &Device,
        queue: &Queue,
        slice: &BufferSlice<'_>,
        callback: impl FnOnce(Result<wgpu30::util::DownloadBuffer, BufferAsyncError>) + Send + 'static,
    ) {
        let alive = scope::current().map(|scope| scope.alive);
        let callback = Arc::new(Mutex::new(Some(callback)));
        let answer = move |result| {
            let callback = callback.lock().unwrap_or_else(PoisonError::into_inner).take();
            let wanted = alive.as_ref().is_none_or(|alive| alive.load(Ordering::Relaxed));
            if let (Some(callback), true) = (callback, wanted) {
                callback(result);
            }
        };
        let give_up = answer.clone();
        device.set_give_up(move || give_up(Err(BufferAsyncError)));
        wgpu30::util::DownloadBuffer::read_buffer(device, queue, slice, answer);
    }
}
