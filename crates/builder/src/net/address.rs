//! Which addresses may be connected to.

use std::{
    error::Error as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use super::Reach;

/// Looks names up and keeps only the addresses within reach. What is checked here is what is
/// connected to: there is no second look-up in between.
#[derive(Debug)]
pub(super) struct Checked(pub(super) Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let within: Vec<SocketAddr> = found.filter(|at| is_within(reach, at.ip())).collect();
            if within.is_empty() {
                return Err(NotWithin.into());
            }
            Ok(Box::new(within.into_iter()) as Addrs)
        })
    }
}

/// What is said of a name or address that leads elsewhere than it should.
pub(super) const NOT_WITHIN: &str = "it leads to a private or otherwise special network address";

/// No address of a name is within reach.
#[derive(Debug, thiserror::Error)]
#[error("{NOT_WITHIN}")]
struct NotWithin;

/// Whether a connection failed because its name led elsewhere than it should.
pub(super) fn led_astray(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<NotWithin>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an upstream of this reach may be at `ip`.
pub(super) fn is_within(reach: Reach, ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    match reach {
        Reach::Public => is_public(ip),
        Reach::Loopback => ip.is_loopback(),
        // At home everything but where clouds keep their machines' keys.
        Reach::Own => match ip {
            IpAddr::V4(ip) => !ip.is_link_local() && !ip.is_unspecified() && !ip.is_multicast(),
            IpAddr::V6(ip) => {
                !ip.is_unicast_link_local()
                    && !ip.is_unspecified()
                    && !ip.is_multicast()
                    && ip != METADATA_V6
            }
        },
    }
}

/// Where AWS answers about the machine itself over IPv6 (EC2 user guide, "instance metadata").
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether everybody on the internet would reach the same machine there.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            // 6to4 and NAT64 carry an address of the old kind.
            let carried = match (a, b) {
                (0x2002, _) => Some((u32::from(b) << 16) | u32::from(c)),
                (0x64, 0xff9b) => Some(u128::from(ip) as u32),
                _ => None,
            };
            match carried {
                Some(bits) => is_public_v4(Ipv4Addr::from_bits(bits)),
                // Global unicast is 2000::/3; 2001::/23 and 2001:db8::/32 are special in it.
                None => a >> 13 == 1 && !(a == 0x2001 && (b < 0x200 || b == 0xdb8)),
            }
        }
    }
}

/// By IANA's registry of special-purpose addresses.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || (a == 100 && b >> 6 == 1)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b >> 1 == 9)
        || a >= 224)
}

/// The address for messages: no password, no query, where keys travel.
pub(super) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host_and_port(url), url.path())
}

/// `host` or `host:port`.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The address that stands in the URL itself, where no name needs looking up.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_told_from_public_ones() {
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_within(Reach::Public, special.parse().unwrap()), "{special}");
        }
        for public in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2001:4860::8"] {
            assert!(is_within(Reach::Public, public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn ones_own_stash_may_be_at_home_but_not_where_clouds_keep_keys() {
        for (ip, may) in [
            ("192.168.1.9", true),
            ("127.0.0.1", true),
            ("fd12::9", true),
            ("1.1.1.1", true),
            ("169.254.169.254", false),
            ("::ffff:169.254.169.254", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_within(Reach::Own, ip.parse().unwrap()), may, "{ip}");
        }
        assert!(!is_within(Reach::Loopback, "192.168.1.9".parse().unwrap()));
    }

    #[test]
    fn messages_show_no_keys() {
        let url = "https://me:pass@example.org:8443/a/b?apikey=geheim#x".parse().unwrap();
        assert_eq!(shown(&url), "https://example.org:8443/a/b");
    }
}
