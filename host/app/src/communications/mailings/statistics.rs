//! What became of a mailing, in numbers that add up.

use std::collections::BTreeMap;

use communications::mailing::cause;
use serde_json::{Map, Value, json};
use store::MessageRow;

use super::{Known, find};
use crate::communications::profile::time;
use crate::error::Error;
use crate::state::App;

/// States of messages, in the order in which they are told.
pub const STATES: [&str; 9] =
    ["planned", "held", "attempting", "sent", "skipped", "failed", "unknown", "dead", "ghost"];
/// Messages of one page.
pub const PAGE: i64 = 1_000;

/// The numbers of a mailing.
pub async fn of_mailing(app: &App, name: &str) -> Result<Value, Error> {
    let Known { row, mailing } = find(app, name).await?;
    let cause = cause(name);
    let counts = app.communications.count_messages(&cause).await?;
    let mut states: BTreeMap<&str, i64> = STATES.into_iter().map(|state| (state, 0)).collect();
    let mut reasons: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let mut messages = 0_i64;
    for count in &counts {
        messages = messages.saturating_add(count.messages);
        let known = STATES.into_iter().find(|state| *state == count.state);
        let total = states.entry(known.unwrap_or("planned")).or_default();
        *total = total.saturating_add(count.messages);
        if !count.reason.is_empty() && count.state != "sent" {
            reasons.entry(count.state.clone()).or_default().insert(count.reason.clone(), count.messages);
        }
    }
    let unplanned = if row.is_planned || row.state == "stopped" {
        0
    } else {
        row.audience.saturating_sub(messages).saturating_sub(row.merged)
    };
    // Of a mailing that was stopped, and of members who were erased, nothing is left to count.
    let gone = row.audience.saturating_sub(messages).saturating_sub(row.merged).saturating_sub(unplanned);
    let reactions = app.communications.count_reactions(&cause).await?;
    let mut answer = Map::new();
    for (key, value) in [
        ("name", json!(row.name)),
        ("state", json!(row.state)),
        ("started_at", json!(row.started_at.and_then(time))),
        ("audience", json!(row.audience)),
        ("not_planned_yet", json!(unplanned)),
        ("merged", json!(row.merged)),
        ("gone", json!(gone.max(0))),
        ("messages", json!(states)),
        ("reasons", json!(reasons)),
        ("delivered", json!(reactions.delivered)),
        ("opened", json!(reactions.opened)),
        ("clicked", json!(reactions.clicked)),
        ("bounced", json!(reactions.bounced)),
        ("complaints", json!(reactions.complained)),
        ("unsubscribed", json!(reactions.unsubscribed)),
        ("attribution_days", json!(mailing.attribution_days)),
    ] {
        answer.insert(key.to_owned(), value);
    }
    if !mailing.variants.is_empty() {
        answer.insert("variants".to_owned(), variants(app, &cause).await?);
    }
    Ok(Value::Object(answer))
}

async fn variants(app: &App, cause: &str) -> Result<Value, Error> {
    let mut variants: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for count in app.communications.count_variants(cause).await? {
        variants.entry(count.variant).or_default().insert(count.state, count.messages);
    }
    Ok(json!(variants))
}

/// Messages of a mailing in a state after an id, by their ids, with the retailer's ids of their members.
pub async fn messages(app: &App, name: &str, state: &str, after: &str) -> Result<Vec<Value>, Error> {
    find(app, name).await?;
    let rows = app.communications.messages_of_cause(&cause(name), state, after, PAGE).await?;
    let numbers: Vec<u32> = rows.iter().filter_map(|row| u32::try_from(row.number).ok()).collect();
    let members = app.communications.members_of(&numbers).await?;
    let ids: BTreeMap<i64, String> =
        members.into_iter().map(|member| (i64::from(member.number), member.member_id)).collect();
    Ok(rows.iter().map(|row| shown(row, ids.get(&row.number))).collect())
}

fn shown(row: &MessageRow, member_id: Option<&String>) -> Value {
    json!({
        "id": row.id,
        "member_id": member_id,
        "channel": row.channel,
        "template": row.template,
        "template_version": row.template_version,
        "variant": row.variant,
        "state": row.state,
        "reason": row.reason,
        "detail": row.detail,
        "attempts": row.attempts,
        "not_before": time(row.not_before),
        "next_at": row.next_at.and_then(time),
        "sent_at": row.sent_at.and_then(time),
        "changed_at": time(row.changed_at),
        "provider_id": row.provider_id,
    })
}
