//! The longest wait in each queue of communications.

/// The first of what is due in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueHead {
    /// Name of the queue.
    pub queue: String,
    /// The subject, by its id or number.
    pub head: String,
    /// When it was due, in milliseconds.
    pub due_at: i64,
}
