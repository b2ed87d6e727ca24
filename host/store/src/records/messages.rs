//! Messages to members: planned, on their way, and what became of them. Times are milliseconds since 1970, UTC.

use super::{MessageLinks, NewEvent, PromiseRow};

/// Lanes of all channels. A member has one of them, so that no two workers decide about a member at a time.
pub const LANES: i64 = 64;

/// A message that is to be sent. Planning the same id again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMessage {
    /// `communications::mailing::message_id` of cause, member and channel.
    pub id: String,
    /// The cause that wanted it, such as `mailing/spring` or `chain/welcome/RUN/NODE`.
    pub cause: String,
    /// `mailing`, `chain` or `test`.
    pub cause_kind: String,
    /// The queue that it waits in, such as `mailing/spring` or `chain/welcome`. Closing a queue pauses what is in it.
    pub queue: String,
    /// Dense number of the member.
    pub number: i64,
    /// Name of the channel.
    pub channel: String,
    /// Name of the template.
    pub template: String,
    /// Version of the template; 0: the latest one when it is sent.
    pub template_version: i64,
    /// `marketing` or `transactional`.
    pub category: String,
    /// The topic that consents are about; empty if there is none.
    pub topic: String,
    /// Higher goes first.
    pub priority: i64,
    /// The A/B variant; empty if there is none.
    pub variant: String,
    /// It is not sent before.
    pub not_before: i64,
    /// It is skipped from here on.
    pub too_late_after: Option<i64>,
    /// True for a member of a control group: it is noted as a ghost, and never sent.
    pub is_ghost: bool,
    /// Which control group it is that of; empty unless it is a ghost.
    pub reason: String,
    /// Values for the template, as a JSON object.
    pub values: String,
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub id: String,
    pub cause: String,
    pub cause_kind: String,
    pub queue: String,
    pub number: i64,
    pub channel: String,
    pub template: String,
    pub template_version: i64,
    pub category: String,
    pub topic: String,
    pub priority: i64,
    pub variant: String,
    pub not_before: i64,
    pub too_late_after: Option<i64>,
    /// `planned`, `held`, `attempting`, `sent`, `skipped`, `failed`, `unknown`, `ghost` or `dead`.
    pub state: String,
    /// Why, in a word; empty if there is nothing to say.
    pub reason: String,
    /// Why, in the words of the provider.
    pub detail: String,
    pub lane: i64,
    /// Times that it was tried.
    pub attempts: i64,
    /// When it is due, if it still waits.
    pub next_at: Option<i64>,
    /// Values for the template, as a JSON object.
    pub values: String,
    /// The provider's own id of it.
    pub provider_id: Option<String>,
    pub planned_at: i64,
    /// When it came into its present state.
    pub changed_at: i64,
    pub sent_at: Option<i64>,
    /// Digest of the address that it went to, as suppressions keep it.
    pub sent_to: Option<String>,
}

/// A change of a message: its next state, on condition that it was not tried again since it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageChange {
    /// Id of the message.
    pub id: String,
    /// Number of attempts when it was read.
    pub attempts: i64,
    /// Its next state.
    pub state: String,
    /// Why, in a word; empty if there is nothing to say.
    pub reason: String,
    /// Why, in the words of the provider.
    pub detail: String,
    /// When it is due again, if it still waits.
    pub next_at: Option<i64>,
    /// The provider's own id of it, if it has just told one.
    pub provider_id: Option<String>,
    /// When it went out, if it just has.
    pub sent_at: Option<i64>,
    /// Digest of the address that it is about to go to, if there is one.
    pub sent_to: Option<String>,
    /// True if an attempt may be repeated when nobody knows what became of it.
    pub may_repeat: bool,
    /// True if this is an attempt, or counts as one.
    pub counts: bool,
    /// The event to note with the change.
    pub event: Option<NewEvent>,
    /// What it promises, kept with the change.
    pub promises: Vec<PromiseRow>,
    /// The links that it counts, kept with the change.
    pub links: Option<MessageLinks>,
}

/// Lanes that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneLease {
    /// Its lanes.
    pub lanes: Vec<i64>,
    /// The time of the database when they were leased.
    pub now: i64,
    /// Messages that were on the wire in lanes of a worker that is gone: how many are unknown now.
    pub unknown: u64,
    /// How many of them are sent again.
    pub repeated: u64,
}

/// A queue that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageQueue {
    /// Its name.
    pub queue: String,
    /// Messages a second at most, on all nodes together.
    pub rate: Option<i64>,
}

/// A limit that all nodes share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// The queue or account that is limited.
    pub name: String,
    /// Messages of 1,000 seconds at most.
    pub per_1000_seconds: i64,
}

/// Messages that may go out, each at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateSlots {
    /// How many.
    pub count: usize,
    /// Microseconds from now until the first one; until the next chance if there is none.
    pub wait_us: i64,
    /// Microseconds between them.
    pub every_us: i64,
}

/// A number of messages of a cause that have the same state and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    /// State of the messages.
    pub state: String,
    /// Their reason.
    pub reason: String,
    /// The A/B variant; empty if counted over all.
    pub variant: String,
    /// How many.
    pub messages: i64,
}

/// Numbers of messages of a cause with reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReactionCounts {
    pub delivered: i64,
    pub opened: i64,
    pub clicked: i64,
    pub bounced: i64,
    pub complained: i64,
    pub unsubscribed: i64,
}

/// A first reaction to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    Delivered,
    Opened,
    Clicked,
    Bounced,
    Complained,
    Unsubscribed,
}
