//! Who opened a message or clicked in it: a person, the proxy of a mail service, or a scanner of links. Only what people do
//! drives chains.
//!
//! All that happened to one message is judged together, since a scanner is often known by what it does next.

mod networks;

pub use networks::{Network, NetworkKind, Networks, NetworksProblem};

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Milliseconds after sending in which hardly any person has opened or clicked.
const TOO_SOON_MS: i64 = 10_000;
/// Milliseconds in which nobody clicks all links of a message.
const BURST_MS: i64 = 10_000;
/// Different links within [`BURST_MS`] that are a burst, also in a message that has more.
const BURST_LINKS: usize = 4;

/// The one who opened or clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A person, as far as can be told.
    Human,
    /// A mail service that fetches pictures for its users, whether they open the message or not.
    Proxy,
    /// A program that follows links to see whether they are safe.
    Scanner,
    /// Too soon after sending to be told.
    Unsure,
}

impl Verdict {
    /// The name that rows and events have.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Proxy => "proxy",
            Self::Scanner => "scanner",
            Self::Unsure => "unsure",
        }
    }
}

/// The link or picture that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The picture that tells of opening.
    Picture,
    /// A link that people see, by its number.
    Link(u32),
    /// The link that people do not see.
    HiddenLink,
}

/// One request for a link or the picture of a message. It is kept without the address of the sender, which is looked up
/// and thrown away, see [`Networks::find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The link or picture that was asked for.
    pub target: Target,
    /// True for the method `HEAD`, which no mail program uses.
    pub is_head: bool,
    /// When, in milliseconds.
    pub at: i64,
    /// The kind of the sender's network or program, if it is known.
    pub network: Option<NetworkKind>,
}

/// Judges all hits of one message that was sent at an instant in milliseconds and shows so many links, in their order. A
/// later hit may change what is thought of an earlier one: judge again when one comes.
pub fn judge(sent_at: i64, links: usize, hits: &[Hit]) -> Vec<Verdict> {
    let traps: Vec<i64> =
        hits.iter().filter(|hit| hit.target == Target::HiddenLink).map(|hit| hit.at).collect();
    let bursts = bursts(links, hits);
    let is_near =
        |times: &[i64], at: i64| times.iter().any(|time| time.abs_diff(at) <= BURST_MS.unsigned_abs());
    let one = |hit: &Hit| match hit.target {
        _ if hit.is_head || hit.target == Target::HiddenLink => Verdict::Scanner,
        _ if hit.network == Some(NetworkKind::Scanner) => Verdict::Scanner,
        Target::Link(_) if is_near(&traps, hit.at) || is_in(&bursts, hit.at) => Verdict::Scanner,
        _ if hit.network == Some(NetworkKind::Proxy) => Verdict::Proxy,
        _ if hit.at < sent_at.saturating_add(TOO_SOON_MS) => Verdict::Unsure,
        _ => Verdict::Human,
    };
    hits.iter().map(one).collect()
}

/// The stretches of time in which all links, or many, were clicked.
fn bursts(links: usize, hits: &[Hit]) -> Vec<(i64, i64)> {
    let mut clicks: Vec<(i64, u32)> = hits
        .iter()
        .filter_map(|hit| match hit.target {
            Target::Link(number) => Some((hit.at, number)),
            Target::Picture | Target::HiddenLink => None,
        })
        .collect();
    clicks.sort_unstable();
    // One link that is clicked is no burst.
    let wanted = links.clamp(2, BURST_LINKS);
    let from = |(first, _): &(i64, u32)| {
        let until = first.saturating_add(BURST_MS);
        let within: BTreeSet<u32> = clicks
            .iter()
            .filter(|(at, _)| (*first..=until).contains(at))
            .map(|(_, number)| *number)
            .collect();
        (within.len() >= wanted).then_some((*first, until))
    };
    clicks.iter().filter_map(from).collect()
}

fn is_in(stretches: &[(i64, i64)], at: i64) -> bool {
    stretches.iter().any(|(first, until)| (*first..=*until).contains(&at))
}

/// The kind of the sender of a request, by its address and the name of its program.
pub fn network(networks: &Networks, address: Option<IpAddr>, program: &str) -> Option<NetworkKind> {
    networks.find(address, program).map(|network| network.kind)
}

#[cfg(test)]
mod tests;
