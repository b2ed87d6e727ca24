//! The till's own channels: a message waits beside the tills' own data until the next receipt of its member, so that no
//! till ever asks communications.

use senders::{Outcome, Outgoing, RefusedKind};
use store::{Store, TillMessage};

use super::answers::{later, shorter};
use super::channel::Kind;
use crate::config::communications::Communications as Settings;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// Where messages are left for tills.
pub(super) struct Till {
    tills: Store,
    /// `receipt` or `cashier`.
    place: &'static str,
    /// The most characters of a message.
    characters: usize,
    /// The most messages of a member that wait.
    waiting: i64,
    /// The longest that a message waits, in days.
    days: i64,
}

impl Till {
    pub(super) fn new(tills: Store, settings: &Settings, kind: Kind) -> Self {
        Self {
            tills,
            place: kind.name(),
            characters: settings.till_message_characters,
            waiting: settings.till_messages_waiting,
            days: settings.till_message_days,
        }
    }

    /// Leaves messages for the next receipts of their members, who are named by `to`.
    pub(super) async fn keep(&self, messages: &[Outgoing], ttl_s: Option<i64>) -> Vec<Outcome> {
        let now = match self.tills.now().await {
            Ok(now) => now,
            Err(error) => return messages.iter().map(|_| unkept(&error)).collect(),
        };
        let texts: Vec<Result<String, String>> =
            messages.iter().map(|message| plain(&message.text, self.characters)).collect();
        let rows = messages.iter().zip(&texts).filter_map(|(message, text)| {
            let longest = self.days.saturating_mul(DAY_S);
            let ttl = shorter(message.ttl_s, ttl_s).map_or(longest, |ttl| ttl.min(longest));
            Some(TillMessage {
                id: message.message_id.clone(),
                member_id: message.to.clone(),
                place: self.place.to_owned(),
                text: text.as_ref().ok()?.clone(),
                created_at: now,
                expires_at: now.saturating_add(ttl),
            })
        });
        let rows: Vec<TillMessage> = rows.collect();
        let left_out = match self.tills.add_till_messages(&rows, self.waiting).await {
            Ok(left_out) => left_out,
            Err(error) => return messages.iter().map(|_| unkept(&error)).collect(),
        };
        let outcome = |(message, text): (&Outgoing, Result<String, String>)| match text {
            Err(reason) => refused(reason),
            Ok(_) if left_out.contains(&message.message_id) => {
                let reason = format!(
                    "{} messages wait for the member's next receipt already (communications.till_messages_waiting)",
                    self.waiting
                );
                refused(reason)
            }
            Ok(_) => Outcome::Accepted { provider_id: None },
        };
        messages.iter().zip(texts).map(outcome).collect()
    }
}

fn refused(reason: String) -> Outcome {
    Outcome::Refused { kind: RefusedKind::Content, reason }
}

fn unkept(error: &store::StoreError) -> Outcome {
    later(format!("it cannot be left for the tills now: {error}"))
}

/// The text as printers take it: without signs that control them. An error if nothing is left of it, or too much.
fn plain(text: &str, most: usize) -> Result<String, String> {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    let text: String = text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect();
    let text = text.trim();
    match text.chars().count() {
        0 => Err("there is no text to print".to_owned()),
        found if found > most => Err(format!(
            "the text has {found} characters, and at most {most} are printed (communications.till_message_characters)"
        )),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printers_get_nothing_but_text() {
        assert_eq!(plain(" Five\tpoints\r\n\u{1b}@for you\n", 20).as_deref(), Ok("Five points\n@for you"));
        assert!(plain("\u{7}\n ", 20).is_err_and(|reason| reason.contains("no text")));
        assert!(plain("123456", 5).is_err_and(|reason| reason.contains("has 6 characters, and at most 5")));
    }
}
