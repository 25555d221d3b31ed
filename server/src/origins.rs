//! Which pages of other origins may read what we serve (CORS).

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderValue, Method, Uri, header, request::Parts};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{error::ServerError, hosts};

/// Who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Pages of the host name we are called by, at whatever port (a Stash beside us), and pages of
    /// the user's own machine.
    Neighbours,
    /// These and no others.
    Listed(Vec<HeaderValue>),
}

impl Origins {
    /// # Errors
    /// When one is no origin.
    pub(crate) fn new(listed: &[String]) -> Result<Self, ServerError> {
        if listed.is_empty() {
            return Ok(Self::Neighbours);
        }
        let origins = listed.iter().map(|origin| {
            let plain = check_origin("origin", origin)?;
            HeaderValue::from_str(&plain).map_err(|_| not_an_origin("origin", origin))
        });
        Ok(Self::Listed(origins.collect::<Result<_, _>>()?))
    }

    fn allow(&self, origin: &HeaderValue, request: &Parts) -> bool {
        match self {
            Self::Listed(origins) => origins.contains(origin),
            Self::Neighbours => is_neighbour(origin, request).unwrap_or(false),
        }
    }

    /// The layer that answers preflights and names the origin that may read.
    pub(crate) fn layer(self) -> CorsLayer {
        let origins = Arc::new(self);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, request| {
                origins.allow(origin, request)
            }))
            .allow_methods([Method::GET, Method::HEAD])
            .allow_headers([
                header::RANGE,
                header::IF_RANGE,
                header::IF_NONE_MATCH,
                header::CACHE_CONTROL,
            ])
            .expose_headers([
                header::ACCEPT_RANGES,
                header::CONTENT_ENCODING,
                header::CONTENT_LENGTH,
                header::CONTENT_RANGE,
                header::ETAG,
            ])
            .vary([header::ORIGIN])
            .max_age(Duration::from_secs(24 * 60 * 60))
    }
}

fn is_neighbour(origin: &HeaderValue, request: &Parts) -> Option<bool> {
    let origin: Uri = origin.to_str().ok()?.parse().ok()?;
    let theirs = hosts::host_of(origin.authority()?.as_str())?;
    if !matches!(origin.scheme_str(), Some("http" | "https")) {
        return Some(false);
    }
    let ours = match request.uri.authority() {
        Some(authority) => hosts::host_of(authority.as_str()),
        None => hosts::host_of(request.headers.get(header::HOST)?.to_str().ok()?),
    };
    Some(hosts::is_loopback(&theirs) || ours.is_some_and(|ours| ours == theirs))
}

/// An origin as browsers write it: scheme, host, and the port if it is not the usual one.
///
/// # Errors
/// When it is something else, such as an address with a path.
pub(crate) fn check_origin(option: &'static str, text: &str) -> Result<String, ServerError> {
    let wrong = || not_an_origin(option, text);
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
    let usual = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(wrong()),
    };
    if authority.contains('/') || hosts::host_of(authority).is_none() {
        return Err(wrong());
    }
    Ok(format!("{scheme}://{}", authority.strip_suffix(usual).unwrap_or(authority)))
}

fn not_an_origin(option: &'static str, text: &str) -> ServerError {
    ServerError::Option {
        option,
        value: text.to_owned(),
        why: "give scheme, host and port only, such as http://192.168.1.5:9999".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn allows(origins: &Origins, host: &str, origin: &str) -> bool {
        let (parts, ()) = Request::get("/").header("host", host).body(()).unwrap().into_parts();
        origins.allow(&HeaderValue::from_str(origin).unwrap(), &parts)
    }

    #[test]
    fn by_default_neighbours_may_read() {
        let origins = Origins::new(&[]).unwrap();
        for (host, origin) in [
            ("192.168.1.5:7878", "http://192.168.1.5:9999"),
            ("nas.local:7878", "https://NAS.local"),
            ("192.168.1.5:7878", "http://localhost:9999"),
            ("192.168.1.5:7878", "http://[::1]:9999"),
        ] {
            assert!(allows(&origins, host, origin), "{origin}");
        }
        for origin in [
            "http://evil.example",
            "null",
            "http://192.168.1.55:9999",
            "file://",
            "http://localhost.evil.example",
            "chrome-extension://localhost",
        ] {
            assert!(!allows(&origins, "192.168.1.5:7878", origin), "{origin}");
        }
    }

    #[test]
    fn listed_origins_are_the_only_ones() {
        let origins = Origins::new(&["https://Stash.example:443/".to_owned()]).unwrap();
        assert!(allows(&origins, "nas:7878", "https://stash.example"));
        assert!(!allows(&origins, "nas:7878", "http://stash.example"));
        assert!(!allows(&origins, "nas:7878", "http://localhost:9999"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["*", "stash.example", "http://", "http://a/b", "ftp://a", "http://u@a", "http://a b"]
        {
            assert!(Origins::new(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
