//! A small site in a temporary folder, and ways to ask it: as a service, and over real TCP.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file takes what it needs, and fails by panicking"
)]

pub mod started;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use http_body_util::BodyExt as _;
use rollcall_server::{Directories, Host, Limits, Settings, app};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};
use tower::ServiceExt as _;

/// SHA-256 of the empty text, so of the file `EMPTY` only.
pub const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// SHA-256 of "shard".
pub const SHARD: &str = "df3598cd66f1bb5bc4e2c17be89b7c7ecf0c81e53939f471a6b72db8d139edae";

/// The folders of a site; they go with this value.
pub struct Folders(TempDir);

impl Folders {
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        let folders = Self(root);
        for (file, text) in [
            ("web/index.html", "<!doctype html>"),
            ("web/page.js", "page()"),
            ("web/rollcall_cpu_bg.wasm", "\0asm"),
            ("database/latest.json", "{}"),
            (&format!("database/{SHARD}"), "shard"),
            ("samples/big.bin", &"0123456789".repeat(100_000)),
            ("secret.txt", "secret"),
        ] {
            folders.write(file, text);
        }
        folders
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn settings(&self) -> Settings {
        Settings {
            directories: Directories {
                web: self.path("web"),
                database: Some(self.path("database")),
                samples: Some(self.path("samples")),
                ..Directories::default()
            },
            memory: 1 << 20,
            ..Settings::default()
        }
    }

    pub fn app(&self) -> Router {
        app(&self.settings()).unwrap().0
    }
}

/// A request for `path` with headers, called by an address.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header("host", "127.0.0.1:7878");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub async fn ask(
    app: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    app.clone().oneshot(request(method, path, headers)).await.unwrap()
}

pub async fn get(app: &Router, path: &str) -> Response<Body> {
    ask(app, "GET", path, &[]).await
}

pub async fn body_of(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

/// A header's text; empty if it is missing.
pub fn text_of<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The database of the format's golden files.
pub fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format/golden/database")
}

/// A host on a free port of loopback; it stops with this value or when told.
pub struct Running {
    pub address: SocketAddr,
    pub site: Arc<rollcall_server::Site>,
    stop: Option<oneshot::Sender<()>>,
    pub ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub async fn start(settings: &Settings, limits: Limits) -> Self {
        Self::start_with(settings, limits, None).await
    }

    pub async fn start_with(
        settings: &Settings,
        limits: Limits,
        tls: Option<Arc<rollcall_server::Tls>>,
    ) -> Self {
        let (app, site) = app(settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let metrics = Some(Arc::clone(site.metrics()));
        let host = Host { listener, app, metrics, tls, limits };
        let ended = tokio::spawn(host.serve(async {
            let _ = stopped.await;
        }));
        Self { address, site, stop: Some(stop), ended }
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes as they are and reads until the host hangs up.
    pub async fn raw(&self, bytes: impl Into<Vec<u8>>) -> String {
        let (mut stream, bytes) = (self.connect(), bytes.into());
        tokio::task::spawn_blocking(move || {
            // A host that refuses may hang up while we still send.
            let _ = stream.write_all(&bytes);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let _ = stream.shutdown(Shutdown::Both);
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap()
    }

    /// A request head with a host and `Connection: close`.
    pub async fn get(&self, path: &str) -> String {
        self.raw(format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        ))
        .await
    }
}
