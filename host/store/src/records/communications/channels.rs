//! Channels, links of messages, and what comes back of messages.

use super::super::Reaction;
use super::{NewEvent, NewSuppression};

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    pub name: String,
    /// `smtp`, `http` or `in_app`.
    pub kind: String,
    /// JSON, without the secrets that are stored.
    pub document: String,
    /// Rises with each change.
    pub version: i64,
    pub changed_at: i64,
}

/// Where the links of a message lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLinks {
    pub message_id: String,
    /// Number of the member.
    pub number: i64,
    /// Addresses as a JSON array; the first one is link 1.
    pub urls: String,
    pub created_at: i64,
}

/// A request for a link or the picture of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitRow {
    /// Names the request: the same one is kept once.
    pub id: String,
    pub message_id: String,
    /// Number of the member.
    pub number: i64,
    /// 0 for the picture.
    pub link: i64,
    /// True for the method `HEAD`.
    pub is_head: bool,
    pub at: i64,
    /// `proxy`, `scanner` or empty.
    pub network: String,
    /// When it is to be judged; none once it was.
    pub judge_at: Option<i64>,
}

/// The verdicts about the hits of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedHits {
    pub message_id: String,
    /// The hits that are judged with it.
    pub ids: Vec<String>,
    /// First reactions of people.
    pub reactions: Vec<(Reaction, i64)>,
    /// Events that tell chains and statistics.
    pub events: Vec<NewEvent>,
}

/// A report of a channel's provider, to take once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    pub channel: String,
    /// The provider's id of the report.
    pub id: String,
    /// The changes that it makes; none if it is about no message of ours.
    pub effect: Option<ReceiptEffect>,
    pub received_at: i64,
}

/// The changes that a report makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptEffect {
    pub message_id: String,
    /// Number of the member.
    pub number: i64,
    /// The status, and its place in the order of severity; none if it changes none.
    pub status: Option<(String, i64)>,
    /// The provider's words.
    pub reason: String,
    pub at: i64,
    /// The first reaction that it is.
    pub reaction: Option<Reaction>,
    /// Its effect on the member's address.
    pub address: AddressEffect,
    pub events: Vec<NewEvent>,
}

/// The effect of a report on a member's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressEffect {
    None,
    /// It works: soft bounces are forgotten.
    Works,
    /// A soft bounce; the suppressions follow after so many in a row.
    Bounced {
        most: i64,
        then: Vec<NewSuppression>,
    },
    /// Nothing goes there any more.
    Suppressed(Vec<NewSuppression>),
}

/// A message that a member reads in the retailer's own app or site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InAppMessage {
    pub message_id: String,
    pub channel: String,
    /// Number of the member.
    pub number: i64,
    pub title: String,
    /// JSON: `text`, `html`, `values`.
    pub content: String,
    pub sent_at: i64,
    /// From then on it is not shown.
    pub expires_at: Option<i64>,
    pub read_at: Option<i64>,
}
