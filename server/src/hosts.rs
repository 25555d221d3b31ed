//! By which names this host may be called.
//!
//! A foreign page whose name is suddenly pointed at our address (DNS rebinding) would be of our
//! origin, and could read everything. It gives itself away by the `Host` header. Addresses cannot be
//! rebound, and `localhost` and `.local` names are given by this machine and network.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// The names that are allowed beside addresses, `localhost` and `.local`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// Names as configured; letter case and a final dot say nothing.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| plain(&name)).collect())
    }

    /// Whether somebody may call us so.
    pub(crate) fn allow(&self, authority: &str) -> bool {
        let Some(name) = host_of(authority) else { return false };
        is_address(&name) || is_local(&name) || self.0.contains(&name)
    }
}

/// Refuses what is addressed to somebody else.
pub(crate) async fn check(
    State(names): State<std::sync::Arc<Names>>,
    request: Request,
    next: Next,
) -> Response {
    match called(request.uri(), request.headers()) {
        Called::By(authority) if names.allow(&authority) => next.run(request).await,
        Called::By(authority) => {
            (StatusCode::MISDIRECTED_REQUEST, refusal(&authority)).into_response()
        }
        Called::Unclear => (
            StatusCode::BAD_REQUEST,
            "The request names no host, or several. Send one Host header.\n",
        )
            .into_response(),
    }
}

fn refusal(authority: &str) -> String {
    // Only what a name can consist of is repeated.
    let name = host_of(authority).unwrap_or_else(|| "NAME".to_owned());
    format!(
        "This host is not called {name} as far as it knows. If that is its name, start \
         rollcall-server with --name {name} (or `name = [\"{name}\"]` in its configuration).\n"
    )
}

enum Called {
    By(String),
    Unclear,
}

fn called(uri: &Uri, headers: &HeaderMap) -> Called {
    let mut hosts = headers.get_all(header::HOST).iter().map(|host| host.to_str().ok());
    let header = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(Some(host)), None) => Some(host),
        _ => return Called::Unclear,
    };
    // `GET http://name/ HTTP/1.1` counts more than the header; both must agree.
    match (uri.authority().map(Authority::as_str), header) {
        (Some(uri), Some(header)) if uri != header => Called::Unclear,
        (Some(one), _) | (None, Some(one)) => Called::By(one.to_owned()),
        (None, None) => Called::Unclear,
    }
}

/// The host without its port, in lower case; nothing if it is no host.
pub(crate) fn host_of(authority: &str) -> Option<String> {
    let authority: Authority = authority.parse().ok()?;
    let host = authority.host();
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (!authority.as_str().contains('@') && !host.is_empty() && host.chars().all(fine))
        .then(|| plain(host))
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a host is an address, `[::1]` in brackets.
pub(crate) fn is_address(host: &str) -> bool {
    address(host).is_some()
}

fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok().filter(IpAddr::is_ipv4),
    }
}

/// Whether a host is this very machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    is_localhost(host) || address(host).is_some_and(|address| address.is_loopback())
}

fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn is_local(name: &str) -> bool {
    is_localhost(name) || name.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_local_names_are_always_allowed() {
        let names = Names::default();
        for host in [
            "127.0.0.1",
            "192.168.1.5:7878",
            "[::1]",
            "[fe80::1]:7878",
            "localhost:1",
            "LOCALHOST",
            "nas.local",
            "NAS.Local.:7878",
            "rollcall.localhost",
        ] {
            assert!(names.allow(host), "{host}");
        }
    }

    #[test]
    fn other_names_must_be_configured() {
        let names = Names::new(["Nas.Example.org.".to_owned()]);
        assert!(names.allow("nas.example.org:7878") && names.allow("NAS.example.org"));
        for host in [
            "evil.example",
            "local",
            "xlocal",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil@127.0.0.1",
            "2130706433x",
            "",
            ":7878",
            "::1",
            "nas.example.org.evil.example",
            "a b",
            "<script>",
        ] {
            assert!(!names.allow(host), "{host}");
        }
    }

    #[test]
    fn the_refusal_says_which_option_helps_and_repeats_no_markup() {
        assert!(refusal("nas:7878").contains("--name nas "));
        assert!(refusal("<b>").contains("--name NAME "));
    }
}
