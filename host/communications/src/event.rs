//! One entry of the log of events, as rules, chains and templates read it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its kind, such as `purchase` or `cart_abandoned`.
    pub kind: String,
    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Its further fields; their shape depends on the kind.
    #[serde(default)]
    pub payload: Value,
}
