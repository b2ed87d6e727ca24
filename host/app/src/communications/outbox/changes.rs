//! Changes of messages, and the events that tell of them.

use serde_json::json;
use store::{MessageChange, MessageRow, NewEvent, Subject};

/// Words of a provider are kept to this many characters.
const DETAIL_MAX: usize = 300;

/// A change of a message's state.
pub(super) fn settled(row: &MessageRow, state: &str, reason: &str, next_at: Option<i64>) -> MessageChange {
    MessageChange {
        id: row.id.clone(),
        attempts: row.attempts,
        state: state.to_owned(),
        reason: reason.to_owned(),
        detail: String::new(),
        next_at,
        provider_id: None,
        sent_at: None,
        sent_to: None,
        may_repeat: false,
        counts: state == "attempting",
        event: None,
        promises: Vec::new(),
        links: None,
    }
}

/// The event of a message.
pub(super) fn event(row: &MessageRow, kind: &str, reason: &str, now: i64) -> NewEvent {
    let mut payload = json!({
        "message": row.id,
        "channel": row.channel,
        "cause": row.cause,
        "topic": row.topic,
        "template": row.template,
    });
    if !reason.is_empty()
        && let Some(fields) = payload.as_object_mut()
    {
        fields.insert("reason".to_owned(), json!(short(reason)));
    }
    NewEvent {
        source: "messages".to_owned(),
        id: format!("{}/{}", row.id, kind.strip_prefix("message_").unwrap_or(kind)),
        subject: u32::try_from(row.number).map_or(Subject::Nobody, Subject::Number),
        kind: kind.to_owned(),
        at: now,
        received_at: now,
        payload: payload.to_string(),
    }
}

pub(super) fn short(reason: &str) -> String {
    reason.chars().take(DETAIL_MAX).collect()
}

/// A message that waits.
#[cfg(test)]
pub(super) fn sample() -> MessageRow {
    let text = str::to_owned;
    MessageRow {
        id: text("0123456789abcdef0123456789abcdef"),
        cause: text("mailing/spring"),
        cause_kind: text("mailing"),
        queue: text("mailing/spring"),
        number: 7,
        channel: text("mail"),
        template: text("spring"),
        template_version: 1,
        category: text("marketing"),
        topic: text("news"),
        priority: 0,
        variant: String::new(),
        not_before: 1_800_000_000_000,
        too_late_after: None,
        state: text("planned"),
        reason: String::new(),
        detail: String::new(),
        lane: 7,
        attempts: 0,
        next_at: Some(1_800_000_000_000),
        values: text("{}"),
        provider_id: None,
        planned_at: 1_800_000_000_000,
        changed_at: 1_800_000_000_000,
        sent_at: None,
        sent_to: None,
    }
}
