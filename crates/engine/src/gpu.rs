//! The graphics adapter: asking for it, and knowing when it is gone.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use wgpu::wgpu30;

/// How long one run may take before the adapter counts as lost. Real ones take milliseconds, and
/// some seconds when they compile a network for the first time.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same for a program that acts as a GPU, which takes up to ten seconds for a detection.
const SOFTWARE_PATIENCE: Duration = Duration::from_secs(300);

/// There is no graphics adapter, or it cannot be used. The words fit after "because".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no graphics card can be used here: {0}")]
pub struct NoAdapter(String);

/// What to do where no adapter is found.
const NOT_FOUND: &str = if cfg!(target_arch = "wasm32") {
    "the browser offers none (update it and the graphics driver)"
} else {
    "there is no driver for Vulkan, Metal or Direct3D 12 (install the graphics driver)"
};

/// An open graphics adapter.
#[derive(Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) health: Health,
    name: String,
    software: bool,
}

impl Gpu {
    /// Opens the fastest graphics adapter there is: WebGPU in a browser, else Vulkan, Metal or
    /// Direct3D 12.
    ///
    /// # Errors
    /// Where there is none (an insecure page has no WebGPU at all) or it refuses.
    pub async fn open() -> Result<Self, NoAdapter> {
        let instance =
            wgpu30::Instance::new(wgpu30::InstanceDescriptor::new_without_display_handle());
        let options = wgpu30::RequestAdapterOptions {
            power_preference: wgpu30::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await;
        let adapter = adapter.map_err(|error| {
            NoAdapter(match error {
                wgpu30::RequestAdapterError::NotFound { .. } => NOT_FOUND.to_owned(),
                other => other.to_string(),
            })
        })?;
        let descriptor =
            wgpu30::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| NoAdapter(error.to_string()))?;
        let health = Health::default();
        health.watch(&device);
        let (name, software) = identity(&adapter.get_info(), &device);
        let patience = if software { SOFTWARE_PATIENCE } else { PATIENCE };
        let device = wgpu::Device::new(device, queue, patience);
        Ok(Self { device, health, name, software })
    }

    /// The same adapter, which counts as lost when one run takes longer than `patience`. By default
    /// that is 30 seconds, for a program that acts as a GPU 300.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.device = self.device.with_patience(patience);
        self
    }

    /// The adapter's name, never empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a program that only acts as a GPU.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// Does `work`, a call of wonnx, and says what the device thinks of it. Only one such call may
    /// be under way at a time.
    pub(crate) async fn watched<F: Future>(&self, work: F) -> Result<F::Output, Trouble> {
        use wgpu30::ErrorFilter::{Internal, OutOfMemory, Validation};
        let memory = self.device.push_error_scope(OutOfMemory);
        let internal = self.device.push_error_scope(Internal);
        let validation = self.device.push_error_scope(Validation);
        let done = within(self.device.patience(), wgpu::with_device(&self.device, work)).await;
        let (validation, internal, memory) = (validation.pop(), internal.pop(), memory.pop());
        let Some(done) = done else {
            let seconds = self.device.patience().as_secs();
            self.health.lose(&format!("no answer within {seconds} seconds"));
            return Err(Trouble::Lost);
        };
        for fault in [memory.await, internal.await].into_iter().flatten() {
            self.health.lose(&fault.to_string());
        }
        let invalid = validation.await;
        // Natively a device says that it is lost only when it is asked.
        let _ = wgpu30::Device::poll(&self.device, wgpu30::PollType::Poll);
        if self.health.lost().is_some() {
            return Err(Trouble::Lost);
        }
        match invalid {
            Some(fault) => Err(Trouble::Refused(fault.to_string())),
            None => Ok(done),
        }
    }
}

/// Why the device did not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is gone, see [`Health::lost`].
    Lost,
    /// It does not take this shader or buffer.
    Refused(String),
}

/// Whether a device still works, and if not, why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    /// Why the device is lost, if it is.
    pub(crate) fn lost(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the device is lost. The first reason stays.
    pub(crate) fn lose(&self, reason: &str) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.get_or_insert_with(|| reason.trim().to_owned());
    }

    fn watch(&self, device: &wgpu30::Device) {
        let health = self.clone();
        device.set_device_lost_callback(move |reason, message| {
            health.lose(if message.trim().is_empty() {
                match reason {
                    wgpu30::DeviceLostReason::Destroyed => "it was switched off",
                    wgpu30::DeviceLostReason::Unknown => "it was lost",
                }
            } else {
                &message
            });
        });
        let health = self.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu30::Error| {
            health.lose(&error.to_string());
        }));
    }
}

/// `work`, or nothing if it takes longer than `limit`.
#[cfg(target_arch = "wasm32")]
async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    use futures::future::{Either, select};
    let timeout = gloo_timers::future::sleep(limit);
    match select(Box::pin(work), timeout).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// `work`: natively the only thing that takes long is [`wgpu::Device::poll`], which has a limit.
#[cfg(not(target_arch = "wasm32"))]
async fn within<F: Future>(_limit: Duration, work: F) -> Option<F::Output> {
    Some(work.await)
}

/// The adapter's name and whether it is software.
fn identity(info: &wgpu30::AdapterInfo, device: &wgpu30::Device) -> (String, bool) {
    let mut names = vec![info.name.clone()];
    names.extend(browser_names(device));
    names.retain(|name| !name.trim().is_empty());
    names.dedup();
    // Chromium's SwiftShader does not call itself a fallback when it is asked for by name.
    let software = info.device_type == wgpu30::DeviceType::Cpu
        || names.iter().any(|name| name.eq_ignore_ascii_case("swiftshader"));
    let name = if names.is_empty() { "unnamed adapter".to_owned() } else { names.join(" ") };
    (name, software)
}

/// What else a browser tells of its adapter: it often leaves the description empty.
#[cfg(target_arch = "wasm32")]
fn browser_names(device: &wgpu30::Device) -> Vec<String> {
    let Some(device) = device.as_webgpu() else { return vec![] };
    let Ok(info) = js_sys::Reflect::get(device, &"adapterInfo".into()) else { return vec![] };
    let field = |name: &str| js_sys::Reflect::get(&info, &name.into()).ok()?.as_string();
    ["vendor", "architecture", "device"].into_iter().filter_map(field).collect()
}

#[cfg(not(target_arch = "wasm32"))]
fn browser_names(_device: &wgpu30::Device) -> Vec<String> {
    vec![]
}
