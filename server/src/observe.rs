//! A number and a log line for every request.
//!
//! Lines are written at level `debug` only (failures of ours at `error`): which shards somebody
//! asks for hints at whom they look for. Query strings and headers are never logged.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use crate::metrics::Metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps everything else.
pub(crate) async fn request(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = id_of(&request, &metrics);
    let method = request.method().clone();
    let uri = request.uri().clone();
    let mut response = next.run(request).await;
    let took = started.elapsed();
    let (path, status) = (uri.path(), response.status());
    metrics.answered(&method, path, status, took);
    let (milliseconds, number) = (took.as_secs_f64() * 1e3, id.to_str().unwrap_or_default());
    if status.is_server_error() {
        tracing::error!(id = number, %method, path, status = status.as_u16(), milliseconds, "failed");
    } else {
        tracing::debug!(id = number, %method, path, status = status.as_u16(), milliseconds, "answered");
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The number a proxy gave it, if it is one; else ours.
fn id_of(request: &Request, metrics: &Metrics) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    request
        .headers()
        .get(REQUEST_ID)
        .filter(plain)
        .cloned()
        .unwrap_or_else(|| metrics.next_number().into())
}
