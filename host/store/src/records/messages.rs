//! Messages to members: planned, on their way, and what became of them. Times are milliseconds since 1970, UTC.

/// Lanes of all channels. A member has one of them, so that no two workers decide about a member at a time.
pub const LANES: i64 = 64;

/// A message that is to be sent. Planning the same id again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMessage {
    /// `communications::mailing::message_id` of cause, member and channel.
    pub id: String,
    /// What wanted it, such as `mailing/spring` or `chain/welcome/RUN/NODE`.
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
    pub lane: i64,
    /// Times that it was tried.
    pub attempts: i64,
    /// The fencing number of the latest attempt.
    pub fence: i64,
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
}
