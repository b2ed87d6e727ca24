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

/// The text of the answer to a calculated return, as expired.
pub(super) fn expired_return(answer: &str) -> String {
    let state = |state: PurchaseState| format!("\"state\":\"{}\"", state.name());
    // The first is that of the answer: quotation marks in ids before it are escaped.
    answer.replacen(&state(PurchaseState::Calculated), &state(PurchaseState::Expired), 1)
}

/// The answer with more warnings, a JSON list, before its own.
pub(super) fn with_warnings(answer: &str, id: &str, warnings: Option<&str>) -> Result<String, Error> {
    let Some(warnings) = warnings else { return Ok(answer.to_owned()) };
    let damaged = || Error::damaged(&format!("the warnings of purchase {id}"));
    // No text of an answer can hold this: quotation marks in texts are escaped.
    let (head, own) = answer.rsplit_once(WARNINGS).ok_or_else(damaged)?;
    let more = warnings.strip_prefix('[').and_then(|list| list.strip_suffix(']')).ok_or_else(damaged)?;
    let comma = if more.is_empty() || own.starts_with(']') { "" } else { "," };
    Ok(format!("{head}{WARNINGS}{more}{comma}{own}"))
}

const WARNINGS: &str = "\"warnings\":[";

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
    fn warnings_come_before_those_of_the_answer() {
        let with = |answer: &str, more: Option<&str>| with_warnings(answer, "p", more).ok();
        let text = |warnings: &str| format!(r#"{{"a":"\"warnings\":[","warnings":[{warnings}],"trace":[]}}"#);
        assert_eq!(with(&text("1"), None), Some(text("1")));
        for (own, more, expected) in
            [("", "[2,3]", "2,3"), ("1", "[2]", "2,1"), ("1", "[]", "1"), ("", "[]", "")]
        {
            assert_eq!(with(&text(own), Some(more)), Some(text(expected)));
        }
        assert_eq!(with("{}", Some("[2]")), None);
    }

    #[test]
    fn the_digest_is_of_all_but_the_state() {
        assert_eq!(digest(CALCULATED, "a\"b"), digest(CONFIRMED, "a\"b"));
        assert_ne!(digest(CALCULATED, "a\"b"), digest(&CALCULATED.replace("plan", "plans"), "a\"b"));
    }
}
