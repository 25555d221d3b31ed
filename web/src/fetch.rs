//! Fetching whole files: never more bytes than allowed, and only those that were promised.

use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ReadableStreamDefaultReader, RequestCache, RequestInit, Response, WorkerGlobalScope,
};

use crate::error::{WebError, words};

/// How far the browser's cache is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// The name stands for the content: what is cached is right.
    NameSaysAll,
    /// The content may have changed under the same name: ask the host. Hosts that say nothing
    /// about caching (Stash's own file server) would otherwise keep us on an old version for days.
    AskAgain,
}

/// Fetches `url`, at most `limit` bytes of it, telling `on_bytes` how many have come so far.
///
/// # Errors
/// When the host cannot be reached, does not answer 200, or sends more than `limit` bytes.
pub(crate) async fn fetch(
    url: &str,
    freshness: Freshness,
    limit: u64,
    mut on_bytes: impl FnMut(u64),
) -> Result<Vec<u8>, WebError> {
    let unreachable =
        |thrown: JsValue| WebError::Unreachable { url: url.to_owned(), reason: words(&thrown) };
    let init = RequestInit::new();
    init.set_cache(match freshness {
        Freshness::NameSaysAll => RequestCache::Default,
        Freshness::AskAgain => RequestCache::NoCache,
    });
    let response: Response = JsFuture::from(scope()?.fetch_with_str_and_init(url, &init))
        .await
        .and_then(JsCast::dyn_into)
        .map_err(unreachable)?;
    if response.status() != 200 {
        return Err(WebError::Status { url: url.to_owned(), status: response.status() });
    }
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader =
        body.get_reader().dyn_into().map_err(|thrown| unreachable(thrown.into()))?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next(&reader).await.map_err(unreachable)? {
        let length = bytes.len() as u64 + u64::from(chunk.length());
        if length > limit {
            // Its answer does not matter: we read no further either way.
            let _ = reader.cancel();
            return Err(WebError::TooLong { url: url.to_owned(), limit });
        }
        let start = bytes.len();
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        on_bytes(length);
    }
    Ok(bytes)
}

/// Like [`fetch`], and checks that the bytes have the SHA-256 `sha256` (lower-case hex).
///
/// # Errors
/// Those of [`fetch`], and when the checksum differs.
pub(crate) async fn fetch_verified(
    url: &str,
    limit: u64,
    sha256: &str,
    on_bytes: impl FnMut(u64),
) -> Result<Vec<u8>, WebError> {
    let bytes = fetch(url, Freshness::NameSaysAll, limit, on_bytes).await?;
    let found = hex(&Sha256::digest(&bytes));
    if found == sha256 {
        Ok(bytes)
    } else {
        Err(WebError::Checksum { url: url.to_owned(), wanted: sha256.to_owned(), found })
    }
}

async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<js_sys::Uint8Array>, JsValue> {
    let step = JsFuture::from(reader.read()).await?;
    if js_sys::Reflect::get(&step, &JsValue::from_str("done"))?.is_truthy() {
        return Ok(None);
    }
    js_sys::Reflect::get(&step, &JsValue::from_str("value"))?.dyn_into().map(Some)
}

pub(crate) fn scope() -> Result<WorkerGlobalScope, WebError> {
    js_sys::global()
        .dyn_into()
        .map_err(|_| WebError::Browser("Rollcall must run in a worker".to_owned()))
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
