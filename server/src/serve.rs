//! Connections: accepting them, bounding them, ending them well.

use std::{io, pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use crate::{metrics::Metrics, tls::Tls};

/// How much one client may take of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time; whoever comes later waits in the system's queue.
    pub connections: usize,
    /// Bytes of a request's head; more is answered with 431.
    pub header_bytes: usize,
    /// How long a head may take to arrive, and a connection may be idle.
    pub header_time: Duration,
    /// How long a client may take nothing of an answer.
    pub write_time: Duration,
    /// How long open answers may take to finish when we stop.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            header_bytes: 16 << 10,
            header_time: Duration::from_secs(15),
            write_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// Pause after a failure to accept: the system is out of something.
const BREATHER: Duration = Duration::from_millis(100);

/// A listener and what is said on it.
pub struct Host {
    /// Where connections come from.
    pub listener: TcpListener,
    /// What answers.
    pub app: Router,
    /// Counts connections.
    pub metrics: Option<Arc<Metrics>>,
    /// Encrypts, if given.
    pub tls: Option<Arc<Tls>>,
    /// What clients may take.
    pub limits: Limits,
}

impl Host {
    /// Serves until `stop` is ready, then lets open answers finish for a while.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let open = GracefulShutdown::new();
        let connection = Connection {
            http: http(&self.limits),
            app: self.app,
            tls: self.tls,
            limits: self.limits,
        };
        tokio::pin!(stop);
        loop {
            let (stream, place) = tokio::select! {
                () = &mut stop => break,
                next = next(&self.listener, &places) => next,
            };
            let (connection, watcher) = (connection.clone(), open.watcher());
            let counted = self.metrics.as_ref().map(Metrics::connected);
            tokio::spawn(async move {
                connection.serve(stream, watcher).await;
                drop((place, counted));
            });
        }
        // From now on nobody can connect, rather than wait for nothing.
        drop(self.listener);
        if timeout(self.limits.stop_time, open.shutdown()).await.is_err() {
            tracing::warn!("some answers were still open and are cut off");
        }
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_bytes)
        // The least that hyper takes is 8 KiB.
        .max_buf_size(limits.header_bytes.max(64 << 10));
    http
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // Nobody closes it.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            // The client was faster; nothing is wrong here.
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                sleep(BREATHER).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[derive(Clone)]
struct Connection {
    http: http1::Builder,
    app: Router,
    tls: Option<Arc<Tls>>,
    limits: Limits,
}

impl Connection {
    async fn serve(self, stream: TcpStream, watcher: Watcher) {
        // Whole answers are handed over at once; waiting for more only delays their ends.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_time));
        let stream = Box::pin(stream);
        let Some(tls) = &self.tls else { return self.speak(stream, watcher).await };
        match timeout(self.limits.header_time, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.speak(Box::pin(stream), watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS connection"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Send + 'static>(
        &self,
        stream: Pin<Box<S>>,
        watcher: Watcher,
    ) {
        let service = TowerToHyperService::new(self.app.clone());
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
