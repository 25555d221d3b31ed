//! A database on a host, read with `fetch` from a page or a worker.

use gloo_net::http::Request;
use js_sys::{Reflect, Uint8Array};
use rollcall_core::LocalFuture;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, ReadableStream, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestCredentials,
};

use super::{Store, StoreError, is_file_name};

/// How long one file may take, in milliseconds: 8 MiB at the speed of an old mobile phone.
const PATIENCE: u32 = 300_000;

/// Files below an address. It tells the host nothing but the file's name: no cookies, no referrer.
#[derive(Clone, Debug)]
pub struct HttpStore {
    base: String,
}

impl HttpStore {
    /// The files below `base`, an absolute address.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: format!("{}/", base.trim_end_matches('/')) }
    }

    async fn fetch(
        &self,
        url: &str,
        name: &str,
        max_bytes: usize,
        fresh: bool,
    ) -> Result<Vec<u8>, StoreError> {
        let cache = if fresh { RequestCache::Reload } else { RequestCache::Default };
        // No file is larger than 8 MiB: a host that takes longer has stopped.
        let timeout = AbortSignal::timeout_with_u32(PATIENCE);
        let response = Request::get(url)
            .abort_signal(Some(&timeout))
            .credentials(RequestCredentials::Omit)
            .referrer_policy(ReferrerPolicy::NoReferrer)
            .cache(cache)
            .send()
            .await
            .map_err(|error| StoreError::unreachable(name, &error))?;
        match response.status() {
            200 => {}
            404 | 410 => return Err(StoreError::Missing(name.to_owned())),
            status => {
                return Err(StoreError::unreachable(name, &format!("the host says {status}")));
            }
        }
        match response.body() {
            Some(body) => read(&body, name, max_bytes).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Reads a stream and gives up as soon as it is too long.
async fn read(body: &ReadableStream, name: &str, max_bytes: usize) -> Result<Vec<u8>, StoreError> {
    let wrong = |error: JsValue| StoreError::unreachable(name, &words(&error));
    let reader: ReadableStreamDefaultReader = body
        .get_reader()
        .dyn_into()
        .map_err(|_| StoreError::unreachable(name, &"no byte stream"))?;
    let mut bytes = Vec::new();
    loop {
        let step = JsFuture::from(reader.read()).await.map_err(wrong)?;
        if Reflect::get(&step, &"done".into()).map_err(wrong)?.is_truthy() {
            return Ok(bytes);
        }
        let value = Reflect::get(&step, &"value".into()).map_err(wrong)?;
        let part: Uint8Array =
            value.dyn_into().map_err(|_| StoreError::unreachable(name, &"no byte stream"))?;
        let length = part.length() as usize;
        if bytes.len() + length > max_bytes {
            // The answer is given up; whether the host hears of it does not matter.
            let _ = JsFuture::from(reader.cancel()).await;
            return Err(StoreError::TooLong { name: name.to_owned(), max_bytes });
        }
        let at = bytes.len();
        bytes.resize(at + length, 0);
        part.copy_to(&mut bytes[at..]);
    }
}

fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|m| m.as_string());
    message.unwrap_or_else(|| "the connection broke".to_owned())
}

impl Store for HttpStore {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            if !is_file_name(name) {
                return Err(StoreError::Missing(name.to_owned()));
            }
            let url = format!("{}{name}", self.base);
            self.fetch(&url, name, max_bytes, fresh).await
        })
    }
}
