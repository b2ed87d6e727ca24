//! How many messages a member gets, by days of the member's calendar.

use serde::{Deserialize, Serialize};

use super::{ConsentState, Facts, Message, Rules, Skip, allowed};
use crate::local_time;

/// A limit on the marketing messages to one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Name of the channel whose messages count; all channels if it is left out.
    #[serde(default)]
    pub channel: Option<String>,
    /// Topic of the messages that count; all topics if it is left out.
    #[serde(default)]
    pub topic: Option<String>,
    /// Messages at most.
    pub messages: u32,
    /// In so many days of the member's calendar, today among them.
    pub days: u16,
}

/// A marketing message that went to the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBefore {
    /// Name of its channel.
    pub channel: String,
    /// Its topic.
    pub topic: String,
    /// When it went out, in milliseconds.
    pub at: i64,
}

/// Another planned message to the same member, which may want the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// Its id.
    pub id: String,
    /// Name of its channel.
    pub channel: String,
    /// Its topic.
    pub topic: String,
    /// The larger goes first.
    pub priority: i64,
    /// When it is due, in milliseconds.
    pub due: i64,
}

impl Cap {
    fn counts(&self, channel: &str, topic: &str) -> bool {
        self.channel.as_ref().is_none_or(|only| only == channel)
            && self.topic.as_ref().is_none_or(|only| only == topic)
    }
}

/// Why a message would be one too many; none if it would not.
pub(super) fn check(message: &Message<'_>, facts: &Facts<'_>, rules: &Rules, now: i64) -> Option<Skip> {
    let mut outranked = None;
    for cap in rules.caps.iter().filter(|cap| cap.counts(message.channel, message.topic)) {
        let most = usize::try_from(cap.messages).unwrap_or(usize::MAX);
        let sent = sent(cap, facts, rules, now);
        if sent >= most {
            return Some(Skip::FrequencyCap);
        }
        if sent.saturating_add(more_important(cap, message, facts, rules, now)) >= most {
            outranked = Some(Skip::Outranked);
        }
    }
    outranked
}

/// How many messages of the cap the member has had in its days.
fn sent(cap: &Cap, facts: &Facts<'_>, rules: &Rules, now: i64) -> usize {
    // Beyond the calendar all messages count.
    let since = local_time::start_of_days(now, cap.days, facts.zone).unwrap_or(i64::MIN);
    let counts = |sent: &&SentBefore| {
        let is_on_receipt = rules.receipts.contains(&sent.channel);
        sent.at >= since && !is_on_receipt && cap.counts(&sent.channel, &sent.topic)
    };
    facts.sent.iter().filter(counts).count()
}

/// How many messages of the cap that are due in the window come before this one.
fn more_important(cap: &Cap, message: &Message<'_>, facts: &Facts<'_>, rules: &Rules, now: i64) -> usize {
    let until = now.saturating_add(rules.priority_window_ms);
    let is_before = |rival: &&Rival| {
        rival.id != message.id
            && rival.due <= until
            && !rules.receipts.contains(&rival.channel)
            // One that will not go out takes no place.
            && allowed(facts.consents, &rival.channel, &rival.topic) == Some(ConsentState::Granted)
            && cap.counts(&rival.channel, &rival.topic)
            // Of equal ones the one with the smaller id, so that both sides see it alike.
            && (rival.priority, message.id) > (message.priority, rival.id.as_str())
    };
    facts.rivals.iter().filter(is_before).count()
}
