//! What a channel is.

use std::collections::BTreeMap;

use communications::quiet_hours::QuietHours;
use senders::{Account, WebhookScheme};

/// What a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A mail server.
    Smtp,
    /// A provider with an HTTP interface.
    Http,
    /// The retailer's own app or site, which asks for the messages of a member.
    InApp,
    /// The member's next receipt, on which it is printed.
    Receipt,
    /// The cashier, who is told at the member's next receipt.
    Cashier,
}

impl Kind {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Http => "http",
            Self::InApp => "in_app",
            Self::Receipt => "receipt",
            Self::Cashier => "cashier",
        }
    }

    /// True if the host itself brings the messages, so that the channel has no account.
    pub fn is_own(self) -> bool {
        matches!(self, Self::InApp) || self.is_at_the_till()
    }

    /// True if tills bring the messages with the member's next receipt.
    pub fn is_at_the_till(self) -> bool {
        matches!(self, Self::Receipt | Self::Cashier)
    }
}

/// A channel as it is used.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The account at the provider; none if the host itself brings the messages.
    pub account: Option<Account>,
    /// What members are reached by: `email`, `phone`, or the name of an attribute with another address; empty if the host
    /// itself brings the messages, which reach everybody.
    pub address: String,
    /// Messages a second at most, over all nodes.
    pub per_second: Option<i64>,
    /// Messages a day (UTC) at most, over all nodes.
    pub per_day: Option<i64>,
    /// When it is quiet, on the member's clock.
    pub quiet_hours: Option<QuietHours>,
    /// Seconds after which the provider should no longer deliver, unless the message says.
    pub ttl_s: Option<i64>,
    /// Where its secrets come from, by name.
    pub secrets: BTreeMap<String, SecretSource>,
    /// How its provider reports.
    pub receipts: Option<Reports>,
    /// Rises with each change.
    pub version: i64,
}

impl Channel {
    /// The kinds of templates that it takes.
    pub fn template_kinds(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Smtp => &["email"],
            Kind::Http if self.address == "email" => &["email", "webhook"],
            Kind::Http => &["sms", "viber", "push", "bot", "webhook"],
            Kind::InApp => &["in_app"],
            // Both have nothing but text.
            Kind::Receipt | Kind::Cashier => &["receipt", "cashier"],
        }
    }
}

/// How a provider reports what became of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reports {
    /// Name of the secret that proves who calls.
    pub secret: String,
    /// How it is proved.
    pub scheme: WebhookScheme,
    /// The header with the proof, in lower case.
    pub header: String,
    /// Where in the provider's document things stand.
    pub map: ReportMap,
}

/// Where in a provider's document its reports stand: JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportMap {
    /// The list of reports; empty if the document is one report.
    pub list: String,
    /// Id of a report.
    pub id: String,
    /// Our id of the message.
    pub message_id: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// What is reported.
    pub status: String,
    /// When it happened.
    pub at: String,
    /// The provider's words.
    pub reason: String,
    /// What the provider's words for a status mean, in lower case.
    pub statuses: BTreeMap<String, String>,
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the environment.
    Environment(String),
    /// A file in the folder of secrets.
    File(String),
    /// The database.
    Stored,
}
