//! Messages and events that purchases are credited by.

use super::EventRow;

/// A message that purchases are credited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditedCause<'a> {
    /// The messages with this cause.
    Mailing(&'a str),
    /// The messages in this queue of a chain.
    Chain(&'a str),
}

/// A message to a member, as crediting reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedMessage {
    /// Its id.
    pub id: String,
    /// The cause that wanted it.
    pub cause: String,
    /// Number of the member.
    pub number: u32,
    /// Name of the channel.
    pub channel: String,
    /// True for a member of a control group, who was not sent it.
    pub is_ghost: bool,
    /// Which control group it is, of a ghost.
    pub reason: String,
    /// When it was sent, or would have been.
    pub at: i64,
    /// External ids of the offers that it has promised.
    pub offers: Vec<String>,
}

/// Members of a cause, and all that crediting reads of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditPage {
    /// Numbers of members that the cause has messages to, in ascending order; none after the last page.
    pub numbers: Vec<u32>,
    /// Messages of any cause to these members that were sent, or would have been.
    pub messages: Vec<CreditedMessage>,
    /// Purchases and returns of these members, and what they did with messages.
    pub events: Vec<EventRow>,
}
