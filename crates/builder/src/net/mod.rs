//! One way out for everything the builder fetches: paced, patient, and only to where a source may go.
//!
//! A [`Net`] is shared by all threads. What an upstream allows is said once, in its [`Upstream`].
//! Each call blocks its thread; a runtime of one thread moves the bytes of all of them.

mod address;
mod breaker;
mod error;
mod fetch;
mod gate;
mod secret;
mod upstream;

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use reqwest::{Client, Url, header::HeaderMap};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
};

pub use error::NetError;
use gate::Gate;
pub use secret::Secret;
pub use upstream::{Pace, Reach, Upstream};

/// How long and how much, for all upstreams.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a host may take to accept a connection, and between two parts of an answer.
    pub silence: Duration,
    /// How long a whole answer may take.
    pub answer: Duration,
    /// The longest answer about performers, in bytes once unpacked. A page of 100 has about 200 kB.
    pub api_bytes: usize,
    /// The longest picture, in bytes. Stash-boxes keep pictures below 1,300 pixels, about 1 MB.
    pub image_bytes: usize,
    /// How often a request is made again after a failure that may pass.
    pub retries: usize,
    /// The first wait before that; each further one is twice as long, up to a minute, and up to
    /// twice that again by chance.
    pub first_wait: Duration,
    /// The longest wait that a host may ask for. Beyond it the request fails.
    pub longest_wait: Duration,
    /// How many attempts at one host may fail in a row before it is left alone.
    pub break_after: u32,
    /// For how long at first; twice as long each time it fails again, up to sixteen times.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(20),
            answer: Duration::from_secs(120),
            api_bytes: 32 << 20,
            image_bytes: 25 << 20,
            retries: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(600),
            break_after: 12,
            rest: Duration::from_secs(30),
        }
    }
}

/// What is asked for, which decides about its pace and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Performers.
    Api,
    /// A picture.
    Image,
}

/// A picture as its host sent it, not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Its bytes.
    Bytes {
        /// They are no web page, no drawing and not empty; what else they are is for a decoder.
        bytes: Vec<u8>,
        /// What to ask with the next time.
        etag: Option<String>,
    },
    /// It is still what the `ETag` stood for.
    Unchanged,
}

/// The way out. Cheap to clone; every clone keeps the same paces.
#[derive(Clone, Debug)]
pub struct Net(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    runtime: Runtime,
    clients: [Client; 3],
    gates: Mutex<HashMap<(String, Kind), Arc<Gate>>>,
    stopped: watch::Sender<bool>,
}

impl Net {
    /// A way out.
    ///
    /// # Errors
    /// When the system has no thread or no TLS to give.
    pub fn new(limits: Limits) -> Result<Self, NetError> {
        let start = |error: &dyn std::fmt::Display| NetError::Start(error.to_string());
        // Threads that wait drive their own requests; one more moves what lies between.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| start(&error))?;
        let tls = rollcall_index::http::tls().map_err(|error| start(&error))?;
        let client = |reach: Reach| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(address::Checked(reach)))
                // A proxy would look names up by itself, past the check.
                .no_proxy()
                .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")))
                .referer(false)
                // Each hop is checked as the first one is.
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(limits.silence)
                .read_timeout(limits.silence)
                .timeout(limits.answer)
                .build()
                .map_err(|error| start(&error))
        };
        let clients = [client(Reach::Public)?, client(Reach::Loopback)?, client(Reach::Own)?];
        let (gates, stopped) = (Mutex::default(), watch::Sender::new(false));
        Ok(Self(Arc::new(Inner { limits, runtime, clients, gates, stopped })))
    }

    /// Ends what is being fetched and what is waiting, in all threads, and lets nothing more out.
    pub fn stop(&self) {
        self.0.stopped.send_replace(true);
    }

    /// What `upstream` answers at `url`: to a POST of `body`, or to a GET.
    ///
    /// # Errors
    /// When the address is none it may name, or there is no good answer.
    pub fn api(
        &self,
        upstream: &Upstream,
        url: &Url,
        body: Option<&serde_json::Value>,
    ) -> Result<Vec<u8>, NetError> {
        let headers = upstream.headers(Kind::Api);
        let ask = fetch::Ask { upstream, url, kind: Kind::Api, body, headers };
        self.0.fetch(&ask).map(|answer| answer.bytes)
    }

    /// The picture at `url`, if it is another than `etag` stands for.
    ///
    /// # Errors
    /// When the address is none that `upstream` may name, or there is no picture: see
    /// [`NetError::passes`].
    pub fn image(
        &self,
        upstream: &Upstream,
        url: &str,
        etag: Option<&str>,
    ) -> Result<Image, NetError> {
        let url = &url.parse().map_err(|_| NetError::NoAddress)?;
        let mut headers = upstream.headers(Kind::Image);
        fetch::if_none_match(&mut headers, etag);
        let ask = fetch::Ask { upstream, url, kind: Kind::Image, body: None, headers };
        let answer = self.0.fetch(&ask)?;
        if answer.unchanged {
            return Ok(Image::Unchanged);
        }
        fetch::refuse_no_picture(&address::shown(url), &answer.bytes)?;
        Ok(Image::Bytes { bytes: answer.bytes, etag: answer.etag })
    }
}

impl Inner {
    /// Asks until there is an answer, patience ends or everything is to stop.
    fn fetch(&self, ask: &fetch::Ask<'_>) -> Result<fetch::Answer, NetError> {
        let mut stopped = self.stopped.subscribe();
        let asked = pin!(self.patiently(ask));
        let stop = pin!(stopped.wait_for(|stopped| *stopped));
        match self.runtime.block_on(select(stop, asked)) {
            Either::Left(_) => Err(NetError::Stopped),
            Either::Right((answer, _)) => answer,
        }
    }

    fn client(&self, reach: Reach) -> &Client {
        let [public, loopback, own] = &self.clients;
        match reach {
            Reach::Public => public,
            Reach::Loopback => loopback,
            Reach::Own => own,
        }
    }

    /// The gate that requests of a kind to the host of `url` pass one by one.
    fn gate(&self, upstream: &Upstream, url: &Url, kind: Kind) -> Arc<Gate> {
        let host = address::host_and_port(url);
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Gate::new(upstream.pace().between(kind), &self.limits));
        Arc::clone(gates.entry((host, kind)).or_insert_with(new))
    }
}

/// No header but those said.
type Headers = HeaderMap;
