//! Where two answers differ.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// More are not told.
const DIFFERENCES_TOLD: usize = 100;

/// A place where answers differ. What is not there on one side is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    /// As it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Value>,
    /// As it comes out now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// A mechanic that failed, as an answer tells it.
pub struct ToldFault {
    /// What offers call it.
    pub name: String,
    /// How.
    pub outcome: String,
    /// Whose fault it was.
    pub blame: Option<String>,
}

/// The places where texts that are not the same differ, at least one.
pub fn differences(stored: &str, replayed: &str) -> Vec<Difference> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text);
    let mut found = Vec::new();
    if let (Ok(stored), Ok(replayed)) = (parsed(stored), parsed(replayed)) {
        collect(String::new(), Some(&stored), Some(&replayed), &mut found);
    }
    if found.is_empty() {
        // Not JSON, or the same values written in another way.
        let whole = |text: &str| Some(Value::from(text));
        found.push(Difference { pointer: String::new(), stored: whole(stored), replayed: whole(replayed) });
    }
    found
}

fn collect(pointer: String, stored: Option<&Value>, replayed: Option<&Value>, found: &mut Vec<Difference>) {
    if found.len() >= DIFFERENCES_TOLD {
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
            found.push(Difference { pointer, stored: one.cloned(), replayed: other.cloned() });
        }
    }
}

/// The mechanics that failed.
pub fn faults(answer: &str) -> Vec<ToldFault> {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let told = answer.get("mechanics").and_then(Value::as_array).into_iter().flatten();
    let fault = |entry: &Value| {
        let outcome = text(entry, "outcome").filter(|outcome| outcome != "ok")?;
        Some(ToldFault { name: text(entry, "name")?, outcome, blame: text(entry, "blame") })
    };
    told.filter_map(fault).collect()
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
            .map(|Difference { pointer, stored, replayed }| (pointer, stored, replayed))
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
