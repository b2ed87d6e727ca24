//! How an attribute's values are combined when a member is merged into another, the survivor.

use domain::audience::parse_date;
use domain::decimal;
use serde_json::{Map, Value};

use crate::json;

/// How the values of two members are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MergeMode {
    /// The survivor's value, also if it has none; the other value is dropped.
    None,
    /// The survivor's value, or the other one if the survivor has none.
    #[default]
    CopyIfAbsent,
    /// The sum of numbers; texts, lists and the `items` of objects one after the other.
    SumOrAppend,
    /// The other value.
    Always,
    /// The larger number, or the later date.
    Max,
}

/// The modes by name.
pub const MERGE_MODES: [(&str, MergeMode); 5] = [
    ("none", MergeMode::None),
    ("copy_if_absent", MergeMode::CopyIfAbsent),
    ("sum_or_append", MergeMode::SumOrAppend),
    ("always", MergeMode::Always),
    ("max", MergeMode::Max),
];

impl MergeMode {
    /// The name in JSON and in the store.
    pub fn name(self) -> &'static str {
        MERGE_MODES.iter().find(|(_, mode)| *mode == self).map_or("", |(name, _)| name)
    }

    /// The mode with this name; the default if there is none.
    pub fn from_name(name: &str) -> Self {
        MERGE_MODES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode).unwrap_or_default()
    }

    /// The combined value, from the survivor's own and that of the merged member. If the mode cannot
    /// combine values of this `kind`, it is the survivor's.
    pub fn merge(self, kind: &str, own: Option<&Value>, other: &Value) -> Option<Value> {
        match (self, own) {
            (Self::None, own) => own.cloned(),
            (Self::Always, _) | (_, None) => Some(other.clone()),
            (Self::CopyIfAbsent, Some(own)) => Some(own.clone()),
            (Self::SumOrAppend, Some(own)) => Some(joined(kind, own, other)),
            (Self::Max, Some(own)) => Some(if is_larger(kind, other, own) { other } else { own }.clone()),
        }
    }
}

fn joined(kind: &str, own: &Value, other: &Value) -> Value {
    let joined = match kind {
        "int" | "decimal" => sum(own, other),
        "string" => own.as_str().zip(other.as_str()).map(|(own, other)| Value::from(format!("{own}{other}"))),
        "json" => appended(own, other),
        _ => None,
    };
    joined.unwrap_or_else(|| own.clone())
}

/// The exact sum, as a number or as a text, as the survivor's value is; none if it has more digits than are kept.
fn sum(own: &Value, other: &Value) -> Option<Value> {
    let (one, two) = (decimal::parse(&number_text(own)?).ok()?, decimal::parse(&number_text(other)?).ok()?);
    // The library rounds a sum that it has no room for.
    let sum = one
        .checked_add(two)
        .filter(|sum| sum.checked_sub(one) == Some(two) && sum.checked_sub(two) == Some(one))?;
    match own {
        Value::Number(_) => sum.to_string().parse().ok().map(Value::Number),
        _ => Some(Value::from(sum.to_string())),
    }
}

fn number_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.as_str().to_owned()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The survivor's list and the other's elements behind it; for objects, the survivor's object with such
/// `items`.
fn appended(own: &Value, other: &Value) -> Option<Value> {
    match (own, other) {
        (Value::String(text), _) => {
            let joined = appended(&json::parse(text).ok()?, other)?;
            Some(Value::from(joined.to_string()))
        }
        (_, Value::String(text)) => appended(own, &json::parse(text).ok()?),
        (Value::Array(own), Value::Array(other)) => Some(own.iter().chain(other).cloned().collect()),
        (Value::Object(own), Value::Object(other)) => with_items(own, other),
        _ => None,
    }
}

fn with_items(own: &Map<String, Value>, other: &Map<String, Value>) -> Option<Value> {
    let items = appended(own.get("items")?, other.get("items")?)?;
    let mut joined = own.clone();
    joined.insert("items".to_owned(), items);
    Some(Value::Object(joined))
}

fn is_larger(kind: &str, one: &Value, other: &Value) -> bool {
    if kind == "date" {
        let date = |value: &Value| value.as_str().and_then(parse_date);
        return date(one).zip(date(other)).is_some_and(|(one, other)| one > other);
    }
    let number = |value: &Value| number_text(value).and_then(|text| decimal::parse(&text).ok());
    number(one).zip(number(other)).is_some_and(|(one, other)| one > other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_mode_makes_one_value_of_two() {
        use MergeMode::{Always, CopyIfAbsent, Max, None, SumOrAppend};
        for (mode, kind, own, other, merged) in [
            (None, "string", json!("a"), json!("b"), json!("a")),
            (Always, "string", json!("a"), json!("b"), json!("b")),
            (CopyIfAbsent, "string", json!("a"), json!("b"), json!("a")),
            (SumOrAppend, "int", json!(2), json!("3"), json!(5)),
            (SumOrAppend, "decimal", json!("0.1"), json!("0.2"), json!("0.3")),
            (
                SumOrAppend,
                "decimal",
                json!("79228162514264337593543950335"),
                json!("0.1"),
                json!("79228162514264337593543950335"),
            ),
            (SumOrAppend, "string", json!("a"), json!("b"), json!("ab")),
            (SumOrAppend, "json", json!([1]), json!([2, 3]), json!([1, 2, 3])),
            (SumOrAppend, "json", json!("[1]"), json!([2]), json!("[1,2]")),
            (
                SumOrAppend,
                "json",
                json!({"items": [1], "x": 1}),
                json!({"items": [2], "x": 2}),
                json!({"items": [1, 2], "x": 1}),
            ),
            (SumOrAppend, "json", json!({"x": 1}), json!([2]), json!({"x": 1})),
            (SumOrAppend, "date", json!("2026-01-01"), json!("2026-01-02"), json!("2026-01-01")),
            (Max, "int", json!(9), json!(10), json!(10)),
            (Max, "decimal", json!("10.5"), json!("9"), json!("10.5")),
            (Max, "date", json!("2025-12-31"), json!("2026-01-01"), json!("2026-01-01")),
            (Max, "string", json!("a"), json!("b"), json!("a")),
        ] {
            assert_eq!(mode.merge(kind, Some(&own), &other), Some(merged), "{mode:?} {kind} {own} {other}");
        }
        for (mode, copied) in
            [(None, false), (CopyIfAbsent, true), (SumOrAppend, true), (Always, true), (Max, true)]
        {
            assert_eq!(mode.merge("int", Option::None, &json!(1)).is_some(), copied, "{mode:?}");
        }
    }
}
