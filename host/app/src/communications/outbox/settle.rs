//! What becomes of messages after an attempt. Every outcome ends a message, or lets it wait for a later time, and the
//! number of attempts is limited.

use std::time::Duration;

use communications::mailing::retry_after_ms;
use communications::policy::SuppressionScope;
use senders::{Outcome, RefusedKind};
use serde_json::{Map, Value, json};
use store::{MessageChange, MessageRow, StoreError};

use super::changes::{event, settled, short};
use super::decide::Ready;
use super::transmit::Sent;
use crate::communications::suppressions::{self, Told};
use crate::error::Error;
use crate::state::App;

/// Milliseconds until the next attempt when the account is not let in, or has nothing left.
const ACCOUNT_MS: i64 = 60_000;

/// How often writing what became of messages is tried again, and the time between two tries.
const WRITES_MAX: u32 = 60;
const WRITE_AGAIN: Duration = Duration::from_millis(500);

/// Writes what became of some messages, in one transaction, and suppresses addresses that do not exist.
pub(super) async fn all(app: &App, sent: Vec<Sent>) -> Result<(), Error> {
    let now = now(app).await?;
    let attempts = app.config.communications.send_attempts;
    let mut changes = Vec::with_capacity(sent.len());
    for (ready, outcome) in &sent {
        let may_repeat = ready.attempt.may_repeat;
        let mut change = change(&ready.row, outcome, may_repeat, attempts, now);
        tell_codes(&mut change, &ready.codes);
        changes.push(change);
    }
    for (ready, outcome) in &sent {
        if let Outcome::Refused { kind: RefusedKind::Address, reason } = outcome {
            suppress(app, ready, reason, now).await;
        }
    }
    written(app, &changes, now).await
}

/// Suppresses an address that does not exist. Before the outcome is written, so that whoever sees it finds the address on
/// the list.
async fn suppress(app: &App, ready: &Ready, reason: &str, now: i64) {
    let told = Told {
        channel: ready.row.channel.clone(),
        scope: SuppressionScope::All,
        reason: short(&format!("refused: {reason}")),
        source: "provider".to_owned(),
        at: now,
    };
    let done = suppressions::suppress_address(app, &ready.route.contact, &ready.outgoing.to, told).await;
    if let Err(error) = done {
        tracing::warn!(id = ready.row.id, %error, "an address that was refused cannot be suppressed now");
    }
}

/// Tells with a message that is sent which coupon codes it has, by which purchases are credited to it.
fn tell_codes(change: &mut MessageChange, codes: &[String]) {
    let event = change.event.as_mut().filter(|event| event.kind == "message_sent" && !codes.is_empty());
    let Some(event) = event else { return };
    if let Ok(mut payload) = serde_json::from_str::<Map<String, Value>>(&event.payload) {
        payload.insert("coupons".to_owned(), json!(codes));
        event.payload = Value::Object(payload).to_string();
    }
}

/// The time of the database, which may be away for a moment.
async fn now(app: &App) -> Result<i64, Error> {
    let mut tries = 0_u32;
    loop {
        match app.communications.now_ms().await {
            Ok(now) => return Ok(now),
            Err(error) => try_again(error, &mut tries).await?,
        }
    }
}

/// Writes what became of attempts. What is known must not be lost because the database is away for a moment: it is true
/// even if the lanes are another worker's by now.
async fn written(app: &App, changes: &[MessageChange], now: i64) -> Result<(), Error> {
    let mut tries = 0_u32;
    loop {
        match app.communications.end_attempts(changes, now).await {
            Ok(_) => return Ok(()),
            Err(error) => try_again(error, &mut tries).await?,
        }
    }
}

/// Waits until it is time to try again; the error if that was done often enough.
async fn try_again(error: StoreError, tries: &mut u32) -> Result<(), Error> {
    if *tries >= WRITES_MAX {
        return Err(error.into());
    }
    tracing::warn!(%error, "what became of messages cannot be written; it is tried again");
    *tries = tries.saturating_add(1);
    tokio::time::sleep(WRITE_AGAIN).await;
    Ok(())
}

/// What becomes of a message after an attempt; `row` is as it was before it.
fn change(row: &MessageRow, outcome: &Outcome, may_repeat: bool, most: i64, now: i64) -> MessageChange {
    let tried = MessageRow { attempts: row.attempts.saturating_add(1), ..row.clone() };
    let ended = |state: &str, reason: &str, detail: &str| MessageChange {
        detail: short(detail),
        ..settled(&tried, state, reason, None)
    };
    let again = |reason: &str, detail: &str, after_ms: i64| {
        let next = now.saturating_add(retry_after_ms(&row.id, tried.attempts, after_ms));
        if tried.attempts >= most || row.too_late_after.is_some_and(|last| next > last) {
            let told = event(row, "message_failed", reason, now);
            return MessageChange { event: Some(told), ..ended("dead", reason, detail) };
        }
        MessageChange { next_at: Some(next), ..ended("planned", reason, detail) }
    };
    match outcome {
        Outcome::Accepted { provider_id } => MessageChange {
            provider_id: provider_id.clone(),
            sent_at: Some(now),
            event: Some(event(row, "message_sent", "", now)),
            ..settled(&tried, "sent", "", None)
        },
        Outcome::Later { after_ms, reason } => again("later", reason, *after_ms),
        Outcome::Refused { kind: RefusedKind::Auth, reason } => again("account", reason, ACCOUNT_MS),
        Outcome::Refused { kind: RefusedKind::Quota, reason } => again("quota", reason, ACCOUNT_MS),
        Outcome::Refused { kind: RefusedKind::Address, reason } => MessageChange {
            event: Some(event(row, "message_bounced", "address", now)),
            ..ended("failed", "address", reason)
        },
        Outcome::Refused { kind: RefusedKind::Content, reason } => MessageChange {
            event: Some(event(row, "message_skipped", "content", now)),
            ..ended("failed", "content", reason)
        },
        Outcome::Unknown { reason } if may_repeat => again("no_answer", reason, 0),
        Outcome::Unknown { reason } => ended("unknown", "no_answer", reason),
    }
}

/// Puts messages back whose attempt was begun and certainly not made.
pub(super) fn not_tried(rows: &[MessageRow], now: i64) -> Vec<MessageChange> {
    let back = |row: &MessageRow| {
        let tried = MessageRow { attempts: row.attempts.saturating_add(1), ..row.clone() };
        settled(&tried, "planned", "", Some(now))
    };
    rows.iter().map(back).collect()
}

#[cfg(test)]
mod tests {
    use super::super::changes::sample as row;
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn refused(kind: RefusedKind) -> Outcome {
        Outcome::Refused { kind, reason: "no".to_owned() }
    }

    #[test]
    fn each_outcome_has_its_state() {
        let later = Outcome::Later { after_ms: 5_000, reason: "busy".to_owned() };
        let unknown = Outcome::Unknown { reason: "lost".to_owned() };
        for (outcome, may_repeat, state, reason) in [
            (&Outcome::Accepted { provider_id: None }, false, "sent", ""),
            (&later, false, "planned", "later"),
            (&refused(RefusedKind::Auth), false, "planned", "account"),
            (&refused(RefusedKind::Quota), false, "planned", "quota"),
            (&refused(RefusedKind::Address), false, "failed", "address"),
            (&refused(RefusedKind::Content), false, "failed", "content"),
            // Advertising is not sent again when nobody knows; what may be repeated is.
            (&unknown, false, "unknown", "no_answer"),
            (&unknown, true, "planned", "no_answer"),
        ] {
            let change = change(&row(), outcome, may_repeat, 12, NOW);
            assert_eq!((change.state.as_str(), change.reason.as_str()), (state, reason), "{outcome:?}");
            assert_eq!(change.attempts, 1, "the attempt that has just ended");
            assert_eq!(change.next_at.is_some(), state == "planned");
            assert!(change.next_at.is_none_or(|next| next >= NOW + 1_000), "it comes later");
        }
    }

    #[test]
    fn whatever_a_provider_says_every_message_comes_to_an_end() {
        let busy = Outcome::Later { after_ms: 0, reason: "busy".to_owned() };
        for outcome in [&busy, &refused(RefusedKind::Auth), &Outcome::Unknown { reason: "lost".to_owned() }] {
            let (mut row, mut now, mut steps) = (row(), NOW, 0);
            loop {
                let change = change(&row, outcome, true, 12, now);
                steps += 1;
                let Some(next) = change.next_at else {
                    assert_eq!(change.state, "dead");
                    break;
                };
                assert!(next > now, "never at once");
                (row.attempts, now) = (change.attempts, next);
                assert!(steps < 12, "{outcome:?}");
            }
            assert_eq!(steps, 12);
        }
    }

    #[test]
    fn what_would_be_too_late_is_not_tried_again() {
        let row = MessageRow { too_late_after: Some(NOW + 500), ..row() };
        let busy = Outcome::Later { after_ms: 0, reason: "busy".to_owned() };
        assert_eq!(change(&row, &busy, false, 12, NOW).state, "dead");
    }
}
