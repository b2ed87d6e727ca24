//! What a schema asked and what was found, in plain words.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// How much of a value is shown, in characters.
const SHOWN: usize = 40;

/// Where each thing is wrong that an error tells of, and what.
pub(super) fn places(error: &ValidationError<'_>) -> Vec<(String, String)> {
    let pointer = error.instance_path().as_str();
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| (below(name), format!("`{name}` is not a parameter of this mechanic")))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![(below(name), format!("`{name}` is required"))]
        }
        _ => vec![(pointer.to_owned(), told(error))],
    }
}

/// What was asked, and what was found.
pub(super) fn told(error: &ValidationError<'_>) -> String {
    let found = shown(error.instance());
    match error.kind() {
        ValidationErrorKind::Type { kind } => format!("must be {}, and is {found}", types(kind)),
        ValidationErrorKind::Enum { options } => {
            format!("must be one of {}, and is {found}", listed(options))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("must be {}, and is {found}", shown(expected_value))
        }
        ValidationErrorKind::Pattern { pattern } => {
            format!("must be written as the pattern `{pattern}` says, and is {found}")
        }
        ValidationErrorKind::Format { format } => format!("must be written as a `{format}`, and is {found}"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}, and is {found}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}, and is {found}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("must be above {limit}, and is {found}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("must be below {limit}, and is {found}"),
        ValidationErrorKind::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of}, and is {found}")
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("must have at least {limit} characters, and is {found}")
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("must have at most {limit} characters, and is {found}")
        }
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit} entries"),
        ValidationErrorKind::MaxItems { limit } => format!("must have at most {limit} entries"),
        ValidationErrorKind::AdditionalItems { limit } => format!("must have at most {limit} entries"),
        ValidationErrorKind::MinProperties { limit } => format!("must have at least {limit} fields"),
        ValidationErrorKind::MaxProperties { limit } => format!("must have at most {limit} fields"),
        ValidationErrorKind::UniqueItems => "must not name anything twice".to_owned(),
        ValidationErrorKind::Contains => "lacks an entry that the mechanic asks for".to_owned(),
        ValidationErrorKind::FalseSchema => "is not taken here".to_owned(),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            format!("is none of what the mechanic takes here: {}", alternatives(context))
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            "fits several of the alternatives that the mechanic takes here, and must fit one".to_owned()
        }
        ValidationErrorKind::Required { property } => format!("{property} is required"),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("{} not known here", unexpected.join(", "))
        }
        _ => error.masked().to_string(),
    }
}

/// Why each alternative does not fit: the first reason of each.
fn alternatives(context: &[Vec<ValidationError<'static>>]) -> String {
    let mut reasons: Vec<String> = context
        .iter()
        .filter_map(|errors| places(errors.first()?).into_iter().next())
        .map(|(_, reason)| reason)
        .collect();
    reasons.dedup();
    reasons.join("; or ")
}

fn types(kind: &TypeKind) -> String {
    let names: Vec<&str> = match kind {
        TypeKind::Single(one) => vec![type_name(*one)],
        TypeKind::Multiple(several) => several.iter().map(type_name).collect(),
    };
    names.join(" or ")
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn listed(options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    options.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.chars().count() > SHOWN => {
            format!("`{}…`", text.chars().take(SHOWN).collect::<String>())
        }
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
