//! Small files with their hash in their name, held in memory once they have been asked for.
//!
//! A shard is asked for again whenever its performers are looked up, and a NAS may have to wake a
//! disk for it. Content that fits its name can never be wrong, so nothing here goes stale; a file
//! that is still being copied does not fit, and is not kept.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

use crate::paths;

/// Larger files gain little: for them the disk is read ahead.
const LARGEST: u64 = 256 << 10;

/// Files in memory, by the path they are asked for with.
#[derive(Clone)]
pub(crate) struct Hot(Arc<Cache<String, Answer, Bytes64>>);

#[derive(Clone)]
struct Answer {
    headers: Arc<HeaderMap>,
    content: Bytes,
}

#[derive(Clone)]
struct Bytes64;

impl Weighter<String, Answer> for Bytes64 {
    fn weight(&self, path: &String, answer: &Answer) -> u64 {
        // What the headers and the map take beside.
        (path.len() + answer.content.len() + 1024) as u64
    }
}

impl Hot {
    /// Holds at most so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let items = bytes / (64 << 10) + 1;
        Self(Arc::new(Cache::with_weighter(items, bytes as u64, Bytes64)))
    }

    /// The answer to a plain request for a file that is held.
    pub(crate) fn get(&self, request: &Request) -> Option<Response> {
        if !is_plain(request) {
            return None;
        }
        let Answer { headers, content } = self.0.get(request.uri().path())?;
        let mut response = Response::new(Body::from(content));
        *response.headers_mut() = (*headers).clone();
        Some(response)
    }

    /// The path under which the answer to this request may be kept.
    pub(crate) fn place(&self, request: &Request) -> Option<String> {
        (is_plain(request) && self.0.capacity() > 0).then(|| request.uri().path().to_owned())
    }

    /// Passes an answer on, and keeps it if it is what its name says.
    pub(crate) async fn keep(&self, path: String, response: Response) -> Response {
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if response.status() != StatusCode::OK || length.is_none_or(|length| length > LARGEST) {
            return response;
        }
        let (head, body) = response.into_parts();
        let Ok(content) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
            tracing::error!(path, "a file could not be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        if paths::hash_in(&path).is_some_and(|hash| hash == hex(&content)) {
            let headers = Arc::new(head.headers.clone());
            self.0.insert(path, Answer { headers, content: content.clone() });
        }
        Response::from_parts(head, Body::from(content))
    }

    /// Lets everything go, such as when files may have been removed.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

/// Whether the whole file is wanted, without conditions.
fn is_plain(request: &Request) -> bool {
    let conditions = [
        header::RANGE,
        header::IF_NONE_MATCH,
        header::IF_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
    ];
    request.method() == Method::GET
        && paths::is_hashed(request.uri().path())
        && !conditions.iter().any(|name| request.headers().contains_key(name))
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
