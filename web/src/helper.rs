//! A worker that only runs networks, for the one that knows what they are for.

use js_sys::{Array, Float32Array, Uint32Array};
use rollcall_engine::simd::SimdEngine;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::serve::{read_models, run};

/// The CPU engine alone.
#[wasm_bindgen]
pub struct Helper {
    engine: SimdEngine,
}

#[wasm_bindgen]
impl Helper {
    /// Reads `models`, an array of `[name, Uint8Array]`.
    ///
    /// # Errors
    /// A fault object (see `wire.rs`) for a model that cannot be read.
    #[wasm_bindgen(constructor)]
    pub fn new(models: &Array) -> Result<Helper, JsValue> {
        Ok(Self { engine: SimdEngine::new(read_models(models)?) })
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
}
