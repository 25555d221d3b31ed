//! The second module: the WebGPU engine alone.

use js_sys::{Array, Float32Array, Uint8Array, Uint32Array};
use rollcall_core::Engine;
use rollcall_engine::{
    ModelSet,
    wonnx::{Gpu, WonnxEngine},
};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::wire::{self, Fault};

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
        let mut set = ModelSet::new();
        for pair in models.iter() {
            let pair = Array::from(&pair);
            let name = pair.get(0).as_string().unwrap_or_default();
            let file = pair.get(1).dyn_into::<Uint8Array>()?.to_vec();
            set = set.with(&name, &file).map_err(|error| unsupported(&name, error.to_string()))?;
        }
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
        let thrown = |error| throw(&Fault::of(error, &model));
        let input = wire::from_js(&shape, &data).map_err(thrown)?;
        let outputs = self.engine.run(&model, &input).await.map_err(thrown)?;
        Ok(outputs.iter().map(wire::to_js).collect())
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

fn unsupported(model: &str, reason: String) -> JsValue {
    throw(&Fault::Unsupported { model: model.to_owned(), reason })
}

fn lost(reason: String) -> JsValue {
    throw(&Fault::DeviceLost { reason })
}

fn throw(fault: &Fault) -> JsValue {
    to_js(fault).unwrap_or_else(|error| error.into())
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())
}
