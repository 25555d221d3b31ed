//! What one upstream allows.

use std::{net::IpAddr, time::Duration};

use reqwest::{Url, header::HeaderName};

use super::{Headers, Kind, NetError, Secret, address};

/// Where an upstream's machines may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On the internet, by https.
    Public,
    /// On this machine, by plain http too: for tests and tunnels.
    Loopback,
    /// Anywhere, by plain http too: the user's own Stash, which the user names.
    Own,
}

/// How fast an upstream is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Requests about performers in a minute.
    pub api_per_minute: f64,
    /// Pictures in a second.
    pub images_per_second: f64,
}

impl Default for Pace {
    /// 240 a minute is what Stash itself allows its users at a stash-box
    /// (`pkg/stashbox/client.go`, `DefaultMaxRequestsPerMinute`).
    fn default() -> Self {
        Self { api_per_minute: 240.0, images_per_second: 20.0 }
    }
}

impl Pace {
    /// The time between two requests.
    pub(super) fn between(self, kind: Kind) -> Duration {
        let seconds = match kind {
            Kind::Api => 60.0 / self.api_per_minute,
            Kind::Image => 1.0 / self.images_per_second,
        };
        // A pace of nothing, or none at all, is an hour: it stops nobody from stopping.
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).min(Duration::from_secs(3600))
    }
}

/// Whom a source may talk to, how fast, and with which key.
#[derive(Clone, Debug)]
pub struct Upstream {
    base: Url,
    reach: Reach,
    hosts: Vec<String>,
    pace: Pace,
    key: Option<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    header: HeaderName,
    prefix: &'static str,
    secret: Secret,
    /// Whether pictures need it too.
    for_images: bool,
}

impl Upstream {
    /// The upstream at `base`: https on the internet, or anything on this machine.
    ///
    /// # Errors
    /// When `base` is no address of HTTP.
    pub fn new(base: &str) -> Result<Self, NetError> {
        let base: Url = base.parse().map_err(|_| NetError::NoAddress)?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(NetError::NoAddress);
        }
        let ip = address::literal(&base);
        let here = ip.map_or(base.host_str() == Some("localhost"), |ip: IpAddr| ip.is_loopback());
        let reach = if here { Reach::Loopback } else { Reach::Public };
        Ok(Self { base, reach, hosts: Vec::new(), pace: Pace::default(), key: None })
    }

    /// The user's own, wherever it is.
    #[must_use]
    pub fn own(self) -> Self {
        Self { reach: Reach::Own, ..self }
    }

    /// Further hosts that pictures come from, each with its sub-domains.
    #[must_use]
    pub fn with_hosts<'a>(mut self, hosts: impl IntoIterator<Item = &'a str>) -> Self {
        self.hosts.extend(hosts.into_iter().map(str::to_ascii_lowercase));
        self
    }

    /// As fast as this.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Sends `secret` in `header` after `prefix`, to the upstream itself only.
    #[must_use]
    pub fn with_key(
        self,
        header: HeaderName,
        prefix: &'static str,
        secret: Secret,
        for_images: bool,
    ) -> Self {
        Self { key: Some(Key { header, prefix, secret, for_images }), ..self }
    }

    /// Its address.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Where it is.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// How fast it is asked.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// `text` without the key, should it repeat it.
    #[must_use]
    pub fn without_key(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.secret.strike_from(text))
    }

    /// The headers that requests of a kind carry to the upstream itself.
    pub(super) fn headers(&self, kind: Kind) -> Headers {
        let key = self.key.as_ref().filter(|key| kind == Kind::Api || key.for_images);
        key.and_then(|key| Some((key.header.clone(), key.secret.header(key.prefix)?)))
            .into_iter()
            .collect()
    }

    /// Whether `url` is at the upstream itself, where its key may go.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Refuses every address that the upstream may not name. Names are looked up and checked later.
    pub(super) fn check(&self, url: &Url) -> Result<(), NetError> {
        let forbidden = |reason| Err(NetError::Forbidden { url: address::shown(url), reason });
        if self.reach != Reach::Public {
            if !self.is_home(url) {
                return forbidden("it is at another place than its source");
            }
        } else if url.scheme() != "https" {
            return forbidden("only https is allowed there");
        } else if !self.names(url) {
            return forbidden("its source has nothing to do with that host");
        }
        match address::literal(url) {
            Some(ip) if !address::is_within(self.reach, ip) => forbidden(address::NOT_WITHIN),
            _ => Ok(()),
        }
    }

    fn names(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let below = |name: &str| {
            host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.base.host_str().into_iter().chain(self.hosts.iter().map(String::as_str)).any(below)
    }
}
