//! A message that is ready to go out, and what became of it.

use std::collections::BTreeMap;

use serde::Serialize;

/// A message that is ready: rendered, allowed, for one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outgoing {
    /// Id of the message: letters and digits, the same at each attempt. Becomes the `Message-ID` of a mail and the
    /// key by which a provider may tell a repeated call.
    pub message_id: String,
    /// The recipient, as the channel addresses it: e-mail address, phone in E.164, token of a device.
    pub to: String,
    /// Subject of a mail, or title of a push message; may be empty on other channels.
    pub subject: String,
    /// The HTML of a mail.
    pub html: Option<String>,
    /// The text; for a mail, the alternative for readers without HTML.
    pub text: String,
    /// Language of the text, as a BCP 47 tag such as `ru`.
    pub language: Option<String>,
    /// Address that ends such messages with one POST (RFC 8058). None on messages that cannot be ended.
    pub unsubscribe: Option<String>,
    /// Seconds after which the provider should no longer deliver.
    pub ttl_s: Option<i64>,
    /// Further texts that the account's templates may name: `image`, `link`, …
    pub values: BTreeMap<String, String>,
}

/// Something that another system is told of a member: a call with a JSON document, and no message to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Letters and digits, the same at each attempt: the header `Idempotency-Key`, by which a repeated call is told.
    pub key: String,
    /// Id of the member.
    pub member: String,
    /// The document, which the account's proof signs.
    pub body: serde_json::Value,
}

/// The outcome of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    Accepted {
        /// The provider's id of it, if it told one.
        provider_id: Option<String>,
    },
    /// The provider has not taken it now, and may later.
    Later {
        /// Milliseconds to wait, as the provider asks; otherwise a time usual for the reason.
        after_ms: i64,
        /// Why, for people.
        reason: String,
    },
    /// The provider will not take it, also later.
    Refused {
        /// The thing that must change.
        kind: RefusedKind,
        /// Why, for people.
        reason: String,
    },
    /// Nobody can say whether the provider has it.
    Unknown {
        /// Why, for people.
        reason: String,
    },
}

/// The subject of a refusal. Only `Address` says something of the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusedKind {
    /// There is no such recipient: nothing should go there any more.
    Address,
    /// This message is not taken; another one may be.
    Content,
    /// The account is not let in, or is set up wrongly: no message is taken until that is mended.
    Auth,
    /// The account has nothing left: money or number of messages.
    Quota,
}

impl Outcome {
    pub(crate) fn later(after_ms: i64, reason: impl Into<String>) -> Self {
        Self::Later { after_ms, reason: short(reason.into()) }
    }

    pub(crate) fn refused(kind: RefusedKind, reason: impl Into<String>) -> Self {
        Self::Refused { kind, reason: short(reason.into()) }
    }

    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: short(reason.into()) }
    }
}

/// The longest reason in characters: a provider may answer with pages.
const REASON_MAX: usize = 300;

fn short(reason: String) -> String {
    if reason.chars().count() <= REASON_MAX {
        return reason;
    }
    reason.chars().take(REASON_MAX).chain(['…']).collect()
}
