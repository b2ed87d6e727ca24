//! The JSON Schema of a mechanic's parameters: checks the schema itself, then parameters by it.
//! Compiled once for each version of a mechanic.

mod examples;
mod names;
mod screen;
mod words;

use std::collections::BTreeSet;

use domain::mechanics::{Description, ParamsProblem};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::admission::Refusal;
pub(crate) use examples::Example;

/// The largest schema, in bytes of its text.
const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// The largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The compiled schema of one version of a mechanic.
pub(crate) struct ParamsSchema {
    validator: Validator,
    /// The schema as a document.
    schema: Value,
    /// True if the host alone reads the parameters: it takes null for absent.
    null_is_absent: bool,
}

impl ParamsSchema {
    /// Checks and compiles the schema of a description.
    pub(crate) fn compile(description: &Description) -> Result<Self, Refusal> {
        let text = &description.params_schema;
        if text.trim().is_empty() {
            return Err(Refusal::ParamsSchema("it is empty".to_owned()));
        }
        if text.len() > SCHEMA_BYTES_MAX {
            let size = text.len();
            return Err(Refusal::ParamsSchema(format!(
                "it has {size} bytes; the limit is {SCHEMA_BYTES_MAX}"
            )));
        }
        let schema: Value = serde_json::from_str(text)
            .map_err(|error| Refusal::ParamsSchema(format!("it is not JSON: {error}")))?;
        if names::has_reserved(text) {
            return Err(Refusal::ParamsSchema(format!(
                "texts that begin with `{}` are reserved: use others",
                names::RESERVED
            )));
        }
        if !schema.is_object() {
            return Err(Refusal::ParamsSchema("it is not a JSON object".to_owned()));
        }
        screen::screen(&schema).map_err(Refusal::ParamsSchema)?;
        let broken = |error: jsonschema::ValidationError<'_>| {
            Refusal::ParamsSchema(format!(
                "at {}, {}",
                place(error.instance_path().as_str()),
                words::sentence(&error)
            ))
        };
        jsonschema::draft202012::meta::validate(&schema).map_err(broken)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .offline()
            .build(&schema)
            .map_err(broken)?;
        Ok(Self { validator, schema, null_is_absent: !description.wants_params_text })
    }

    /// Made-up parameters that conform to the schema, the simplest first; none if none could be made up.
    pub(crate) fn examples(&self) -> Vec<Example> {
        let mut made = examples::all(&self.schema);
        made.retain(|example| self.validator.is_valid(&example.params));
        made
    }

    /// The values that the schema names, each with the name of its parameter.
    pub(crate) fn named_values(&self) -> Vec<(String, Value)> {
        examples::named_values(&self.schema)
    }

    /// All problems of parameters, sorted by place; none if they conform to the schema.
    pub(crate) fn check(&self, params: &str) -> Vec<ParamsProblem> {
        let mut params: Value = match serde_json::from_str(params) {
            Ok(params) => params,
            Err(error) => return vec![problem(String::new(), format!("is not JSON: {error}"))],
        };
        if self.null_is_absent {
            drop_nulls(&mut params);
        }
        if self.validator.is_valid(&params) {
            return Vec::new();
        }
        let found: BTreeSet<(String, String)> = self
            .validator
            .iter_errors(&params)
            .flat_map(|error| words::places(&error, &self.schema))
            .collect();
        found.into_iter().map(|(pointer, detail)| problem(pointer, detail)).collect()
    }
}

fn problem(pointer: String, detail: String) -> ParamsProblem {
    ParamsProblem { pointer, code: "schema".to_owned(), detail }
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "its root" } else { pointer }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
