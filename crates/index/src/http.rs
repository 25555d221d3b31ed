//! What every native client of ours knows of HTTP.

use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use reqwest::{Response, header::RETRY_AFTER};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The system's certificates, so that a certificate authority of one's own works, and Mozilla's,
/// for systems that have none.
///
/// # Errors
/// When the cryptography at hand knows no common version of TLS.
pub fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// How long the host wants to be left alone: a number of seconds, or a date.
#[must_use]
pub fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let until = |date: SystemTime| date.duration_since(SystemTime::now()).unwrap_or_default();
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds.or_else(|| httpdate::parse_http_date(text).ok().map(until))
}

/// Whether somebody answers with a page for people: a sign-in, a captive portal, an error.
#[must_use]
pub fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    [b"<!doctype html".as_slice(), b"<html"].iter().any(|start| {
        text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    })
}

/// The error and its causes, without the address: it may hold a password.
#[must_use]
pub fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_files() {
        assert!(is_web_page(b"\xef\xbb\xbf\n <!DOCTYPE html><title>Sign in</title>"));
        assert!(is_web_page(b"<HTML>"));
        assert!(!is_web_page(b"{\"format\":1}") && !is_web_page(b"<h") && !is_web_page(b""));
    }
}
