//! An account at a provider with an HTTP interface.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::Value;

use crate::RefusedKind;

/// An account at a provider with an HTTP interface.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAccount {
    /// Scheme, host and port; the path comes from `path`.
    pub base: Url,
    /// `POST`, `PUT`, `PATCH` or `GET`.
    pub method: &'static str,
    /// Template of path and query; what is filled in is escaped.
    pub path: String,
    /// Templates of headers.
    pub headers: BTreeMap<String, String>,
    /// Template of the body: every text in it is a template. None sends no body.
    pub body: Option<Value>,
    /// The body is sent as a form instead of JSON.
    pub form: bool,
    /// Texts of the account itself, which templates reach as `settings.NAME`.
    pub settings: BTreeMap<String, String>,
    /// How a call proves who sends it.
    pub auth: Auth,
    /// Where the provider's id stands in its answer, as a JSON pointer.
    pub id: Option<String>,
    /// The meaning of its answers; the first rule that matches decides.
    pub rules: Vec<Rule>,
    /// An answer 2xx counts as accepted only if this matches too.
    pub accepted: Option<Test>,
    /// The provider tells a repeated call by the message's id, and does not send it twice.
    pub idempotent: bool,
    /// Most calls at the same time.
    pub connections: usize,
    /// The longest wait for an answer.
    pub timeout_ms: u64,
    /// The longest answer that is read, in bytes.
    pub answer_bytes: usize,
    /// True if the provider may be in a private network, and be reached without TLS.
    pub allow_private: bool,
}

/// How a call proves who sends it. `secret` is the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer { secret: String },
    /// `Authorization: Basic …`.
    Basic { user: String, secret: String },
    /// A header with the secret, after a prefix such as `App `.
    Header { name: String, prefix: String, secret: String },
    /// A header with HMAC-SHA-256 of the body in hexadecimal digits; with `time` another header has the Unix
    /// time in seconds, and `TIME.BODY` is signed.
    Hmac { name: String, time: Option<String>, secret: String },
}

impl Auth {
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Bearer { secret }
            | Self::Basic { secret, .. }
            | Self::Header { secret, .. }
            | Self::Hmac { secret, .. } => Some(secret),
        }
    }
}

/// The meaning of answers that are like this.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The status; any if none.
    pub status: Option<u16>,
    /// The test of the body; none takes any.
    pub test: Option<Test>,
    /// The outcome of the message then.
    pub means: Meaning,
    /// JSON pointer to the provider's words.
    pub reason: Option<String>,
    /// Milliseconds to wait, for `later`, unless the answer says.
    pub after_ms: Option<i64>,
}

/// A test of one place of an answer. Texts are compared without regard to case.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// JSON pointer.
    pub at: String,
    /// The value must be one of these; if there are none, it must be there at all.
    pub one_of: Vec<Value>,
}

/// The outcome of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The provider has it.
    Accepted,
    /// Not now.
    Later,
    /// Never.
    Refused(RefusedKind),
    /// Cannot be told.
    Unknown,
}
