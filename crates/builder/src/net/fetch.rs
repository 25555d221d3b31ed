//! One request, and the same again after what may pass.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::{
    Response, StatusCode, Url,
    header::{ETAG, HeaderValue, IF_NONE_MATCH, LOCATION},
};
use rollcall_index::http::{is_web_page, retry_after, words};
use serde_json::Value;

use super::{Headers, Inner, Kind, NetError, Upstream, address, gate::Gate};

const REDIRECTS: usize = 5;
/// Waits between attempts do not grow beyond this.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// What is asked.
pub(super) struct Ask<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) url: &'a Url,
    pub(super) kind: Kind,
    pub(super) body: Option<&'a Value>,
    /// For the upstream itself.
    pub(super) headers: Headers,
}

/// What came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) unchanged: bool,
}

/// Why one attempt failed.
struct Failure {
    error: NetError,
    /// How long the host wants to be left alone.
    wait: Option<Duration>,
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        Self { error, wait: None }
    }
}

impl Inner {
    /// Asks, and asks again after failures that may pass.
    pub(super) async fn patiently(&self, ask: &Ask<'_>) -> Result<Answer, NetError> {
        let patience = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(LONGEST_BACK_OFF)
            .with_max_times(self.limits.retries)
            .with_jitter();
        (|| self.once(ask))
            .retry(patience)
            .when(|failure| {
                failure.error.passes()
                    && !matches!(failure.error, NetError::Resting { .. })
                    && failure.wait.is_none_or(|wait| wait <= self.limits.longest_wait)
            })
            .adjust(|failure, delay| Some(delay?.max(failure.wait.unwrap_or_default())))
            .await
            .map_err(|failure| failure.error)
    }

    /// Asks once, through redirects, each checked as the first address is.
    async fn once(&self, ask: &Ask<'_>) -> Result<Answer, Failure> {
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.hop(ask, &url).await?;
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            match to.filter(|_| response.status().is_redirection()) {
                Some(to) => url = url.join(to).map_err(|_| NetError::NoAddress)?,
                None => return self.read(ask, &url, response).await,
            }
        }
        let reason = "it redirects without end";
        Err(NetError::Forbidden { url: address::shown(ask.url), reason }.into())
    }

    /// One request to one address.
    async fn hop(&self, ask: &Ask<'_>, url: &Url) -> Result<Response, Failure> {
        ask.upstream.check(url)?;
        let gate = self.gate(ask.upstream, url, ask.kind);
        gate.pass().await.map_err(|(wait, failures)| NetError::Resting {
            host: address::host_and_port(url),
            failures,
            wait,
        })?;
        let client = self.client(ask.upstream.reach());
        let mut request = match ask.body {
            Some(body) => client.post(url.clone()).body(body.to_string()),
            None => client.get(url.clone()),
        };
        if ask.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        if ask.upstream.is_home(url) {
            request = request.headers(ask.headers.clone());
        } else if let Some(etag) = ask.headers.get(IF_NONE_MATCH) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        match request.send().await {
            Ok(response) => judge(ask, url, response, &gate, &self.limits.longest_wait),
            Err(error) => Err(unreachable(ask.upstream, url, error, &gate)),
        }
    }

    async fn read(
        &self,
        ask: &Ask<'_>,
        url: &Url,
        mut response: Response,
    ) -> Result<Answer, Failure> {
        let gate = self.gate(ask.upstream, url, ask.kind);
        let limit = match ask.kind {
            Kind::Api => self.limits.api_bytes,
            Kind::Image => self.limits.image_bytes,
        };
        let too_long = || NetError::TooLong { url: address::shown(url), limit };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_long().into());
        }
        let etag =
            response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let unchanged = response.status() == StatusCode::NOT_MODIFIED;
        let mut bytes = Vec::new();
        let broken = |error| unreachable(ask.upstream, url, error, &gate);
        while let Some(part) = response.chunk().await.map_err(broken)? {
            if bytes.len() + part.len() > limit {
                return Err(too_long().into());
            }
            bytes.extend_from_slice(&part);
        }
        gate.with_breaker(super::breaker::Breaker::succeeded);
        Ok(Answer { bytes, etag, unchanged })
    }
}

/// Lets an answer through that is worth reading, or a redirect.
fn judge(
    ask: &Ask<'_>,
    url: &Url,
    response: Response,
    gate: &Gate,
    longest_wait: &Duration,
) -> Result<Response, Failure> {
    let status = response.status();
    let shown = || address::shown(url);
    let code = status.as_u16();
    let error = match status {
        StatusCode::OK | StatusCode::NOT_MODIFIED => return Ok(response),
        _ if status.is_redirection() => return Ok(response),
        // GraphQL servers explain with a body what they refuse with a status.
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if ask.body.is_some() => {
            return Ok(response);
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            NetError::Busy { url: shown(), status: code }
        }
        _ if status.is_server_error() => NetError::Busy { url: shown(), status: code },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            NetError::Refused { url: shown(), status: code }
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => NetError::Missing(shown()),
        _ => NetError::Status { url: shown(), status: code },
    };
    let wait = retry_after(&response);
    if error.passes() {
        gate.with_breaker(|breaker| breaker.failed(Instant::now()));
        // What one request was told holds for all of them.
        if let Some(wait) = wait.filter(|wait| wait <= longest_wait) {
            gate.hold(wait);
        }
    } else {
        gate.with_breaker(super::breaker::Breaker::succeeded);
    }
    Err(Failure { error, wait })
}

/// What a failed connection is called.
fn unreachable(upstream: &Upstream, url: &Url, error: reqwest::Error, gate: &Gate) -> Failure {
    let url = address::shown(url);
    if address::led_astray(&error) {
        return NetError::Forbidden { url, reason: address::NOT_WITHIN }.into();
    }
    gate.with_breaker(|breaker| breaker.failed(Instant::now()));
    NetError::Unreachable { url, reason: upstream.without_key(&words(error)) }.into()
}

/// Asks only for what is new.
pub(super) fn if_none_match(headers: &mut Headers, etag: Option<&str>) {
    if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(IF_NONE_MATCH, value);
    }
}

/// Tells what comes in place of pictures from pictures.
pub(super) fn refuse_no_picture(url: &str, bytes: &[u8]) -> Result<(), NetError> {
    let start = bytes.trim_ascii_start();
    let what = if bytes.is_empty() {
        "empty"
    } else if is_web_page(bytes) {
        "a web page"
    } else if start.starts_with(b"<svg") || start.starts_with(b"<?xml") {
        "a drawing (SVG)"
    } else {
        return Ok(());
    };
    Err(NetError::NoPicture { url: url.to_owned(), what })
}
