//! Fetching a model pack: `pack.json` and the prepared graphs it names, from the host or from what this
//! browser has kept.

use js_sys::{Array, Uint8Array};
use rollcall_core::{Pack, PackModel};
use rollcall_index::Cache;
use sha2::{Digest as _, Sha256};
use wasm_bindgen::JsValue;

use crate::{
    database::open_cache,
    error::WebError,
    fetch::{Freshness, fetch, fetch_verified, hex},
    hooks::Hooks,
};

/// What names the models of a pack, also where it is kept.
const PACK_JSON: &str = "pack.json";

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

/// Fetches the pack in the folder `base` (an absolute URL that ends in `/`). Where `keep` names an
/// IndexedDB, its files are kept there, and its host is not needed the next time.
///
/// # Errors
/// When a file cannot be had, is longer than announced, or does not have its SHA-256.
pub(crate) async fn fetch_pack(
    base: &str,
    keep: Option<&str>,
    hooks: &Hooks,
) -> Result<Fetched, WebError> {
    let cache = match keep {
        Some(name) => open_cache(name).await,
        None => None,
    };
    let cache = cache.as_deref();
    let url = format!("{base}{PACK_JSON}");
    let wrong = |reason: String| WebError::Pack { url: url.clone(), reason };
    let json = fetch_pack_json(&url, cache).await?;
    let pack: Pack = serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
    let wanted: Vec<&PackModel> = pack.models().collect();
    for model in &wanted {
        check(model).map_err(wrong)?;
    }
    let total = wanted.iter().map(|model| model.bytes).sum::<u64>() as f64;
    let mut before = 0;
    let mut models = Vec::with_capacity(wanted.len());
    for model in wanted {
        let told = |so_far| {
            hooks.progress("models", (before + so_far) as f64, total, (before + so_far) as f64);
        };
        let bytes = fetch_model(base, model, cache, told).await?;
        before += bytes.len() as u64;
        models.push((model.name.clone(), bytes));
    }
    if let Some(cache) = cache {
        // Last: what it names is there.
        cache.put(PACK_JSON, &json).await;
    }
    Ok(Fetched { pack, models })
}

/// The host's, or what was kept of it where the host is away.
async fn fetch_pack_json(url: &str, cache: Option<&dyn Cache>) -> Result<Vec<u8>, WebError> {
    let fetched = fetch(url, Freshness::AskAgain, MAX_PACK_JSON, |_| ()).await;
    match (fetched, cache) {
        (Err(error @ (WebError::Unreachable { .. } | WebError::Status { .. })), Some(cache)) => {
            cache.get(PACK_JSON, MAX_PACK_JSON as usize, false).await.map_err(|_| error)
        }
        (fetched, _) => fetched,
    }
}

async fn fetch_model(
    base: &str,
    model: &PackModel,
    cache: Option<&dyn Cache>,
    told: impl Fn(u64),
) -> Result<Vec<u8>, WebError> {
    if let Some(cache) = cache
        && let Ok(kept) = cache.get(&model.sha256, model.bytes as usize, false).await
        && hex(&Sha256::digest(&kept)) == model.sha256
    {
        told(model.bytes);
        return Ok(kept);
    }
    let url = format!("{base}{}.onnx", model.sha256);
    let bytes = fetch_verified(&url, model.bytes, &model.sha256, told).await?;
    if let Some(cache) = cache {
        cache.put(&model.sha256, &bytes).await;
    }
    Ok(bytes)
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
