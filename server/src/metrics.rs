//! Figures for Prometheus. They say how much is asked for and how quickly, never what.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// The content type of the text format.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    area: &'static str,
    method: &'static str,
    status: u16,
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Histogram,
    connections: Gauge,
    reads: Family<Outcome, Counter>,
    /// Requests in all, for ids of requests.
    number: AtomicU64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        // From a tenth of a millisecond to ten seconds.
        let buckets = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
        let mut metrics = Self {
            registry: Registry::with_prefix("rollcall"),
            requests: Family::default(),
            seconds: Histogram::new(buckets),
            connections: Gauge::default(),
            reads: Family::default(),
            number: AtomicU64::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time until the head of the answer was ready",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register("connections", "Connections open now", metrics.connections.clone());
        registry.register(
            "database_reads",
            "Readings of the database's manifest",
            metrics.reads.clone(),
        );
        metrics
    }
}

impl Metrics {
    pub(crate) fn answered(&self, method: &Method, path: &str, status: StatusCode, took: Duration) {
        let answered =
            Answered { area: area(path), method: method_name(method), status: status.as_u16() };
        self.requests.get_or_create(&answered).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn database_read(&self, good: bool) {
        let outcome = if good { "good" } else { "broken" };
        self.reads.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a connection as open as long as the value lives.
    pub(crate) fn connected(self: &Arc<Self>) -> Connected {
        self.connections.inc();
        Connected(Arc::clone(self))
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// An open connection.
pub(crate) struct Connected(Arc<Metrics>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

/// A word for the part of the site: few, so that strangers cannot make the figures grow.
fn area(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "database" => "database",
        "models" => "models",
        "samples" => "samples",
        "plugin" => "plugin",
        "health" => "health",
        _ => "page",
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
