//! Engines of other modules and other workers, as the main module sees them: JavaScript objects.

use js_sys::{Array, Float32Array, Uint32Array};
use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};
use rollcall_engine::simd::SimdEngine;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    error::words,
    wire::{self, Fault},
};

#[wasm_bindgen]
extern "C" {
    /// Runs networks as `serve.rs` does at the other end.
    pub type Remote;

    #[wasm_bindgen(method)]
    fn report(this: &Remote) -> JsValue;

    #[wasm_bindgen(method, catch)]
    async fn run(
        this: &Remote,
        model: &str,
        shape: Uint32Array,
        data: Float32Array,
    ) -> Result<JsValue, JsValue>;

    /// The workers that help with a scene: `Pool` of `web/client/pool.ts`.
    #[wasm_bindgen(extends = Remote)]
    pub type Helpers;

    /// Whether there is one that takes runs.
    #[wasm_bindgen(method, js_name = isReady)]
    fn is_ready(this: &Helpers) -> bool;

    #[wasm_bindgen(method, js_name = atOnce)]
    fn at_once(this: &Helpers) -> usize;
}

/// The engine of the GPU module.
pub(crate) struct GpuLink {
    object: Remote,
    why: String,
}

impl GpuLink {
    /// Takes what `Hooks::start_gpu` gave.
    pub(crate) fn new(engine: JsValue) -> Self {
        Self { object: engine.unchecked_into(), why: String::new() }
    }

    /// The same with the reason why it was chosen, a sentence for the user.
    pub(crate) fn with_why(self, why: String) -> Self {
        Self { why, ..self }
    }
}

impl Engine for GpuLink {
    fn report(&self) -> EngineReport {
        let report = serde_wasm_bindgen::from_value(self.object.report()).unwrap_or_default();
        EngineReport { why: self.why.clone(), ..report }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(run(&self.object, model, input))
    }
}

/// The CPU engine, here and in the workers that help: they all have the same module and the same
/// models, so it does not matter who runs a network.
pub(crate) struct SharedEngine {
    own: SimdEngine,
    helpers: Helpers,
}

impl SharedEngine {
    /// Shares what `own` would run with `helpers`, as soon and as long as there are any.
    pub(crate) fn new(own: SimdEngine, helpers: Helpers) -> Self {
        Self { own, helpers }
    }

    async fn run_anywhere(&self, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        while self.helpers.is_ready() {
            match run(&self.helpers, model, input).await {
                // That one is not asked again, so this ends.
                Err(EngineError::DeviceLost(_)) => {}
                other => return other,
            }
        }
        self.own.run(model, input).await
    }
}

impl Engine for SharedEngine {
    fn report(&self) -> EngineReport {
        self.own.report()
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(self.run_anywhere(model, input))
    }

    fn at_once(&self) -> usize {
        self.helpers.at_once()
    }
}

async fn run(remote: &Remote, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
    let shape = wire::shape_to_js(input);
    let data = Float32Array::from(input.data());
    // What is no error of ours (a trap, say) means that the module is lost, and the device.
    let outputs = remote.run(model, shape, data).await.map_err(|thrown| {
        fault(&thrown).map_or_else(|| EngineError::DeviceLost(words(&thrown)), EngineError::from)
    })?;
    Array::from(&outputs).iter().map(|output| tensor(&output, model)).collect()
}

/// The error the other side threw, if it is one of its own.
pub(crate) fn fault(thrown: &JsValue) -> Option<Fault> {
    serde_wasm_bindgen::from_value(thrown.clone()).ok()
}

/// Reads `[shape, values]`.
fn tensor(output: &JsValue, model: &str) -> Result<Tensor, EngineError> {
    let pair = Array::from(output);
    let wrong = || EngineError::Failed {
        model: model.to_owned(),
        reason: "no tensor came back".to_owned(),
    };
    let shape: Uint32Array = pair.get(0).dyn_into().map_err(|_| wrong())?;
    let data: Float32Array = pair.get(1).dyn_into().map_err(|_| wrong())?;
    wire::from_js(&shape, &data)
}
