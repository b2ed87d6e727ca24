//! Networks and programs that open and click without a person: a table, which changes without a release.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Rows of the table at most.
const NETWORKS_MAX: usize = 10_000;

/// The reason why a network is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// It fetches pictures for users of a mail service.
    Proxy,
    /// It follows links to see whether they are safe.
    Scanner,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// A range of addresses, such as `192.0.2.0/24`.
    #[serde(default)]
    pub addresses: Option<String>,
    /// A part of the name of the program, as it stands in `User-Agent`; the case of letters does not matter.
    #[serde(default)]
    pub program: Option<String>,
    /// The reason why it is known.
    pub kind: NetworkKind,
}

/// Why a table is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetworksProblem {
    /// A row says neither or both.
    #[error("row {0} must have either addresses or program")]
    Row(usize),
    /// No range of addresses.
    #[error("row {0}: {1:?} is no range of addresses, such as 192.0.2.0/24 or 2001:db8::/32")]
    Addresses(usize, String),
    /// There are more rows than are kept.
    #[error("the table has more than {NETWORKS_MAX} rows")]
    TooMany,
}

/// The table of known networks and programs.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    ranges: Vec<(Range, Network)>,
    programs: Vec<(String, Network)>,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    first: u128,
    bits: u32,
}

impl Networks {
    /// The programs that name themselves: two picture proxies of mail services.
    pub fn well_known() -> Self {
        let named = |program: &str| Network {
            addresses: None,
            program: Some(program.to_owned()),
            kind: NetworkKind::Proxy,
        };
        let rows = ["GoogleImageProxy", "YahooMailProxy"].map(named);
        let programs = rows.into_iter().filter_map(|row| Some((row.program.clone()?.to_lowercase(), row)));
        Self { ranges: Vec::new(), programs: programs.collect() }
    }

    /// Adds rows; refused as a whole if one is wrong. The first row that fits counts.
    pub fn with(mut self, rows: Vec<Network>) -> Result<Self, NetworksProblem> {
        let all = rows.len().saturating_add(self.ranges.len()).saturating_add(self.programs.len());
        if all > NETWORKS_MAX {
            return Err(NetworksProblem::TooMany);
        }
        for (index, row) in rows.into_iter().enumerate() {
            match (&row.addresses, &row.program) {
                (Some(addresses), None) => {
                    let range = Range::read(addresses)
                        .ok_or_else(|| NetworksProblem::Addresses(index, addresses.clone()))?;
                    self.ranges.push((range, row));
                }
                (None, Some(program)) if !program.trim().is_empty() => {
                    self.programs.push((program.trim().to_lowercase(), row));
                }
                _ => return Err(NetworksProblem::Row(index)),
            }
        }
        Ok(self)
    }

    /// The row that an address or the name of a program fits; addresses are looked at first.
    pub fn find(&self, address: Option<IpAddr>, program: &str) -> Option<&Network> {
        let number = address.map(number);
        let by_address = number.and_then(|number| self.ranges.iter().find(|(range, _)| range.has(number)));
        let program = program.to_lowercase();
        let by_program = || self.programs.iter().find(|(part, _)| program.contains(part.as_str()));
        by_address.map(|(_, row)| row).or_else(|| by_program().map(|(_, row)| row))
    }
}

/// An address as a number of 128 bits; those of IPv4 lie where IPv6 maps them.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.trim().split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let bits: u32 = bits.parse().ok()?;
        let bits = match address {
            IpAddr::V4(_) if bits <= 32 => bits.saturating_add(96),
            IpAddr::V6(_) if bits <= 128 => bits,
            _ => return None,
        };
        Some(Self { first: number(address) & mask(bits), bits })
    }

    fn has(self, number: u128) -> bool {
        number & mask(self.bits) == self.first
    }
}

/// A number whose first bits are ones.
fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0)
}
