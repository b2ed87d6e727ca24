//! The text of the answer to `calculate`, as it is stored: its state is changed in place, and all other bytes stay.

use serde_json::Value;
use store::PurchaseState;
use wire::digest;

use crate::error::Error;

/// The text of a calculated answer with another state.
pub fn in_state(answer: &str, id: &str, state: &str) -> Result<String, Error> {
    let head = |state: &str| format!("{}{state}\"", before_state(id));
    let rest = answer.strip_prefix(&head(PurchaseState::Calculated.name()));
    let rest = rest.ok_or_else(|| Error::damaged(&format!("the answer of purchase {id}")))?;
    Ok(head(state) + rest)
}

/// The digest of all that follows the state: confirming does not change it. Without a state, of the whole text.
pub(super) fn digest(answer: &str, id: &str) -> String {
    let from_state = answer.strip_prefix(&before_state(id)).and_then(|text| text.split_once('"'));
    let rest = from_state.map_or(answer, |(_, rest)| rest);
    digest::of(rest.as_bytes())
}

fn before_state(id: &str) -> String {
    format!("{{\"purchase_id\":{},\"state\":\"", Value::from(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALCULATED: &str =
        r#"{"purchase_id":"a\"b","state":"calculated","plan":"\"state\":\"calculated\""}"#;
    const CONFIRMED: &str = r#"{"purchase_id":"a\"b","state":"confirmed","plan":"\"state\":\"calculated\""}"#;

    #[test]
    fn only_the_state_changes() {
        assert_eq!(in_state(CALCULATED, "a\"b", "confirmed").ok().as_deref(), Some(CONFIRMED));
        assert!(in_state("{}", "a", "confirmed").is_err());
    }

    #[test]
    fn the_digest_is_of_all_but_the_state() {
        assert_eq!(digest(CALCULATED, "a\"b"), digest(CONFIRMED, "a\"b"));
        assert_ne!(digest(CALCULATED, "a\"b"), digest(&CALCULATED.replace("plan", "plans"), "a\"b"));
    }
}
