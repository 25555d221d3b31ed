//! A host that misbehaves as told.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// This status, and `Retry-After` if it is not empty.
    Status(u16, String),
    /// The connection breaks in the middle.
    Cut,
    /// Half the file as if it were all.
    Half,
    /// A bit is wrong.
    Flipped,
    /// More than the file has.
    Long,
    /// A page for people.
    Page,
    /// Compressed, which nobody asked for.
    Gzip,
    /// Said to be compressed, but it is not.
    FalseGzip,
    /// Compressed in a way that we do not know.
    Brotli,
    /// Somewhere else.
    Redirect(String),
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    /// By file name, or `*` for all files with hashed names: what goes wrong, and how often.
    faults: BTreeMap<String, (Fault, usize)>,
    requests: Vec<(String, HeaderMap)>,
    pause: Duration,
}

/// A host on the loopback interface.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Mutex<Inner>>,
    pub address: String,
}

impl Host {
    pub fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let inner = Arc::new(Mutex::new(Inner { files, ..Inner::default() }));
        let (told, address) = mpsc::channel();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self { inner, address: format!("http://{}/db", address.recv().unwrap()) }
    }

    /// What is on the host from now on.
    pub fn offer(&self, files: BTreeMap<String, Vec<u8>>) {
        self.inner.lock().unwrap().files = files;
    }

    /// How long each answer takes.
    pub fn pause(&self, pause: Duration) {
        self.inner.lock().unwrap().pause = pause;
    }

    /// Lets the next answers for a file (`*`: for each hashed one) go wrong.
    pub fn fault(&self, name: &str, fault: Fault, times: usize) {
        self.inner.lock().unwrap().faults.insert(name.to_owned(), (fault, times));
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.inner.lock().unwrap().faults.clear();
    }

    /// The names asked for since the last time, and with which headers.
    pub fn requests(&self) -> Vec<(String, HeaderMap)> {
        std::mem::take(&mut self.inner.lock().unwrap().requests)
    }

    /// How often a file with a hashed name was asked for since the last time.
    pub fn fetched(&self) -> usize {
        self.requests().iter().filter(|(name, _)| is_hashed(name)).count()
    }

    pub fn asked(&self) -> usize {
        self.inner.lock().unwrap().requests.len()
    }
}

fn is_hashed(name: &str) -> bool {
    name.len() == 64
}

impl Inner {
    fn fault_of(&mut self, name: &str) -> Option<Fault> {
        let key = if self.faults.contains_key(name) || !is_hashed(name) { name } else { "*" };
        let (fault, times) = self.faults.get_mut(key)?;
        *times = times.checked_sub(1)?;
        Some(fault.clone())
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let name = request.uri().path().trim_start_matches("/db/").to_owned();
    let (file, fault, pause) = {
        let mut inner = inner.lock().unwrap();
        inner.requests.push((name.clone(), request.headers().clone()));
        (inner.files.get(&name).cloned(), inner.fault_of(&name), inner.pause)
    };
    tokio::time::sleep(pause).await;
    match (fault, file) {
        (Some(fault), Some(file)) => spoilt(fault, file),
        (None, Some(file)) => file.into_response(),
        (_, None) => (StatusCode::NOT_FOUND, "<!doctype html>no").into_response(),
    }
}

fn spoilt(fault: Fault, mut file: Vec<u8>) -> Response {
    let middle = file.len() / 2;
    match fault {
        Fault::Status(status, after) => {
            let status = StatusCode::from_u16(status).unwrap();
            if after.is_empty() {
                return status.into_response();
            }
            (status, [(header::RETRY_AFTER, after)]).into_response()
        }
        Fault::Cut => {
            let length = [(header::CONTENT_LENGTH, file.len().to_string())];
            let half = Ok(Bytes::copy_from_slice(&file[..middle]));
            let parts = [half, Err(io::Error::other("cut"))];
            (length, Body::from_stream(stream::iter(parts))).into_response()
        }
        Fault::Half => file[..middle].to_vec().into_response(),
        Fault::Flipped => {
            file[middle] ^= 1;
            file.into_response()
        }
        Fault::Long => {
            file.resize(file.len() + 1, 0);
            file.into_response()
        }
        Fault::Page => {
            let page = "\n<!DOCTYPE html><html><title>Sign in</title></html>".repeat(50);
            ([(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        Fault::Gzip => ([(header::CONTENT_ENCODING, "gzip")], gzip(&file)).into_response(),
        Fault::FalseGzip => ([(header::CONTENT_ENCODING, "gzip")], file).into_response(),
        Fault::Brotli => ([(header::CONTENT_ENCODING, "br")], file).into_response(),
        Fault::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
