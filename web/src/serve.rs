//! An engine of this module at the service of another module or worker: the end of a wire whose
//! other one is `remote.rs`.

use js_sys::{Array, Float32Array, Uint8Array, Uint32Array};
use rollcall_core::Engine;
use rollcall_engine::ModelSet;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use crate::wire::{self, Fault};

/// Reads an array of `[name, Uint8Array]`.
///
/// # Errors
/// A fault object (see `wire.rs`) for a model that cannot be read.
pub(crate) fn read_models(models: &Array) -> Result<ModelSet, JsValue> {
    let mut set = ModelSet::new();
    for pair in models.iter() {
        let pair = Array::from(&pair);
        let name = pair.get(0).as_string().unwrap_or_default();
        let file = pair.get(1).dyn_into::<Uint8Array>()?.to_vec();
        set = set.with(&name, &file).map_err(|error| {
            let reason = error.to_string();
            throw(&Fault::Unsupported { model: name.clone(), reason })
        })?;
    }
    Ok(set)
}

/// Runs `model` on an input of `shape` (`[batch, channels, height, width]`); gives an array of
/// `[Uint32Array shape, Float32Array values]`, one an output.
///
/// # Errors
/// A fault object.
pub(crate) async fn run(
    engine: &dyn Engine,
    model: &str,
    shape: &Uint32Array,
    data: &Float32Array,
) -> Result<Array, JsValue> {
    let thrown = |error| throw(&Fault::of(error, model));
    let input = wire::from_js(shape, data).map_err(thrown)?;
    let outputs = engine.run(model, &input).await.map_err(thrown)?;
    Ok(outputs.iter().map(wire::to_js).collect())
}

pub(crate) fn throw(fault: &Fault) -> JsValue {
    to_js(fault).unwrap_or_else(|error| error.into())
}

pub(crate) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())
}
