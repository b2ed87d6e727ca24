//! The one place that says if a message may go out now, asked at the time of sending and not before.
//!
//! What is asked, in this order: too late, an address, suppression, consent, not yet due, quiet hours, how many messages
//! the member has had, and whether a more important one is about to take the last place. Each refusal is a [`Skip`] with a
//! code, and never silence.

mod caps;
mod consent;

pub use caps::{Cap, Rival, SentBefore};
pub use consent::{ANY, Consent, ConsentState, allowed};

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::quiet_hours::{QuietHours, Timing, timing};

/// The purpose of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// It advertises: it needs consent, counts against caps and keeps quiet hours.
    Marketing,
    /// The member has asked for it, or must be told, such as a receipt or a code: it needs no consent, and goes at once.
    Transactional,
}

/// A message as policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its id, which breaks ties.
    pub id: &'a str,
    /// Name of the channel.
    pub channel: &'a str,
    /// Its purpose.
    pub category: Category,
    /// The topic that consent is given for, such as `news`.
    pub topic: &'a str,
    /// The larger goes first.
    pub priority: i64,
    /// Not before this instant, in milliseconds.
    pub not_before: i64,
    /// Not after this instant, in milliseconds; none if it is never too late.
    pub too_late_after: Option<i64>,
}

/// Which messages a suppression stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionScope {
    /// Those that advertise.
    Marketing,
    /// All: nothing arrives there, or somebody has forbidden it.
    All,
}

/// Facts of the member at the time of sending.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The member's zone.
    pub zone: &'a TimeZone,
    /// True if the channel has an address of the member.
    pub has_address: bool,
    /// Scopes of the suppressions of the member, and of the address on this channel.
    pub suppressions: &'a [SuppressionScope],
    /// The member's consents, for all channels and topics or those of the message.
    pub consents: &'a [Consent],
    /// Marketing messages that went to the member, at least as far back as the longest cap reaches.
    pub sent: &'a [SentBefore],
    /// Other marketing messages to the member that are planned and due within [`Rules::priority_window_ms`] from now.
    pub rivals: &'a [Rival],
}

/// How members may be written to.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Quiet hours by the name of the channel.
    pub quiet_hours: BTreeMap<String, QuietHours>,
    /// Most messages a member gets.
    pub caps: Vec<Cap>,
    /// Names of the channels that speak on the member's own receipt. They disturb nobody: advertising there needs no consent,
    /// though one that was taken back counts; it knows no quiet hours, and neither counts against caps nor is stopped by them.
    pub receipts: BTreeSet<String>,
    /// How far ahead, in milliseconds, other messages compete for the last place under a cap.
    pub priority_window_ms: i64,
}

/// The decision about a message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes out.
    Send,
    /// It is asked about again at an instant in milliseconds, which lies ahead.
    Hold {
        /// That instant.
        until: i64,
        /// The reason why it waits.
        reason: Wait,
    },
    /// It never goes out.
    Skip(Skip),
}

/// The reason why a message waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Its own time.
    NotBefore,
    /// The end of quiet hours.
    QuietHours,
}

/// Why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Skip {
    /// Its time is over.
    #[error("it was not worth sending any more")]
    TooLate,
    /// Quiet hours end after its time is over.
    #[error("quiet hours end after it is worth sending")]
    QuietHours,
    /// The channel has no address of the member.
    #[error("the member has no address on this channel")]
    NoAddress,
    /// The member or the address is on the list of suppressions.
    #[error("the member or the address is suppressed")]
    Suppressed,
    /// The member has not been asked, or has not answered.
    #[error("the member has not consented to this channel and topic")]
    NoConsent,
    /// The member has not yet confirmed the consent (double opt-in).
    #[error("the member has not confirmed the consent")]
    ConsentPending,
    /// The member has taken consent back.
    #[error("the member has taken consent back")]
    ConsentWithdrawn,
    /// The member has had as many messages as the cap allows.
    #[error("the member has had as many messages as allowed")]
    FrequencyCap,
    /// More important messages take the places that are left under a cap.
    #[error("more important messages take the places that are left")]
    Outranked,
}

impl Wait {
    /// The code that rows and reports have.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotBefore => "not_before",
            Self::QuietHours => "quiet_hours",
        }
    }
}

impl Skip {
    /// The code that rows and reports have.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLate => "too_late",
            Self::QuietHours => "quiet_hours",
            Self::NoAddress => "no_address",
            Self::Suppressed => "suppressed",
            Self::NoConsent => "no_consent",
            Self::ConsentPending => "consent_pending",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::FrequencyCap => "frequency_cap",
            Self::Outranked => "outranked",
        }
    }
}

/// Decides about one message at one instant, in milliseconds. Every answer advances: what is held is held until later, what
/// is skipped is skipped for good.
pub fn decide(message: &Message<'_>, facts: &Facts<'_>, rules: &Rules, now: i64) -> Decision {
    if message.too_late_after.is_some_and(|last| now > last) {
        return Decision::Skip(Skip::TooLate);
    }
    let is_on_receipt = rules.receipts.contains(message.channel);
    if let Some(skip) = forbidden(message, facts, is_on_receipt) {
        return Decision::Skip(skip);
    }
    let is_marketing = message.category == Category::Marketing;
    let is_limited = is_marketing && !is_on_receipt;
    let hours = rules.quiet_hours.get(message.channel).filter(|_| is_limited);
    // What is not due yet is judged when it is.
    if now < message.not_before {
        return Decision::Hold { until: message.not_before, reason: Wait::NotBefore };
    }
    match timing(hours, now, message.too_late_after, facts.zone) {
        Timing::TooLate => return Decision::Skip(Skip::QuietHours),
        Timing::Hold(until) => return Decision::Hold { until, reason: Wait::QuietHours },
        Timing::Now => {}
    }
    match caps::check(message, facts, rules, now).filter(|_| is_limited) {
        Some(skip) => Decision::Skip(skip),
        None => Decision::Send,
    }
}

/// Why a message may not go to the member at any time, as things are now.
fn forbidden(message: &Message<'_>, facts: &Facts<'_>, is_on_receipt: bool) -> Option<Skip> {
    if !facts.has_address {
        return Some(Skip::NoAddress);
    }
    let is_marketing = message.category == Category::Marketing;
    if facts.suppressions.iter().any(|scope| is_marketing || *scope == SuppressionScope::All) {
        return Some(Skip::Suppressed);
    }
    match allowed(facts.consents, message.channel, message.topic) {
        _ if !is_marketing => None,
        Some(ConsentState::Granted) => None,
        None | Some(ConsentState::Pending) if is_on_receipt => None,
        Some(ConsentState::Pending) => Some(Skip::ConsentPending),
        Some(ConsentState::Withdrawn) => Some(Skip::ConsentWithdrawn),
        None => Some(Skip::NoConsent),
    }
}

#[cfg(test)]
mod tests;
