//! What the page has learnt of the user's own performers, as it hands it over.

use std::collections::BTreeMap;

use js_sys::Float32Array;
use rollcall_core::{Embedding, Known};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use crate::error::WebError;

/// `Known` of the TypeScript client.
#[derive(Deserialize)]
struct Told {
    id: u32,
    name: String,
    disambiguation: Option<String>,
    stash_ids: BTreeMap<String, Uuid>,
}

/// Who the page means.
pub(crate) fn known_of(told: JsValue) -> Result<Known, WebError> {
    let told: Told = serde_wasm_bindgen::from_value(told)
        .map_err(|error| WebError::Settings(error.to_string()))?;
    let Told { id: number, name, disambiguation, stash_ids } = told;
    Ok(Known { number, name, disambiguation, stash_ids })
}

/// Embeddings as the page keeps them: one after the other, each as long as the pack says.
pub(crate) fn embeddings_of(
    values: &Float32Array,
    dimensions: &[usize],
) -> Result<Vec<Embedding>, WebError> {
    let mut values = values.to_vec();
    let wrong = |why: &str| WebError::Settings(why.to_owned());
    if values.len() != dimensions.iter().sum::<usize>() {
        return Err(wrong("not one embedding for each model of the pack"));
    }
    let mut embeddings = Vec::with_capacity(dimensions.len());
    for &dimension in dimensions {
        let rest = values.split_off(dimension);
        let embedding = Embedding::from_raw(std::mem::replace(&mut values, rest));
        embeddings.push(embedding.map_err(|error| wrong(&error.to_string()))?);
    }
    Ok(embeddings)
}
