//! Definitions of attributes, and the check of a value against the type of its attribute.

mod merge;

use domain::audience::parse_date;
use domain::decimal;
use serde_json::Value;

use super::json;
use super::problem::{Problem, Problems};
use super::reader::{Node, Report};

pub use merge::{MERGE_MODES, MergeMode};

/// The types of attributes.
pub const TYPES: [&str; 6] = ["bool", "string", "json", "date", "int", "decimal"];

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// One of [`TYPES`].
    pub kind: &'static str,
    /// Name for people.
    pub title: Option<String>,
    /// How its values are combined when members are merged.
    pub merge: MergeMode,
}

/// Reads `{"type":…,"title":…,"merge":…}`.
pub fn parse(document: &Value) -> Result<Definition, Problems> {
    let report = Report::default();
    let definition = definition(report.root(document));
    report.finish(definition).map(|(definition, _)| definition)
}

fn definition(node: Node<'_, '_>) -> Option<Definition> {
    let document = node.object()?;
    let kind = document.required("type").and_then(|field| {
        let kind = field.value().as_str().and_then(|text| TYPES.into_iter().find(|kind| *kind == text));
        kind.or_else(|| field.refuse("unknown_type", format!("must be one of {}", TYPES.join(", "))))
    });
    let title = document.text("title").map(str::to_owned);
    let merge = document.choice("merge", &MERGE_MODES).unwrap_or_default();
    document.refuse_unknown();
    Some(Definition { kind: kind?, title, merge })
}

/// Checks a value against the type of its attribute. The pointer of a problem is empty. Every type allows
/// null, which means that there is no value.
///
/// Numbers may be written as texts: an `int` or a `decimal` is read exactly either way. A `date` is
/// `YYYY-MM-DD`. A `json` is an object, a list, or a text that holds one.
pub fn check(kind: &str, value: &Value) -> Result<(), Problem> {
    match (kind, value) {
        (_, Value::Null)
        | ("bool", Value::Bool(_))
        | ("string", Value::String(_))
        | ("json", Value::Object(_) | Value::Array(_)) => Ok(()),
        ("json", Value::String(text)) => check_json(text),
        ("date", Value::String(text)) => match parse_date(text) {
            Some(_) => Ok(()),
            None => Err(problem("not_a_date", format!("`{text}` is not a day such as 2026-11-22"))),
        },
        ("int" | "decimal", Value::String(text)) => check_number(kind, text),
        ("int" | "decimal", Value::Number(number)) => check_number(kind, number.as_str()),
        _ => Err(problem("wrong_type", format!("must be {}", expected(kind)))),
    }
}

fn check_number(kind: &str, text: &str) -> Result<(), Problem> {
    let read = if kind == "int" {
        decimal::parse_scaled(text, 0).map(|_| ())
    } else {
        decimal::parse(text).map(|_| ())
    };
    read.map_err(|error| match error {
        decimal::DecimalError::TooManyPlaces { .. } => {
            problem("not_an_integer", format!("`{text}` is not a whole number"))
        }
        error => problem(error.code(), error.to_string()),
    })
}

fn check_json(text: &str) -> Result<(), Problem> {
    match json::parse(text) {
        Ok(Value::Object(_) | Value::Array(_)) => Ok(()),
        Ok(_) => Err(problem("not_json", "the text must hold a JSON object or list".to_owned())),
        Err(problems) => Err(problem("not_json", format!("the text does not hold JSON: {problems}"))),
    }
}

fn expected(kind: &str) -> &'static str {
    match kind {
        "bool" => "true or false",
        "string" => "a string",
        "json" => "a JSON object or list, or a string that holds one",
        "date" => "a string such as \"2026-11-22\"",
        "int" => "a whole number",
        "decimal" => "a decimal number, such as \"12.50\"",
        _ => "of a known type",
    }
}

fn problem(code: &'static str, detail: String) -> Problem {
    Problem { pointer: String::new(), code: code.into(), detail }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit_their_type_or_say_why_not() {
        for (kind, value, code) in [
            ("bool", json!(true), None),
            ("bool", json!("true"), Some("wrong_type")),
            ("string", json!("x"), None),
            ("string", json!(1), Some("wrong_type")),
            ("json", json!({}), None),
            ("json", json!([]), None),
            ("json", json!("{\"items\":[]}"), None),
            ("json", json!("1"), Some("not_json")),
            ("json", json!("{"), Some("not_json")),
            ("json", json!(1), Some("wrong_type")),
            ("date", json!("2024-02-29"), None),
            ("date", json!("2026-02-29"), Some("not_a_date")),
            ("date", json!("2026-11-22T10:00:00"), Some("not_a_date")),
            ("date", json!(20_261_122), Some("wrong_type")),
            ("int", json!(-5), None),
            ("int", json!("5"), None),
            ("int", json!("5.0"), None),
            ("int", json!("5.5"), Some("not_an_integer")),
            ("int", json!("99999999999999999999"), Some("too_large")),
            ("int", json!("five"), Some("not_a_decimal")),
            ("decimal", json!("12.345"), None),
            ("decimal", json!(12), None),
            ("decimal", json!("12,3"), Some("not_a_decimal")),
            ("decimal", json!(true), Some("wrong_type")),
            ("decimal", json!(null), None),
        ] {
            let found = check(kind, &value).err().map(|problem| problem.code.into_owned());
            assert_eq!(found.as_deref(), code, "{kind} {value}");
        }
    }
}
