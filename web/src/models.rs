//! Fetching a model pack: `pack.json` and the prepared graphs it names.

use js_sys::{Array, Uint8Array};
use rollcall_core::{Pack, PackModel};
use wasm_bindgen::JsValue;

use crate::{
    error::WebError,
    fetch::{Freshness, fetch, fetch_verified},
    hooks::Hooks,
};

/// The most bytes a `pack.json` may have. Ours have about 1,000.
const MAX_PACK_JSON: u64 = 1 << 20;

/// The most bytes one prepared model may have: well above the largest face embedders in use.
const MAX_MODEL: u64 = 512 << 20;

/// A pack and its graphs' bytes, by the models' names, detector first.
pub(crate) struct Fetched {
    /// How to use them.
    pub(crate) pack: Pack,
    /// Name and bytes of each.
    pub(crate) models: Vec<(String, Vec<u8>)>,
}

impl Fetched {
    /// An array of `[name, Uint8Array]`, for another module or worker.
    pub(crate) fn to_js(&self) -> Array {
        let pair = |(name, file): &(String, Vec<u8>)| {
            Array::of2(&JsValue::from_str(name), &Uint8Array::from(&file[..]))
        };
        self.models.iter().map(pair).collect()
    }
}

/// Fetches the pack in the folder `base` (an absolute URL that ends in `/`).
///
/// # Errors
/// When a file cannot be had, is longer than announced, or does not have its SHA-256.
pub(crate) async fn fetch_pack(base: &str, hooks: &Hooks) -> Result<Fetched, WebError> {
    let url = format!("{base}pack.json");
    let wrong = |reason: String| WebError::Pack { url: url.clone(), reason };
    let json = fetch(&url, Freshness::AskAgain, MAX_PACK_JSON, |_| ()).await?;
    let pack: Pack = serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
    let wanted: Vec<&PackModel> = pack.models().collect();
    for model in &wanted {
        check(model).map_err(wrong)?;
    }
    let total = wanted.iter().map(|model| model.bytes).sum::<u64>() as f64;
    let mut before = 0;
    let mut models = Vec::with_capacity(wanted.len());
    for model in wanted {
        let url = format!("{base}{}.onnx", model.sha256);
        let bytes = fetch_verified(&url, model.bytes, &model.sha256, |so_far| {
            hooks.progress("models", (before + so_far) as f64, total, (before + so_far) as f64);
        })
        .await?;
        before += bytes.len() as u64;
        models.push((model.name.clone(), bytes));
    }
    Ok(Fetched { pack, models })
}

fn check(model: &PackModel) -> Result<(), String> {
    let hex = model.sha256.len() == 64
        && model.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !hex {
        return Err(format!("the SHA-256 of {} is not 64 lower-case hex digits", model.name));
    }
    if model.bytes > MAX_MODEL {
        return Err(format!("{} has {} bytes; the limit is {MAX_MODEL}", model.name, model.bytes));
    }
    Ok(())
}
