//! Messages that wait for the next receipt of their member. Times are seconds since 1970.

/// A message for a receipt or a cashier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillMessage {
    /// Id of the message in the database of communications.
    pub id: String,
    /// The member whose receipt it waits for.
    pub member_id: String,
    /// `receipt` or `cashier`.
    pub place: String,
    /// The text that is printed or shown.
    pub text: String,
    /// The oldest one is given first.
    pub created_at: i64,
    /// The first second in which it is not given any more.
    pub expires_at: i64,
}

/// A message whose wait is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedTillMessage {
    /// Id of the message.
    pub id: String,
    /// The purchase that it was given with, and when that was confirmed; absent if its time was over before.
    pub delivered: Option<(String, i64)>,
}
