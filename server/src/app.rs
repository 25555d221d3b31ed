//! Which path is served from which folder.

use std::{future::Future, path::PathBuf};

use axum::{Router, middleware, routing::get};
use tokio::net::TcpListener;
use tower_http::{services::ServeDir, trace::TraceLayer};

use crate::headers;

/// The folders to serve. One that is not given answers 404.
#[derive(Clone, Debug, Default)]
pub struct Directories {
    /// The built page: `index.html` and what it loads.
    pub web: PathBuf,
    /// Prepared model packs, a folder each.
    pub models: Option<PathBuf>,
    /// A database as `rollcall build` writes it.
    pub database: Option<PathBuf>,
    /// Pictures for the page to offer.
    pub samples: Option<PathBuf>,
}

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A folder named on the command line is not there.
    #[error("there is no folder {path}; make it first or name another with --{option}")]
    NoFolder {
        /// The option that named it.
        option: &'static str,
        /// The folder as given.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another port with --port")]
    Listen {
        /// Where it tried to listen.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The listener failed later on.
    #[error("the server stopped: {0}")]
    Stopped(#[from] std::io::Error),
}

/// The whole site as a service.
///
/// # Errors
/// When a folder does not exist.
pub fn app(directories: &Directories) -> Result<Router, ServerError> {
    let mut router = Router::new().route("/health", get(async || r#"{"status":"ok"}"#));
    for (prefix, option, folder) in [
        ("/models", "models", &directories.models),
        ("/database", "database", &directories.database),
        ("/samples", "samples", &directories.samples),
    ] {
        if let Some(folder) = folder {
            router = router.nest_service(prefix, files(option, folder)?);
        }
    }
    Ok(router
        .fallback_service(files("web", &directories.web)?)
        .layer(middleware::from_fn(headers::complete))
        .layer(TraceLayer::new_for_http()))
}

/// `ServeDir` refuses path traversal and gives ETag, 304 and single ranges. Vectors and weights do
/// not compress; scripts and WebAssembly may lie there as `.gz` and `.br` siblings.
fn files(option: &'static str, folder: &PathBuf) -> Result<ServeDir, ServerError> {
    if !folder.is_dir() {
        return Err(ServerError::NoFolder { option, path: folder.clone() });
    }
    Ok(ServeDir::new(folder).precompressed_br().precompressed_gzip())
}

/// Serves until `stop` is ready, then lets open answers finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    Ok(axum::serve(listener, app).with_graceful_shutdown(stop).await?)
}
