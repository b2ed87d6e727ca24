//! The member as segments, chains and templates read it.

use std::collections::BTreeMap;

use domain::audience::Value;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The number of a member: dense, from 0, given once and never again. Sets of members are bitmaps of these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberNumber(pub u32);

/// Where a time zone or an operator comes from; the first that is known counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An attribute of the member says so.
    Profile,
    /// The place of the member's address.
    Address,
    /// The range of the member's phone number. A guess: numbers move between operators, and people between zones.
    PhoneRange,
    /// The store where the member buys.
    Store,
    /// The setting for members of whom nothing is known.
    Default,
}

/// Ways to reach a member, each in its one form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// A phone number in the form E.164, such as `+79161234567`.
    pub phone: Option<String>,
    /// An e-mail address with its domain in small letters.
    pub email: Option<String>,
    /// Other addresses by their kind, such as the token of a device or the number of a chat.
    pub other: BTreeMap<String, String>,
}

/// All that is known of a member at one moment, without the events.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The member's id.
    pub id: String,
    /// The member's number.
    pub number: MemberNumber,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// The member's time zone.
    pub zone: TimeZone,
    /// Where the zone comes from.
    pub zone_from: Origin,
    /// The member's language as a BCP 47 tag, if it is known.
    pub language: Option<String>,
    /// Points that can be spent, in the smallest step of points; none if nobody has asked for them.
    pub points: Option<i64>,
    /// Ways to reach the member.
    pub contacts: Contacts,
}
