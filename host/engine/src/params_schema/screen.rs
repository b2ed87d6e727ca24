//! Refuses parts of a schema that would make checking parameters expensive, or dependent on other
//! documents.

use std::collections::BTreeMap;

use jsonschema::paths::Location;
use serde_json::Value;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Most parts of a schema. The target of a `$ref` counts at every place that refers to it.
const PARTS_MAX: usize = 5_000;
/// Longest chain of `$ref`s.
const REFERENCES_DEEP: usize = 16;
const PATTERNS_MAX: usize = 64;

const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAPS: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];
const PARTS: [&str; 11] = [
    "items",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// Checks a schema; an error is the reason and the place, for people.
pub(super) fn screen(schema: &Value) -> Result<(), String> {
    let mut walk = Walk { root: schema, known: BTreeMap::new(), under_way: Vec::new(), patterns: 0 };
    let parts = walk.parts(schema, "")?;
    if parts > PARTS_MAX {
        return Err(format!("it has {parts} parts with what its `$ref`s name; the limit is {PARTS_MAX}"));
    }
    if walk.patterns > PATTERNS_MAX {
        return Err(format!("it has {} patterns; the limit is {PATTERNS_MAX}", walk.patterns));
    }
    Ok(())
}

struct Walk<'a> {
    root: &'a Value,
    /// Number of parts below each `$ref` that was followed to its end.
    known: BTreeMap<&'a str, usize>,
    /// The `$ref`s that lead to the part that is being counted.
    under_way: Vec<&'a str>,
    /// Number of patterns so far.
    patterns: usize,
}

impl<'a> Walk<'a> {
    /// Number of parts of a schema, itself included.
    fn parts(&mut self, schema: &'a Value, place: &str) -> Result<usize, String> {
        let Some(fields) = schema.as_object() else { return Ok(1) };
        let mut parts = 1_usize;
        for (key, value) in fields {
            let here = below(place, key);
            let more = match key.as_str() {
                "$ref" => self.reference(value, &here)?,
                "pattern" => {
                    self.patterns = self.patterns.saturating_add(1);
                    0
                }
                "$schema"
                    if place.is_empty()
                        && value.as_str().map(|uri| uri.trim_end_matches('#')) == Some(DIALECT) =>
                {
                    0
                }
                "$schema" if place.is_empty() => {
                    return Err(format!("at {here}, it is not `{DIALECT}`, the only dialect"));
                }
                "$id" if place.is_empty() => 0,
                "$schema" | "$id" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef" => {
                    return Err(format!("at {here}, `{key}` is not taken here: use `$ref` with `#/$defs/…`"));
                }
                key if PARTS.contains(&key) => self.parts(value, &here)?,
                key if LISTS.contains(&key) => {
                    let mut sum = 0_usize;
                    for (index, part) in value.as_array().into_iter().flatten().enumerate() {
                        sum = sum.saturating_add(self.parts(part, &format!("{here}/{index}"))?);
                    }
                    sum
                }
                key if MAPS.contains(&key) => {
                    if key == "patternProperties" {
                        let patterns = value.as_object().map_or(0, serde_json::Map::len);
                        self.patterns = self.patterns.saturating_add(patterns);
                    }
                    let mut sum = 0_usize;
                    for (name, part) in value.as_object().into_iter().flatten() {
                        sum = sum.saturating_add(self.parts(part, &below(&here, name))?);
                    }
                    sum
                }
                _ => 0,
            };
            parts = parts.saturating_add(more);
        }
        Ok(parts)
    }

    /// Number of parts of the target of a `$ref`, which must lie inside the schema and not lead back to
    /// itself.
    fn reference(&mut self, value: &'a Value, place: &str) -> Result<usize, String> {
        let Some(target) = value.as_str() else { return Err(format!("at {place}, it is not a text")) };
        let Some(pointer) =
            target.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
        else {
            return Err(format!(
                "at {place}, `{target}` lies outside the schema: put it below `$defs` and name it `#/$defs/…`"
            ));
        };
        if let Some(parts) = self.known.get(target) {
            return Ok(*parts);
        }
        if self.under_way.contains(&target) {
            return Err(format!("at {place}, `{target}` leads back to itself: a schema of parameters ends"));
        }
        if self.under_way.len() >= REFERENCES_DEEP {
            return Err(format!("at {place}, more than {REFERENCES_DEEP} `$ref`s lead to each other"));
        }
        let root = self.root;
        let part = root.pointer(pointer).ok_or_else(|| format!("at {place}, there is no `{target}`"))?;
        self.under_way.push(target);
        let parts = self.parts(part, pointer)?;
        self.under_way.pop();
        self.known.insert(target, parts);
        Ok(parts)
    }
}

/// The JSON pointer to a field of the object at `place`.
fn below(place: &str, field: &str) -> String {
    format!("{place}{}", Location::new().join(field))
}
