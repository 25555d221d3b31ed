//! A folder as a service: tower-http's `ServeDir`, mended where it errs.
//!
//! `ServeDir` gives ETag, 304, precompressed siblings, types and single ranges. It follows links out
//! of the root (mended by [`Folder`]), takes `If-Range` for nothing, answers HEAD with 206, refuses
//! what it may leave out (several ranges), redirects to wrong places below a prefix, and names no
//! `Vary` on a 304.

use std::{
    convert::Infallible,
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse as _, Response},
};
use tower::{Service, ServiceExt};
use tower_http::services::{ServeDir, fs::DefaultServeDirFallback};

use crate::{folder::Folder, hot::Hot, paths};

/// What a folder holds, which decides how it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The page: `/` is its index.html, and scripts and WebAssembly may lie there compressed.
    Page,
    /// Vectors, weights and pictures, which do not compress.
    Data,
}

/// The files below one folder.
#[derive(Clone)]
pub(crate) struct Files {
    inner: ServeDir<DefaultServeDirFallback, Folder>,
    kind: Kind,
    hot: Hot,
}

impl Files {
    /// # Errors
    /// When the folder does not exist.
    pub(crate) fn new(folder: &Path, kind: Kind, hot: Hot) -> io::Result<Self> {
        let folder = Folder::open(folder)?;
        let inner = ServeDir::with_backend(folder.root(), folder.clone())
            .append_index_html_on_directories(false)
            .ignore_multi_range_requests(true);
        let inner = match kind {
            Kind::Page => inner.precompressed_br().precompressed_gzip(),
            Kind::Data => inner,
        };
        Ok(Self { inner, kind, hot })
    }

    async fn answer(self, request: Request) -> Response {
        if let Some(response) = self.hot.get(&request) {
            return response;
        }
        let hot = self.hot.clone();
        let place = hot.place(&request);
        let response = self.read(request).await;
        match place {
            Some(place) => hot.keep(place, response).await,
            None => response,
        }
    }

    async fn read(mut self, mut request: Request) -> Response {
        if self.kind == Kind::Page && request.uri().path() == "/" {
            *request.uri_mut() = Uri::from(PathAndQuery::from_static("/index.html"));
        }
        let readable = matches!(*request.method(), Method::GET | Method::HEAD);
        if readable && !paths::is_plain(request.uri().path()) {
            return StatusCode::NOT_FOUND.into_response();
        }
        // Compressed already, and sent as they are: only what compresses well is looked for.
        if self.kind == Kind::Page && !compresses(request.uri().path()) {
            request.headers_mut().remove(header::ACCEPT_ENCODING);
        }
        self.settle_range(&mut request).await;
        let mut response = self.call_inner(request).await;
        if self.kind == Kind::Page && response.status() == StatusCode::NOT_MODIFIED {
            response
                .headers_mut()
                .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }

    /// Takes the range out of a request for which the whole file is the right answer: one whose
    /// `If-Range` no longer holds, and one that is no GET.
    async fn settle_range(&mut self, request: &mut Request) {
        let Some(condition) = request.headers_mut().remove(header::IF_RANGE) else {
            if request.method() != Method::GET {
                request.headers_mut().remove(header::RANGE);
            }
            return;
        };
        if !request.headers().contains_key(header::RANGE) {
            return;
        }
        let current = self.call_inner(head_of(request)).await;
        // Weak tags never hold here, and a date holds only if it is the very same.
        let holds = [header::ETAG, header::LAST_MODIFIED]
            .iter()
            .any(|name| current.headers().get(name) == Some(&condition))
            && !condition.as_bytes().starts_with(b"W/");
        if !holds || request.method() != Method::GET {
            request.headers_mut().remove(header::RANGE);
        }
    }

    async fn call_inner(&mut self, request: Request) -> Response {
        match ServiceExt::<Request>::ready(&mut self.inner).await {
            Ok(inner) => match inner.call(request).await {
                Ok(response) => response.map(Body::new),
                Err(never) => match never {},
            },
            Err(never) => match never {},
        }
    }
}

/// The same request, asking only what there is.
fn head_of(request: &Request) -> Request {
    let mut head = Request::new(Body::empty());
    *head.method_mut() = Method::HEAD;
    *head.uri_mut() = request.uri().clone();
    if let Some(encodings) = request.headers().get(header::ACCEPT_ENCODING) {
        head.headers_mut().insert(header::ACCEPT_ENCODING, encodings.clone());
    }
    head
}

/// Whether a compressed sibling of such a file is worth looking for.
fn compresses(path: &str) -> bool {
    [".wasm", ".js", ".mjs", ".css", ".html", ".svg"].iter().any(|ending| path.ends_with(ending))
}

impl Service<Request> for Files {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let files = self.clone();
        Box::pin(async move { Ok(files.answer(request).await) })
    }
}
