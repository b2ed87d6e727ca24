//! Consents of a member.

use serde::{Deserialize, Serialize};

/// Stands for every channel, or every topic, in a consent.
pub const ANY: &str = "*";

/// An answer of a member about a channel and a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Name of the channel, or [`ANY`].
    pub channel: String,
    /// Name of the topic, or [`ANY`].
    pub topic: String,
    /// The answer.
    pub state: ConsentState,
    /// When it was given, in milliseconds.
    pub at: i64,
}

/// An answer about a channel and a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Yes.
    Granted,
    /// Yes, but the member has yet to confirm that the address is its own.
    Pending,
    /// No, or no more.
    Withdrawn,
}

impl Consent {
    fn is_about(&self, channel: &str, topic: &str) -> bool {
        covers(&self.channel, channel) && covers(&self.topic, topic)
    }

    /// True if this answer takes the other back: it is later, and about the same or a part of it. A yes to all e-mails
    /// does not take back the no to one topic.
    fn takes_back(&self, no: &Self) -> bool {
        self.at > no.at && covers(&no.channel, &self.channel) && covers(&no.topic, &self.topic)
    }
}

fn covers(wide: &str, narrow: &str) -> bool {
    wide == ANY || wide == narrow
}

/// What the answers of a member come to for a channel and a topic; none if there is no answer. A no counts until a later
/// yes about the same, or a part of it; a yes counts unless such a no does.
pub fn allowed(consents: &[Consent], channel: &str, topic: &str) -> Option<ConsentState> {
    let about = || consents.iter().filter(|consent| consent.is_about(channel, topic));
    let yes = || about().filter(|consent| consent.state == ConsentState::Granted);
    let no = |consent: &&Consent| {
        consent.state == ConsentState::Withdrawn && !yes().any(|yes| yes.takes_back(consent))
    };
    if about().any(|consent| no(&consent)) {
        return Some(ConsentState::Withdrawn);
    }
    if yes().next().is_some() {
        return Some(ConsentState::Granted);
    }
    about().next().map(|consent| consent.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent((channel, topic, state, at): (&str, &str, char, i64)) -> Consent {
        let state = match state {
            'y' => ConsentState::Granted,
            '?' => ConsentState::Pending,
            _ => ConsentState::Withdrawn,
        };
        Consent { channel: channel.to_owned(), topic: topic.to_owned(), state, at }
    }

    #[test]
    fn the_answers_come_to_what_the_member_meant() {
        use ConsentState::{Granted, Pending, Withdrawn};

        type Row = (&'static str, &'static str, char, i64);
        let table: [(&[Row], Option<ConsentState>); 15] = [
            (&[], None),
            (&[("sms", "news", 'y', 1)], None),
            (&[("mail", "sale", 'y', 1)], None),
            (&[("mail", "news", 'y', 1)], Some(Granted)),
            (&[("mail", "*", 'y', 1)], Some(Granted)),
            (&[("*", "*", 'y', 1)], Some(Granted)),
            (&[("mail", "news", '?', 1)], Some(Pending)),
            (&[("mail", "news", '?', 2), ("mail", "*", 'y', 1)], Some(Granted)),
            // A no to everything after a yes to one topic, and the other way round.
            (&[("mail", "news", 'y', 1), ("mail", "*", 'n', 2)], Some(Withdrawn)),
            (&[("mail", "*", 'n', 1), ("mail", "news", 'y', 2)], Some(Granted)),
            // A yes to everything does not take back the no to one topic, nor a yes on one channel the no on another.
            (&[("mail", "news", 'n', 1), ("mail", "*", 'y', 2)], Some(Withdrawn)),
            (&[("*", "news", 'n', 1), ("mail", "*", 'y', 2)], Some(Withdrawn)),
            (&[("*", "news", 'n', 1), ("mail", "news", 'y', 2)], Some(Granted)),
            // What has not been confirmed takes nothing back, and of two at the same time the no counts.
            (&[("mail", "news", 'n', 1), ("mail", "news", '?', 2)], Some(Withdrawn)),
            (&[("mail", "*", 'n', 1), ("mail", "news", 'y', 1)], Some(Withdrawn)),
        ];
        for (rows, wanted) in table {
            let mut consents: Vec<_> = rows.iter().copied().map(consent).collect();
            assert_eq!(allowed(&consents, "mail", "news"), wanted, "{rows:?}");
            consents.reverse();
            assert_eq!(allowed(&consents, "mail", "news"), wanted, "{rows:?}, reversed");
        }
    }
}
