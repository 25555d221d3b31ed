//! The second module: the WebGPU engine alone.

use js_sys::{Array, Float32Array, Uint32Array};
use rollcall_core::Engine;
use rollcall_engine::wonnx::{Gpu, WonnxEngine};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    serve::{read_models, run, throw, to_js},
    wire::Fault,
};

/// Runs networks with WebGPU. Models are known by name; each is specialised to an input shape when
/// that shape is first seen.
#[wasm_bindgen]
pub struct GpuEngine {
    engine: WonnxEngine,
}

#[wasm_bindgen]
impl GpuEngine {
    /// Opens the graphics adapter and reads `models`, an array of `[name, Uint8Array]`.
    ///
    /// # Errors
    /// Where there is no adapter, only a software one that is not allowed, or a model cannot be
    /// read: a fault object (see `wire.rs`).
    pub async fn create(models: Array, allow_software: bool) -> Result<GpuEngine, JsValue> {
        let set = read_models(&models)?;
        let gpu = Gpu::open().await.map_err(|error| lost(error.to_string()))?;
        if gpu.is_software() && !allow_software {
            return Err(lost(format!("its adapter ({}) is a program", gpu.name())));
        }
        Ok(Self { engine: WonnxEngine::new(set, gpu) })
    }

    /// Runs the model called `model` on an input of `shape` (`[batch, channels, height, width]`);
    /// gives an array of `[Uint32Array shape, Float32Array values]`, one an output.
    ///
    /// # Errors
    /// A fault object.
    pub async fn run(
        &self,
        model: String,
        shape: Uint32Array,
        data: Float32Array,
    ) -> Result<Array, JsValue> {
        run(&self.engine, &model, &shape, &data).await
    }

    /// Core's `EngineReport`; `why` is left empty.
    ///
    /// # Errors
    /// None in practice: when the report cannot be turned into an object.
    pub fn report(&self) -> Result<JsValue, JsValue> {
        Ok(to_js(&self.engine.report())?)
    }

    /// Takes the device away, as a driver that crashes does. Tests of falling back need it.
    #[wasm_bindgen(js_name = loseDevice)]
    pub fn lose_device(&self) {
        self.engine.lose_device();
    }
}

fn lost(reason: String) -> JsValue {
    throw(&Fault::DeviceLost { reason })
}
