//! The next state of a message that the host itself has failed at.

use communications::mailing::retry_after_ms;
use store::{MessageChange, MessageRow};

use super::changes::{event, settled, short};
use crate::error::Error;

/// Milliseconds until a message is looked at again while the host can do nothing at all.
const OUTAGE_MS: i64 = 5_000;

/// True if nothing at all can be done now, which says nothing of the message.
pub(super) fn is_outage(error: &Error) -> bool {
    matches!(error, Error::Unavailable | Error::CommunicationsAway | Error::Overloaded | Error::Fenced(_))
}

/// The next state of a message that the host has failed at: one more attempt, of `most`.
pub(super) fn failed(row: &MessageRow, error: &Error, most: i64, now: i64) -> MessageChange {
    tracing::warn!(id = row.id, %error, "a message cannot be decided about or made now");
    let detail = short(&format!("the host has failed: {error}"));
    let of = |state: &str, next_at: Option<i64>| MessageChange {
        detail: detail.clone(),
        ..settled(row, state, error.code(), next_at)
    };
    if is_outage(error) {
        return of("held", Some(now.saturating_add(OUTAGE_MS)));
    }
    let attempts = row.attempts.saturating_add(1);
    let next = now.saturating_add(retry_after_ms(&row.id, attempts, 0));
    if attempts >= most || row.too_late_after.is_some_and(|last| next > last) {
        let told = event(row, "message_failed", error.code(), now);
        return MessageChange { event: Some(told), counts: true, ..of("dead", None) };
    }
    MessageChange { counts: true, ..of("held", Some(next)) }
}

#[cfg(test)]
mod tests {
    use super::super::changes::sample as row;
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn a_fault_of_the_host_is_tried_again_ever_later_and_comes_to_an_end() {
        let (mut row, mut now, mut waits) = (row(), NOW, Vec::new());
        let last = loop {
            let change = failed(&row, &Error::Internal, 5, now);
            assert!(change.counts);
            let Some(next) = change.next_at else { break change };
            assert_eq!((change.state.as_str(), change.reason.as_str()), ("held", "internal"));
            waits.push(next - now);
            (row.attempts, now) = (row.attempts + 1, next);
        };
        assert_eq!((last.state.as_str(), row.attempts), ("dead", 4));
        assert_eq!(last.event.map(|event| event.kind).as_deref(), Some("message_failed"));
        assert!(waits.is_sorted() && waits.first() < waits.last(), "{waits:?}");
    }

    #[test]
    fn an_outage_costs_no_attempt_and_what_would_be_too_late_ends() {
        let held = failed(&MessageRow { attempts: 99, ..row() }, &Error::Unavailable, 5, NOW);
        assert_eq!((held.state.as_str(), held.counts), ("held", false));
        let late = MessageRow { too_late_after: Some(NOW + 500), ..row() };
        assert_eq!(failed(&late, &Error::Damaged, 5, NOW).state, "dead");
    }
}
