//! Which network addresses an account may reach. A channel is set up over the API, so that without this guard
//! it could be pointed at what only this machine can see.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// True for addresses that are not part of the public internet: loopback, private and shared ranges, link-local
/// (with the metadata services of clouds), multicast, documentation and reserved ranges, and IPv6 forms of all these.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Shared by providers (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544).
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [p, q] = high.to_be_bytes();
        let [r, s] = low.to_be_bytes();
        is_private_v4(Ipv4Addr::new(p, q, r, s))
    };
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return true;
    }
    match (a, b) {
        // An IPv4 address in IPv6 form: mapped, compatible, translated (RFC 6052), 6to4 (RFC 3056).
        (0, 0) if (c, d, e) == (0, 0, 0) => v4(g, h),
        (0x64, 0xff9b) => (c, d, e, f) != (0, 0, 0, 0) || v4(g, h),
        (0x2002, _) => v4(b, c),
        // Teredo and benchmarks, documentation.
        (0x2001, 0..=0x01ff | 0x0db8) => true,
        // Addresses that discard (RFC 6666), segment routing (RFC 9602).
        (0x0100, 0) | (0x5f00, _) => true,
        _ => {
            let unique_local = a & 0xfe00 == 0xfc00;
            let link_local = a & 0xffc0 == 0xfe80;
            let site_local = a & 0xffc0 == 0xfec0;
            // RFC 9637.
            let documentation = a == 0x3fff && b & 0xf000 == 0;
            unique_local || link_local || site_local || documentation || a == 0
        }
    }
}

/// A name stands for no address that the account may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) host: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        write!(
            f,
            "private_address: {host} is an address of a private network, where this account may not go; \
             name a public one, or set \"allow_private\" for a provider of your own network"
        )
    }
}

impl std::error::Error for Refused {}

/// The addresses of a host that may be connected to. An address written as a number is checked as any other.
pub(crate) async fn resolve(
    host: &str,
    port: u16,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, port)).await?.collect();
    let some = !found.is_empty();
    let allowed: Vec<SocketAddr> =
        found.into_iter().filter(|address| allow_private || !is_private(address.ip())).collect();
    if some && allowed.is_empty() {
        return Err(Box::new(Refused { host: host.to_owned() }));
    }
    Ok(allowed)
}
