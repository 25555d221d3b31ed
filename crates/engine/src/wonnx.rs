//! The GPU engine on the wonnx library: WebGPU in a browser, else Vulkan, Metal or Direct3D 12.

mod rewrite;

use std::{cell::RefCell, collections::HashMap, panic::AssertUnwindSafe, rc::Rc};

use futures::{FutureExt, lock::Mutex};
use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};
use wonnx::{
    GpuError, Session, SessionError,
    utils::{InputTensor, OutputTensor},
};

pub use crate::gpu::{Gpu, NoAdapter};
use crate::{
    ModelSet,
    gpu::Trouble,
    models::{Specialised, one_of, unsupported},
};

/// Runs networks on the GPU.
///
/// Once the device is lost it stays lost: every run gives [`EngineError::DeviceLost`].
pub struct WonnxEngine {
    models: ModelSet,
    gpu: Gpu,
    compiled: RefCell<Specialised<Compiled>>,
    /// Held by the run under way: the device says what went wrong, but not with which run.
    turn: Mutex<()>,
    why: String,
}

/// A network on the GPU.
struct Compiled {
    session: Session,
    input: String,
    /// Names and shapes of the outputs.
    outputs: Vec<(String, Vec<usize>)>,
}

impl WonnxEngine {
    /// The name it reports.
    pub const NAME: &str = "wonnx";

    /// An engine for `models` on `gpu`.
    #[must_use]
    pub fn new(models: ModelSet, gpu: Gpu) -> Self {
        let (compiled, turn) = (RefCell::default(), Mutex::default());
        Self { models, gpu, compiled, turn, why: String::new() }
    }

    /// The same with the reason why it was chosen, a sentence for the user.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Takes the device away, as a driver that crashes does. Tests of falling back need it.
    pub fn lose_device(&self) {
        self.gpu.device.destroy();
    }

    async fn compiled(&self, model: &str, shape: &[usize]) -> Result<Rc<Compiled>, EngineError> {
        if let Some(compiled) = self.compiled.borrow_mut().get(model, shape) {
            return Ok(compiled);
        }
        let graph = rewrite::rewrite(self.models.specialise(model, shape)?);
        let graph = graph.map_err(|reason| unsupported(model, reason))?;
        let file = graph.to_onnx();
        let session = self.call(model, Session::from_bytes(&file)).await?;
        let name = |id| graph.value(id).name.clone();
        let compiled = Compiled {
            session,
            input: name(graph.input),
            outputs: graph.outputs.iter().map(|&id| (name(id), graph.shape(id).to_vec())).collect(),
        };
        Ok(self.compiled.borrow_mut().insert(model, shape, compiled))
    }

    /// Calls wonnx. A panic in there is an error here (in a browser, where a panic ends the whole
    /// module, the main module takes its end for a lost device).
    async fn call<T>(
        &self,
        model: &str,
        work: impl Future<Output = Result<T, SessionError>>,
    ) -> Result<T, EngineError> {
        let lost = || {
            self.compiled.borrow_mut().clear();
            EngineError::DeviceLost(self.gpu.health.lost().unwrap_or_default())
        };
        match self.gpu.watched(AssertUnwindSafe(work).catch_unwind()).await {
            Err(Trouble::Lost) => Err(lost()),
            Err(Trouble::Refused(reason)) => Err(unsupported(model, reason)),
            Ok(Err(_panic)) => Err(unsupported(model, "wonnx panicked")),
            Ok(Ok(Err(SessionError::GpuError(GpuError::BufferAsyncError(_))))) => {
                self.gpu.health.lose("no result came back");
                Err(lost())
            }
            Ok(Ok(Err(error))) => Err(unsupported(model, error.to_string())),
            Ok(Ok(Ok(done))) => Ok(done),
        }
    }

    async fn run_all(&self, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let (count, shape) = one_of(model, input)?;
        let _turn = self.turn.lock().await;
        if let Some(reason) = self.gpu.health.lost() {
            return Err(EngineError::DeviceLost(reason));
        }
        let compiled = self.compiled(model, &shape).await?;
        let mut outputs = vec![Vec::new(); compiled.outputs.len()];
        let one = input.data().len() / count;
        for picture in input.data().chunks(one) {
            let mut results = self.run_one(model, &compiled, picture.to_vec()).await?;
            for ((name, _), all) in compiled.outputs.iter().zip(&mut outputs) {
                match results.remove(name) {
                    Some(OutputTensor::F32(values)) => all.extend(values),
                    _ => return Err(unsupported(model, format!("wonnx gave no output {name}"))),
                }
            }
        }
        let tensor = |((_, shape), values): (&(String, Vec<usize>), Vec<f32>)| {
            let rows = shape.first().copied().unwrap_or(1) * count;
            Ok(Tensor::new([&[rows], shape.get(1..).unwrap_or_default()].concat(), values)?)
        };
        compiled.outputs.iter().zip(outputs).map(tensor).collect()
    }

    async fn run_one(
        &self,
        model: &str,
        compiled: &Compiled,
        picture: Vec<f32>,
    ) -> Result<HashMap<String, OutputTensor>, EngineError> {
        let inputs = HashMap::from([(compiled.input.clone(), InputTensor::F32(picture.into()))]);
        self.call(model, compiled.session.run(&inputs)).await
    }
}

impl Engine for WonnxEngine {
    fn report(&self) -> EngineReport {
        EngineReport {
            name: Self::NAME.into(),
            adapter: Some(self.gpu.name().to_owned()),
            software_adapter: self.gpu.is_software(),
            dispatches: self.gpu.device.compute_passes(),
            why: self.why.clone(),
        }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(self.run_all(model, input))
    }
}
