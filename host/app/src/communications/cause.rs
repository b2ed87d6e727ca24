//! What a message is made for.

use communications::Profile;
use serde_json::{Map, Value};

/// What a message is for.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// The message, if it is sent; none for a preview, which takes no codes and promises nothing.
    pub message: Option<OfMessage>,
    /// The member, if the caller has read it already, as `people::of` does.
    pub profile: Option<Profile>,
    /// The time, if the caller has asked for it already, in milliseconds since 1970.
    pub now_ms: Option<i64>,
    /// The language that is wanted instead of the member's own.
    pub language: Option<String>,
    /// `event` in the template.
    pub event: Map<String, Value>,
    /// `values` in the template.
    pub values: Map<String, Value>,
    /// Where the member unsubscribes.
    pub unsubscribe_url: Option<String>,
    /// Address of the picture that tells that the message was opened.
    pub open_url: Option<String>,
}

/// A message that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfMessage {
    /// Its id.
    pub id: String,
    /// The member's number.
    pub number: u32,
}
