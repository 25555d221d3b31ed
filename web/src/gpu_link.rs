//! The GPU module's engine, as the main module sees it: a JavaScript object.

use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    error::words,
    wire::{self, Fault},
};

#[wasm_bindgen]
extern "C" {
    /// `GpuEngine` of the second module (`gpu.rs`).
    type GpuObject;

    #[wasm_bindgen(method)]
    fn report(this: &GpuObject) -> JsValue;

    #[wasm_bindgen(method, catch)]
    async fn run(
        this: &GpuObject,
        model: &str,
        shape: js_sys::Uint32Array,
        data: js_sys::Float32Array,
    ) -> Result<JsValue, JsValue>;
}

/// An [`Engine`] that runs in the GPU module.
pub(crate) struct GpuLink {
    object: GpuObject,
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
        Box::pin(async move {
            let shape = wire::shape_to_js(input);
            let data = js_sys::Float32Array::from(input.data());
            // What is no error of ours (a trap, say) means that the module is lost, and the device.
            let outputs = self.object.run(model, shape, data).await.map_err(|thrown| {
                fault(&thrown)
                    .map_or_else(|| EngineError::DeviceLost(words(&thrown)), EngineError::from)
            })?;
            js_sys::Array::from(&outputs).iter().map(|output| tensor(&output, model)).collect()
        })
    }
}

/// The error the GPU module threw, if it is one of its own.
pub(crate) fn fault(thrown: &JsValue) -> Option<Fault> {
    serde_wasm_bindgen::from_value(thrown.clone()).ok()
}

/// Reads `[shape, values]`.
fn tensor(output: &JsValue, model: &str) -> Result<Tensor, EngineError> {
    let pair = js_sys::Array::from(output);
    let wrong = || EngineError::Failed {
        model: model.to_owned(),
        reason: "no tensor came back".to_owned(),
    };
    let shape: js_sys::Uint32Array = pair.get(0).dyn_into().map_err(|_| wrong())?;
    let data: js_sys::Float32Array = pair.get(1).dyn_into().map_err(|_| wrong())?;
    wire::from_js(&shape, &data)
}
