//! Matching of events with those that a chain waits for.

use rust_decimal::Decimal;
use serde_json::Value;

use super::document::{Condition, Match, Test};
use super::read_parts::single;
use crate::event::Event;

/// Place of who has opened or clicked.
const VERDICT: &str = "/verdict";

impl Match {
    /// True if the event is of the kind and passes all conditions. `run` is the run whose messages' reactions count.
    pub fn is(&self, event: &Event, run: &str) -> bool {
        event.kind == self.event
            && self.message.as_ref().is_none_or(|node| is_reaction(event, run, node))
            && (is_of_a_person(event) || self.conditions.iter().any(|condition| condition.field == VERDICT))
            && self.conditions.iter().all(|condition| condition.holds(&event.payload))
    }
}

/// False for an open or a click that a mail service, a program that looks at links, or nobody knows who, has made.
fn is_of_a_person(event: &Event) -> bool {
    let told = matches!(event.kind.as_str(), "message_opened" | "message_clicked");
    let verdict = event.payload.pointer(VERDICT).and_then(Value::as_str);
    !told || verdict.is_none_or(|verdict| verdict == "human")
}

/// True if the event is about the message of a node of a run.
fn is_reaction(event: &Event, run: &str, node: &str) -> bool {
    let cause = event.payload.get("cause").and_then(Value::as_str).unwrap_or_default();
    let rest = cause.strip_prefix(run).and_then(|rest| rest.strip_prefix('/')?.strip_prefix(node));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Condition {
    fn holds(&self, payload: &Value) -> bool {
        let steps: Vec<String> =
            self.field.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        any(payload, &steps, &|value| self.test.passes(value))
    }
}

/// True if one of the values under the steps passes; a list at the end stands for its elements.
fn any(value: &Value, steps: &[String], passes: &dyn Fn(&Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return match value {
            Value::Array(list) => list.iter().any(passes),
            single => passes(single),
        };
    };
    match value {
        Value::Array(list) if step == "*" => list.iter().any(|value| any(value, rest, passes)),
        Value::Array(list) => {
            let element = step.parse::<usize>().ok().and_then(|place| list.get(place));
            element.is_some_and(|value| any(value, rest, passes))
        }
        Value::Object(object) => object.get(step).is_some_and(|value| any(value, rest, passes)),
        _ => false,
    }
}

impl Test {
    fn passes(&self, value: &Value) -> bool {
        let number = || single(value).and_then(|text| text.parse::<Decimal>().ok());
        match self {
            Self::Exists => !value.is_null(),
            Self::In(wanted) => single(value).is_some_and(|value| wanted.contains(&value)),
            Self::AtLeast(bound) => number().is_some_and(|number| number >= *bound),
            Self::AtMost(bound) => number().is_some_and(|number| number <= *bound),
        }
    }
}

/// The text of the value at a pointer of a payload; none if there is no single value.
pub(super) fn text_at(payload: &Value, pointer: &str) -> Option<String> {
    payload.pointer(pointer).and_then(single)
}
