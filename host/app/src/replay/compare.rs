//! The differences between two answers.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// Differences that are listed at most.
const DIFFERENCES_MAX: usize = 100;

/// A place where two answers differ. A value that one side does not have is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerDifference {
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The value in the stored answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Value>,
    /// The value in the replayed answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// A fault of a mechanic, as an answer lists it.
pub struct AnswerFault {
    /// Name of the mechanic.
    pub name: String,
    /// Name of the outcome.
    pub outcome: String,
    /// Name of the party to blame.
    pub blame: Option<String>,
}

/// The places where two unequal texts differ, at least one.
pub fn differences(stored: &str, replayed: &str) -> Vec<AnswerDifference> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text);
    let mut found = Vec::new();
    if let (Ok(stored), Ok(replayed)) = (parsed(stored), parsed(replayed)) {
        collect(String::new(), Some(&stored), Some(&replayed), &mut found);
    }
    if found.is_empty() {
        // Not JSON, or the same values written in another way.
        let whole = |text: &str| Some(Value::from(text));
        found.push(AnswerDifference {
            pointer: String::new(),
            stored: whole(stored),
            replayed: whole(replayed),
        });
    }
    found
}

fn collect(
    pointer: String,
    stored: Option<&Value>,
    replayed: Option<&Value>,
    found: &mut Vec<AnswerDifference>,
) {
    if found.len() >= DIFFERENCES_MAX {
        return;
    }
    match (stored, replayed) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                collect(wire::pointer::below(&pointer, name), one.get(name), other.get(name), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for number in 0..one.len().max(other.len()) {
                collect(format!("{pointer}/{number}"), one.get(number), other.get(number), found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            found.push(AnswerDifference { pointer, stored: one.cloned(), replayed: other.cloned() });
        }
    }
}

/// The faults that an answer lists.
pub fn faults(answer: &str) -> Vec<AnswerFault> {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let mechanics = answer.get("mechanics").and_then(Value::as_array).into_iter().flatten();
    let fault = |entry: &Value| {
        let outcome = text(entry, "outcome").filter(|outcome| outcome != "ok")?;
        Some(AnswerFault { name: text(entry, "name")?, outcome, blame: text(entry, "blame") })
    };
    mechanics.filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_is_named() {
        let stored = r#"{"lines":[{"discount":"1.00","a/b":1},{}],"x":1}"#;
        let replayed = r#"{"lines":[{"discount":"2.00","a/b":2}],"x":1,"y":null}"#;
        let found: Vec<_> = differences(stored, replayed)
            .into_iter()
            .map(|AnswerDifference { pointer, stored, replayed }| (pointer, stored, replayed))
            .collect();
        let expected = [
            ("/lines/0/a~1b", Some(json!(1)), Some(json!(2))),
            ("/lines/0/discount", Some(json!("1.00")), Some(json!("2.00"))),
            ("/lines/1", Some(json!({})), None),
            ("/y", None, Some(json!(null))),
        ];
        assert_eq!(found, expected.map(|(pointer, one, other)| (pointer.to_owned(), one, other)));
    }

    #[test]
    fn the_same_values_written_otherwise_differ_as_a_whole() {
        let found = differences(r#"{"a":1}"#, r#"{"a": 1}"#);
        assert_eq!(found.first().map(|found| found.pointer.as_str()), Some(""));
    }
}
