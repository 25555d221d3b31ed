//! What every answer says beside its bytes.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::paths;

/// What the page may do: run its own script and WebAssembly, start blob workers, talk to this host,
/// and show pictures of stash-boxes. `connect-src 'self'` is what keeps a picture from leaving.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; \
     connect-src 'self'; img-src 'self' data: blob: https:; style-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Adds caching, type and safety headers to the answer of the inner service.
pub(crate) async fn complete(request: Request, next: Next) -> Response {
    let hashed = paths::is_hashed(request.uri().path());
    dress(next.run(request).await, hashed)
}

/// The same for an answer that did not come from there; `hashed` if the file's name holds its hash.
pub(crate) fn dress(mut response: Response, hashed: bool) -> Response {
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if hashed && found { FOR_EVER } else { ASK_AGAIN });
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    allow_timing(headers);
    response
}

/// Who may read an answer may also see how long it took and how large it was.
fn allow_timing(headers: &mut HeaderMap) {
    if let Some(origin) = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned() {
        headers.insert(HeaderName::from_static("timing-allow-origin"), origin);
    }
}
