//! The errors of the schema validator as sentences for people: the requirement, and the value that was
//! found.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// Longest part of a text that is shown, in characters.
const SHOWN: usize = 40;

/// The problems that an error reports: for each the JSON pointer into the parameters, and a sentence.
pub(super) fn places(error: &ValidationError<'_>, schema: &Value) -> Vec<(String, String)> {
    let below = |name: &str| error.instance_path().join(name).as_str().to_owned();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                (below(name), format!("`{name}` is not a parameter of this mechanic{}", known(error, schema)))
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![(below(name), format!("`{name}` is required"))]
        }
        _ => vec![(error.instance_path().as_str().to_owned(), sentence(error))],
    }
}

/// The names that the schema has at the place of an error, for the end of a sentence; empty if it lists none.
fn known(error: &ValidationError<'_>, schema: &Value) -> String {
    let mut part = schema;
    for token in error.schema_path().as_str().split('/').skip(1) {
        let next = match token {
            "$ref" => part
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| schema.pointer(target.strip_prefix('#')?)),
            _ => part.pointer(&format!("/{token}")),
        };
        match next {
            Some(next) if token != "additionalProperties" && token != "unevaluatedProperties" => part = next,
            _ => break,
        }
    }
    let names = part.get("properties").and_then(Value::as_object).into_iter().flatten();
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(" (known: {})", names.join(", ")) }
}

/// One sentence for an error: the requirement, and the value that was found.
pub(super) fn sentence(error: &ValidationError<'_>) -> String {
    let found = shown(error.instance());
    match error.kind() {
        ValidationErrorKind::Type { kind } => format!("must be {}, got {found}", types(kind)),
        ValidationErrorKind::Enum { options } => {
            format!("must be one of {}, got {found}", listed(options))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("must be {}, got {found}", shown(expected_value))
        }
        ValidationErrorKind::Pattern { pattern } => {
            format!("must be written as the pattern `{pattern}` says, got {found}")
        }
        ValidationErrorKind::Format { format } => format!("must be written as a `{format}`, got {found}"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}, got {found}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}, got {found}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("must be above {limit}, got {found}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("must be below {limit}, got {found}"),
        ValidationErrorKind::MultipleOf { multiple_of } => {
            format!("must be a multiple of {multiple_of}, got {found}")
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("must have at least {limit} characters, got {found}")
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("must have at most {limit} characters, got {found}")
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

/// The reason why each alternative does not fit: the first problem of each.
fn alternatives(context: &[Vec<ValidationError<'static>>]) -> String {
    let mut reasons: Vec<String> = context
        .iter()
        .filter_map(|errors| places(errors.first()?, &Value::Null).into_iter().next())
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
