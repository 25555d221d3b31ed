//! What every answer says beside its bytes.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

/// What the page may do: run its own script and WebAssembly, start blob workers, talk to this host,
/// and show pictures of stash-boxes. `connect-src 'self'` is what keeps a picture from leaving.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; \
     connect-src 'self'; img-src 'self' data: blob: https:; style-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// Adds caching, type and safety headers to the answer of the inner service.
pub(crate) async fn complete(request: Request, next: Next) -> Response {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(if hashed && found {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}

/// Whether the file's name holds its SHA-256, so that its content can never change.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['-', '.'])
        .any(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn a_hash_is_64_hex_digits_between_dots_and_dashes() {
        let hash = "0123456789abcdef".repeat(4);
        assert!(is_hashed(&format!("/database/{hash}")));
        assert!(is_hashed(&format!("/database/manifest-{hash}.mp")));
        assert!(is_hashed(&format!("/models/opencv/{hash}.onnx")));
        assert!(!is_hashed(&format!("/{hash}/latest.json")));
        assert!(!is_hashed(&format!("/database/{}", &hash[1..])));
        assert!(!is_hashed("/database/latest.json"));
    }
}
