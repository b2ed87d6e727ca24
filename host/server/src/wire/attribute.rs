//! Values of attributes, by the type that their definition gives.

use domain::decimal;
use serde_json::Value;

use super::json;
use super::problem::Problem;

/// Places after the point that a decimal attribute may have.
const DECIMAL_PLACES: u32 = 9;

/// Checks a value against a type: `bool`, `string`, `json`, `date`, `int` or `decimal`.
pub fn check(kind: &str, value: &Value) -> Result<(), Problem> {
    let fits = match kind {
        "bool" => value.is_boolean(),
        "string" => value.is_string(),
        "json" => is_json(value),
        "date" => value.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "int" => value.as_i64().is_some(),
        "decimal" => is_decimal(value),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let expected = match kind {
        "bool" => "true or false",
        "string" => "a text",
        "json" => "an object, a list, or a text that holds one",
        "date" => "a date such as 2026-11-22",
        "int" => "a whole number",
        "decimal" => "a decimal number such as \"12.50\"",
        _ => "of a type that is known",
    };
    let detail = format!("the attribute is of type {kind}: its value must be {expected}");
    Err(Problem { pointer: String::new(), code: "wrong_type".into(), detail })
}

fn is_json(value: &Value) -> bool {
    let holds = |value: &Value| value.is_object() || value.is_array();
    match value {
        Value::String(text) => json::parse(text).is_ok_and(|value| holds(&value)),
        _ => holds(value),
    }
}

fn is_decimal(value: &Value) -> bool {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => number.as_str(),
        _ => return false,
    };
    decimal::parse_scaled(text, DECIMAL_PLACES).is_ok()
}
