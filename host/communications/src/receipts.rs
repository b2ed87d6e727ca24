//! Reports of providers and mails that come back: what each changes.

use serde::{Deserialize, Serialize};

use crate::severity::Status;

/// A report about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The provider has it.
    Accepted,
    /// It will try for some time.
    Delayed,
    /// It is with the recipient.
    Delivered,
    /// The recipient has opened it.
    Read,
    /// The recipient has answered.
    Replied,
    /// It could not be delivered now: mailbox full, phone off.
    SoftBounced,
    /// It was refused for what it is, or for who sends it.
    Rejected,
    /// There is no such recipient.
    HardBounced,
    /// The recipient wants no more such messages.
    Unsubscribed,
    /// The recipient has called it spam.
    Complained,
}

/// A consequence for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// It works: bounces that were counted are forgotten.
    Works,
    /// One more soft bounce in a row.
    Counts,
    /// Nothing goes there any more: it does not exist.
    Dead,
    /// Nothing goes there any more, at once and for good: its owner said so.
    Unwanted,
}

/// Soft bounces in a row, without a delivery between them, after which an address counts as dead.
pub const SOFT_BOUNCES_MAX: i64 = 5;

impl Report {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Delayed,
        Self::Delivered,
        Self::Read,
        Self::Replied,
        Self::SoftBounced,
        Self::Rejected,
        Self::HardBounced,
        Self::Unsubscribed,
        Self::Complained,
    ];

    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Replied => "replied",
            Self::SoftBounced => "soft_bounced",
            Self::Rejected => "rejected",
            Self::HardBounced => "hard_bounced",
            Self::Unsubscribed => "unsubscribed",
            Self::Complained => "complained",
        }
    }

    /// The report of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }

    /// The status that it gives the message, if that is not further on already.
    pub fn status(self) -> Option<Status> {
        match self {
            Self::Delayed => None,
            Self::Accepted => Some(Status::Sent),
            // It did not arrive, but another message may.
            Self::SoftBounced | Self::Rejected => Some(Status::SoftBounced),
            Self::Delivered => Some(Status::Delivered),
            // To answer it, one has opened it.
            Self::Read | Self::Replied => Some(Status::Opened),
            Self::Unsubscribed => Some(Status::Unsubscribed),
            Self::HardBounced => Some(Status::HardBounced),
            Self::Complained => Some(Status::Complained),
        }
    }

    /// The kind of the event that tells it to chains and statistics; none where nobody needs one.
    pub fn event_kind(self) -> Option<&'static str> {
        match self {
            Self::Accepted | Self::Delayed => None,
            Self::Delivered => Some("message_delivered"),
            Self::Read => Some("message_opened"),
            Self::Replied => Some("message_replied"),
            Self::SoftBounced | Self::Rejected | Self::HardBounced => Some("message_bounced"),
            Self::Unsubscribed => Some("message_unsubscribed"),
            Self::Complained => Some("message_complained"),
        }
    }

    /// What becomes of the address. A message that was refused for what it is says nothing of the address.
    pub fn consequence(self) -> Consequence {
        match self {
            Self::Accepted | Self::Delayed | Self::Rejected | Self::Unsubscribed => Consequence::None,
            Self::Delivered | Self::Read | Self::Replied => Consequence::Works,
            Self::SoftBounced => Consequence::Counts,
            Self::HardBounced => Consequence::Dead,
            Self::Complained => Consequence::Unwanted,
        }
    }
}
