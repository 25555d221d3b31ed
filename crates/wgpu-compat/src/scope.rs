//! Handing wonnx a device that is open already.

use std::{
    cell::RefCell,
    future::{Future, Ready, ready},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use crate::{Backends, Device, DeviceDescriptor, Queue};

/// What a future under [`with_device`] works with.
#[derive(Clone)]
pub(crate) struct Scope {
    device: Device,
    /// False once the future was dropped: nobody waits for its readbacks any more.
    pub(crate) alive: Arc<AtomicBool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// The scope of the future being polled.
pub(crate) fn current() -> Option<Scope> {
    CURRENT.with_borrow(Clone::clone)
}

/// Runs `future`, a call of wonnx, so that every device wonnx asks for is `device`.
pub fn with_device<F: Future>(device: &Device, future: F) -> WithDevice<F> {
    let scope = Scope { device: device.clone(), alive: Arc::new(AtomicBool::new(true)) };
    WithDevice { scope, future: Box::pin(future) }
}

/// The future [`with_device`] gives. It may be dropped at any time.
pub struct WithDevice<F> {
    scope: Scope,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for WithDevice<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let before = CURRENT.replace(Some(self.scope.clone()));
        let _restore = Restore(before);
        self.future.as_mut().poll(context)
    }
}

impl<F> Drop for WithDevice<F> {
    fn drop(&mut self) {
        self.scope.alive.store(false, Ordering::Relaxed);
    }
}

/// Puts the scope around this one back, even if wonnx panics.
struct Restore(Option<Scope>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// wonnx was called outside [`with_device`].
#[derive(Clone, Copy, Debug)]
pub struct NoDevice;

/// Where wonnx begins to look for a device.
pub struct Instance;

/// What wonnx asks of an [`Instance`]; nothing here changes which device it gets.
pub struct InstanceDescriptor {
    /// The backends wonnx would look through.
    pub backends: Backends,
    /// The compiler wonnx would use on Windows.
    pub dx12_shader_compiler: Dx12Compiler,
}

/// Shader compilers of Direct3D 12, as far as wonnx names them.
pub enum Dx12Compiler {
    /// The old one.
    Fxc,
}

impl Instance {
    /// Begins to look for a device.
    #[must_use]
    pub fn new(_descriptor: InstanceDescriptor) -> Self {
        Self
    }
}

/// The adapter of the device that is open.
pub struct Adapter(pub(crate) Scope);

impl Adapter {
    /// The device that is open and its queue.
    pub fn request_device(
        &self,
        _descriptor: &DeviceDescriptor<'_>,
        _trace: Option<&Path>,
    ) -> Ready<Result<(Device, Queue), NoDevice>> {
        let device = self.0.device.clone();
        let queue = device.queue();
        ready(Ok((device, queue)))
    }
}
