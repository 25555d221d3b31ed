//! A database on a host, read natively.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING},
    redirect::Policy,
};
use rollcall_core::LocalFuture;

use super::{Store, StoreError, is_file_name};
use crate::http::{is_web_page, retry_after, tls, words};

/// How long a host may take to accept a connection, and between two parts of an answer.
const SILENCE: Duration = Duration::from_secs(20);
/// How long a whole answer may take. The longest file has 8 MiB, most have 64 KiB.
const ANSWER: Duration = Duration::from_secs(300);
/// The longest wait that a host may ask for.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(60);
/// How often a file is asked for again when the host or the connection failed.
const RETRIES: usize = 4;
const REDIRECTS: usize = 5;

/// Files below an address. It tells the host nothing but the file's name: no cookies, no referrer.
///
/// What may pass (a cut connection, 429, 5xx) is tried again after a while. It needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct RemoteStore {
    base: Url,
    client: Client,
}

/// Why one request failed.
struct Failure {
    error: StoreError,
    /// Whether asking again may help.
    passes: bool,
    /// How long the host wants to be left alone.
    wait: Option<Duration>,
}

impl RemoteStore {
    /// The files below `address`, which begins with `https://` or `http://`.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn new(address: &str) -> Result<Self, StoreError> {
        let wrong = |what: &str| StoreError::Address(what.to_owned());
        let mut base: Url = address.parse().map_err(|_| wrong("it is no URL"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong("it must begin with https:// or http://"));
        }
        if base.query().or(base.fragment()).is_some() {
            return Err(wrong("it must end with the folder's name, without ? and #"));
        }
        let path = base.path().strip_suffix("/latest.json").unwrap_or(base.path());
        base.set_path(&format!("{}/", path.trim_end_matches('/')));
        // A redirect must not lead out of https either.
        let client = Client::builder()
            .https_only(base.scheme() == "https")
            .tls_backend_preconfigured(tls().map_err(|error| wrong(&error.to_string()))?)
            .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .redirect(Policy::limited(REDIRECTS))
            .connect_timeout(SILENCE)
            .read_timeout(SILENCE)
            .timeout(ANSWER)
            .build()
            .map_err(|error| wrong(&words(error)))?;
        Ok(Self { base, client })
    }

    /// The address without the password that may be in it.
    #[must_use]
    pub fn address(&self) -> String {
        let mut address = self.base.clone();
        // Only addresses without a host refuse this, and those have no password.
        let _ = address.set_password(None);
        let _ = address.set_username("");
        address.into()
    }

    async fn fetch(&self, name: &str, max_bytes: usize, fresh: bool) -> Result<Vec<u8>, Failure> {
        let failed = |error| Failure::of(name, error);
        let url = self.base.join(name).map_err(|_| StoreError::Missing(name.to_owned()))?;
        // Vectors do not compress. A host that does it all the same is understood.
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "identity");
        if fresh {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        let mut response = request.send().await.map_err(failed)?;
        refuse(name, &response)?;
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&part);
            if bytes.len() > max_bytes {
                break;
            }
        }
        if is_web_page(&bytes) {
            return Err(StoreError::WebPage(name.to_owned()).into());
        }
        if bytes.len() > max_bytes {
            return Err(StoreError::TooLong { name: name.to_owned(), max_bytes }.into());
        }
        Ok(bytes)
    }
}

/// Refuses every answer that is not a whole file in a form that is understood.
fn refuse(name: &str, response: &Response) -> Result<(), Failure> {
    let says = |what: &str| StoreError::unreachable(name, &format!("the host says {what}"));
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Err(StoreError::Missing(name.to_owned()).into());
        }
        status => {
            let wait = retry_after(response);
            if let Some(wait) = wait.filter(|wait| *wait > RETRY_AFTER_LIMIT) {
                let text = format!("{status}, and to come back in {} seconds", wait.as_secs());
                return Err(says(&text).into());
            }
            let passes = status.is_server_error()
                || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
            return Err(Failure { error: says(&status.to_string()), passes, wait });
        }
    }
    // What reqwest undid is no longer told.
    match response.headers().get(CONTENT_ENCODING) {
        Some(how) if how != "identity" => Err(says(&format!(
            "that it is compressed as {}, which was not asked for",
            how.to_str().unwrap_or("something unknown")
        ))
        .into()),
        _ => Ok(()),
    }
}

impl Failure {
    fn of(name: &str, error: reqwest::Error) -> Self {
        let passes = !error.is_builder() && !error.is_redirect();
        Self { error: StoreError::unreachable(name, &words(error)), passes, wait: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, passes: false, wait: None }
    }
}

impl Store for RemoteStore {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            if !is_file_name(name) {
                return Err(StoreError::Missing(name.to_owned()));
            }
            // Half a second, one, two, four, each up to twice as long.
            let patience = ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(500))
                .with_max_times(RETRIES)
                .with_jitter();
            (|| self.fetch(name, max_bytes, fresh))
                .retry(patience)
                .when(|failure| failure.passes)
                .adjust(|failure, delay| Some(delay?.max(failure.wait.unwrap_or_default())))
                .await
                .map_err(|failure| failure.error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_folders_on_hosts() {
        for (given, base) in [
            ("https://example.org", "https://example.org/"),
            ("https://example.org/db", "https://example.org/db/"),
            ("http://10.0.0.2:7878/database//", "http://10.0.0.2:7878/database/"),
            ("https://example.org/db/latest.json", "https://example.org/db/"),
            ("https://me:secret@example.org/db", "https://example.org/db/"),
        ] {
            assert_eq!(RemoteStore::new(given).unwrap().address(), base);
        }
        for wrong in ["", "db", "ftp://example.org", "https://", "https://example.org/?a=b"] {
            let error = RemoteStore::new(wrong).unwrap_err();
            assert!(matches!(error, StoreError::Address(_)), "{wrong}: {error}");
        }
    }
}
