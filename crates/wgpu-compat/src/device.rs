//! The device, its queue, and what is made of them.

use std::{
    borrow::Cow,
    fmt,
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    Buffer, BufferUsages, ComputePass, ComputePipeline, PipelineLayout, ShaderModule,
    util::BufferInitDescriptor,
};

type GiveUp = Box<dyn FnOnce() + Send>;

struct Shared {
    queue: wgpu30::Queue,
    /// How long [`Device::poll`] waits.
    patience: Duration,
    compute_passes: AtomicU64,
    /// Tells who waits for a readback that there will be none.
    give_up: Mutex<Option<GiveUp>>,
}

/// An open device and what is counted about it. Copies are the same device.
#[derive(Clone)]
pub struct Device {
    inner: wgpu30::Device,
    shared: Arc<Shared>,
}

impl Device {
    /// A device for wonnx, whose work may take as long as `patience` at a time.
    #[must_use]
    pub fn new(device: wgpu30::Device, queue: wgpu30::Queue, patience: Duration) -> Self {
        let shared = Shared {
            queue,
            patience,
            compute_passes: AtomicU64::new(0),
            give_up: Mutex::new(None),
        };
        Self { inner: device, shared: Arc::new(shared) }
    }

    /// The same device with another time limit; it begins to count anew.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self::new(self.inner, self.shared.queue.clone(), patience)
    }

    /// How many compute passes wonnx has begun and submitted so far.
    #[must_use]
    pub fn compute_passes(&self) -> u64 {
        self.shared.compute_passes.load(Ordering::Relaxed)
    }

    /// How long [`Device::poll`] waits.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.shared.patience
    }

    pub(crate) fn queue(&self) -> Queue {
        Queue { shared: Arc::clone(&self.shared) }
    }

    pub(crate) fn set_give_up(&self, give_up: impl FnOnce() + Send + 'static) {
        *self.shared.give_up.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Box::new(give_up));
    }

    /// Waits for the work submitted, at most as long as the device's patience. `Maintain` is an
    /// argument of poll today, `PollType`, and has a time limit.
    pub fn poll(&self, _wait: Maintain) {
        let wait =
            wgpu30::PollType::Wait { submission_index: None, timeout: Some(self.shared.patience) };
        // An error is a time-out; either way, who got no answer by now is told so.
        let _ = self.inner.poll(wait);
        let give_up = self.shared.give_up.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(give_up) = give_up {
            give_up();
        }
    }

    /// Entry points are optional today, and pipelines have compilation options and caches.
    #[must_use]
    pub fn create_compute_pipeline(
        &self,
        descriptor: &ComputePipelineDescriptor<'_>,
    ) -> ComputePipeline {
        self.inner.create_compute_pipeline(&wgpu30::ComputePipelineDescriptor {
            label: descriptor.label,
            layout: descriptor.layout,
            module: descriptor.module,
            entry_point: Some(descriptor.entry_point),
            compilation_options: wgpu30::PipelineCompilationOptions::default(),
            cache: None,
        })
    }

    /// Copies `contents` to the GPU through the queue. Mapping the new buffer, as wgpu itself does,
    /// panics where there is no memory for it; this way it is an error of the device's.
    #[must_use]
    pub fn create_buffer_init(&self, descriptor: &BufferInitDescriptor<'_>) -> Buffer {
        let mut contents = Cow::Borrowed(descriptor.contents);
        let padded = contents.len().next_multiple_of(wgpu30::COPY_BUFFER_ALIGNMENT as usize);
        if padded > contents.len() {
            contents.to_mut().resize(padded, 0);
        }
        let buffer = self.inner.create_buffer(&wgpu30::BufferDescriptor {
            label: descriptor.label,
            size: padded as u64,
            usage: descriptor.usage | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.shared.queue.write_buffer(&buffer, 0, &contents);
        buffer
    }

    /// Gives an encoder that counts.
    #[must_use]
    pub fn create_command_encoder(
        &self,
        descriptor: &wgpu30::CommandEncoderDescriptor<'_>,
    ) -> CommandEncoder {
        CommandEncoder { inner: self.inner.create_command_encoder(descriptor), compute_passes: 0 }
    }
}

impl Deref for Device {
    type Target = wgpu30::Device;

    fn deref(&self) -> &wgpu30::Device {
        &self.inner
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(&self.inner).finish()
    }
}

/// What `poll` is to do; wonnx only ever waits.
pub enum Maintain {
    /// Wait until all submitted work is done.
    Wait,
}

/// A device's queue, which counts the compute passes it is given.
pub struct Queue {
    shared: Arc<Shared>,
}

impl Queue {
    /// Submits commands and counts their compute passes.
    pub fn submit(&self, commands: impl IntoIterator<Item = CommandBuffer>) {
        let commands = commands.into_iter().map(|command| {
            self.shared.compute_passes.fetch_add(command.compute_passes, Ordering::Relaxed);
            command.inner
        });
        self.shared.queue.submit(commands);
    }
}

impl Deref for Queue {
    type Target = wgpu30::Queue;

    fn deref(&self) -> &wgpu30::Queue {
        &self.shared.queue
    }
}

/// Records commands and counts compute passes.
pub struct CommandEncoder {
    inner: wgpu30::CommandEncoder,
    compute_passes: u64,
}

/// Recorded commands.
pub struct CommandBuffer {
    inner: wgpu30::CommandBuffer,
    compute_passes: u64,
}

impl CommandEncoder {
    /// The descriptor has timestamps today.
    pub fn begin_compute_pass(
        &mut self,
        descriptor: &ComputePassDescriptor<'_>,
    ) -> ComputePass<'_> {
        self.compute_passes += 1;
        self.inner.begin_compute_pass(&wgpu30::ComputePassDescriptor {
            label: descriptor.label,
            timestamp_writes: None,
        })
    }

    /// Ends the recording.
    #[must_use]
    pub fn finish(self) -> CommandBuffer {
        CommandBuffer { inner: self.inner.finish(), compute_passes: self.compute_passes }
    }
}

/// A compute pass, without the fields wonnx does not know.
pub struct ComputePassDescriptor<'a> {
    /// A name for debuggers.
    pub label: Option<&'a str>,
}

/// A compute pipeline, without the fields wonnx does not know.
pub struct ComputePipelineDescriptor<'a> {
    /// A name for debuggers.
    pub label: Option<&'a str>,
    /// The bindings, or what the shader says.
    pub layout: Option<&'a PipelineLayout>,
    /// The shader.
    pub module: &'a ShaderModule,
    /// Its function.
    pub entry_point: &'a str,
}
