//! The fate of a node's message or effect, as events tell it.

use serde_json::Value;

use super::document::{EFFECT_DONE, EFFECT_FAILED};
use crate::event::Event;

/// The fate of a message, or of an effect elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    Delivered,
    Failed,
}

/// The news in an event about the message with this cause, or the effect with this key.
pub(super) fn fate(event: &Event, cause: &str) -> Option<Fate> {
    let fate = match event.kind.as_str() {
        "message_sent" => Fate::Sent,
        "message_delivered" | "message_opened" | "message_clicked" | EFFECT_DONE => Fate::Delivered,
        "message_skipped" | "message_failed" | "message_bounced" | EFFECT_FAILED => Fate::Failed,
        _ => return None,
    };
    (event.payload.get("cause").and_then(Value::as_str) == Some(cause)).then_some(fate)
}
