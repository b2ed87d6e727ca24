//! Made-up parameters by a schema: what it requires, with values that its `enum`, `const`, `examples` and `default`
//! name. The same schema gives the same parameters. They are guesses: the schema itself says which of them it takes.

mod texts;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::PATTERN_BYTES_MAX;

/// The most parts of one made-up document.
const PARTS_MAX: usize = 500;
/// The deepest nesting of parts of a schema.
const DEEP_MAX: usize = 24;
/// The most entries of a made-up list.
const ENTRIES_MAX: usize = 8;
/// Rounds of choices among several values or alternatives.
const CHOICES: usize = 4;
/// Parameters beyond the required ones that are tried, each alone.
const ALONE: usize = 12;
/// Parameters that the host reads for itself: without their values it does what is usual.
const LEFT_OUT: [&str; 5] = ["id_space", "exclude", "order", "operator", "above"];
/// The host asks for them where a mechanic has several kinds of targets, though schemas do not require them.
const ASKED_FOR: [&str; 2] = ["target", "target_kind"];
/// Further ones that the host reads. They are tried together: every rehearsal has an offer with most of them.
const OF_THE_HOST: [&str; 15] = [
    "reward",
    "method",
    "from",
    "min_units",
    "min_sum",
    "max_units",
    "unit_multiple",
    "unit_price",
    "pick",
    "cap",
    "start",
    "end",
    "skip_discounted_lines",
    "weighed",
    "accepted",
];

/// Made-up parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Example {
    /// The parameters.
    pub(crate) params: Value,
    /// True if they have something that the schema does not require.
    pub(crate) has_optional: bool,
}

/// Parameters beyond those that the schema requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    None,
    /// The one with this number, in the order of the schema.
    One(usize),
    All,
}

/// A document that would be too large, or that cannot be made.
struct GivenUp;

type Made = Result<Option<Value>, GivenUp>;

struct Maker<'a> {
    root: &'a Value,
    /// The number of the value that is taken of several, counted round.
    choice: usize,
    more: More,
    /// Parameters so far that are not required and may be tried alone.
    optional: usize,
    parts: usize,
    /// Texts that fit, by what the schema says of them.
    fitting: &'a mut BTreeMap<String, Vec<String>>,
}

/// Made-up parameters, the simplest first, none twice.
pub(super) fn all(schema: &Value) -> Vec<Example> {
    let mut attempts = Vec::new();
    for choice in 0..CHOICES {
        attempts.extend([(choice, More::None), (choice, More::All)]);
        // In between, so that the second value of an `enum` comes before the last parameter.
        if choice % 2 == 1 {
            attempts.extend((0..ALONE).map(|number| (choice / 2, More::One(number))));
        }
    }
    let mut fitting = BTreeMap::new();
    let mut found: Vec<Example> = Vec::new();
    for (choice, more) in attempts {
        let fitting = &mut fitting;
        let mut maker = Maker { root: schema, choice, more, optional: 0, parts: 0, fitting };
        let Ok(made) = maker.make(schema, "", 0) else { continue };
        let params = made.unwrap_or_else(|| Value::Object(Map::new()));
        if !found.iter().any(|known| known.params == params) {
            found.push(Example { params, has_optional: more != More::None });
        }
    }
    found
}

/// The values that a schema names by `const`, `examples`, `default` and `enum`, each with the name of its parameter. Lists
/// give their entries; objects are left out.
pub(super) fn named_values(schema: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect_named(schema, "", 0, &mut found);
    found
}

fn collect_named(schema: &Value, name: &str, deep: usize, found: &mut Vec<(String, Value)>) {
    if deep > DEEP_MAX || found.len() > PARTS_MAX {
        return;
    }
    match schema {
        Value::Object(fields) => {
            for value in said(fields) {
                let leaves = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let plain = leaves.iter().filter(|leaf| !leaf.is_array() && !leaf.is_object());
                found.extend(plain.map(|leaf| (name.to_owned(), leaf.clone())));
            }
            for (key, part) in fields {
                match (key.as_str(), part) {
                    ("const" | "examples" | "default" | "enum", _) => {}
                    ("properties" | "$defs" | "patternProperties", Value::Object(parts)) => {
                        for (name, part) in parts {
                            collect_named(part, name, deep.saturating_add(1), found);
                        }
                    }
                    _ => collect_named(part, name, deep.saturating_add(1), found),
                }
            }
        }
        Value::Array(parts) => {
            for part in parts {
                collect_named(part, name, deep.saturating_add(1), found);
            }
        }
        _ => {}
    }
}

/// The values that a part of a schema names.
fn said(fields: &Map<String, Value>) -> Vec<&Value> {
    if let Some(value) = fields.get("const") {
        return vec![value];
    }
    let lists = ["examples", "enum"].into_iter().filter_map(|key| fields.get(key)?.as_array()).flatten();
    let mut values: Vec<&Value> = Vec::new();
    for value in fields.get("default").into_iter().chain(lists) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

impl Maker<'_> {
    /// A value that this part of the schema may take; none if it says nothing of it.
    fn make(&mut self, schema: &Value, name: &str, deep: usize) -> Made {
        self.parts = self.parts.saturating_add(1);
        if self.parts > PARTS_MAX || deep > DEEP_MAX {
            return Err(GivenUp);
        }
        let Value::Object(fields) = schema else { return Ok(None) };
        let deeper = deep.saturating_add(1);
        if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
            let root = self.root;
            let part = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
            return self.make(part.ok_or(GivenUp)?, name, deeper);
        }
        let values = said(fields);
        if let Some(value) = self.chosen(&values) {
            return Ok(Some((*value).clone()));
        }
        let mut made = self.of_type(fields, name, deeper)?;
        for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            made = merged(made, self.make(part, name, deeper)?);
        }
        for key in ["anyOf", "oneOf"] {
            let parts = fields.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            if let Some(part) = self.chosen(parts) {
                made = merged(made, self.make(part, name, deeper)?);
            }
        }
        Ok(made)
    }

    fn chosen<'v, T>(&self, values: &'v [T]) -> Option<&'v T> {
        values.get(self.choice.checked_rem(values.len())?)
    }

    fn of_type(&mut self, fields: &Map<String, Value>, name: &str, deep: usize) -> Made {
        match kind(fields) {
            Some("object") => self.object(fields, deep).map(Some),
            Some("array") => self.array(fields, name, deep).map(Some),
            Some("string") => {
                let texts = texts::fitting(fields, name, self.fitting);
                self.chosen(&texts).cloned().map(Value::String).map(Some).ok_or(GivenUp)
            }
            Some("integer" | "number") => {
                Ok(self.chosen(&texts::numbers(fields, name)).map(|number| (*number).into()))
            }
            Some("boolean") => Ok(Some(Value::Bool(self.choice.is_multiple_of(2)))),
            Some("null") => Ok(Some(Value::Null)),
            _ => Ok(None),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, deep: usize) -> Result<Value, GivenUp> {
        let required = fields.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let properties = fields.get("properties").and_then(Value::as_object);
        let mut made = Map::new();
        for (name, part) in properties.into_iter().flatten() {
            let is_required = required.iter().any(|required| required == name);
            if !is_required && !self.adds(name, part) {
                continue;
            }
            let value = self.make(part, name, deep)?;
            made.insert(name.clone(), value.unwrap_or_else(|| texts::usual(name, self.choice).into()));
        }
        for name in required.iter().filter_map(Value::as_str) {
            made.entry(name).or_insert_with(|| texts::usual(name, self.choice).into());
        }
        Ok(Value::Object(made))
    }

    /// True if a parameter that is not required is given nevertheless.
    fn adds(&mut self, name: &str, part: &Value) -> bool {
        if LEFT_OUT.contains(&name) || *part == Value::Bool(false) {
            return false;
        }
        match self.more {
            _ if ASKED_FOR.contains(&name) => true,
            More::None => false,
            More::All => true,
            More::One(_) if OF_THE_HOST.contains(&name) => false,
            More::One(wanted) => {
                let number = self.optional;
                self.optional = self.optional.saturating_add(1);
                number == wanted
            }
        }
    }

    fn array(&mut self, fields: &Map<String, Value>, name: &str, deep: usize) -> Result<Value, GivenUp> {
        let first = fields.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let least = fields.get("minItems").and_then(Value::as_u64).unwrap_or(1).max(1);
        let least = usize::try_from(least).ok().filter(|least| *least <= ENTRIES_MAX).ok_or(GivenUp)?;
        let rest = fields.get("items");
        let (choice, mut made) = (self.choice, Vec::new());
        for index in 0..least.max(first.len().min(ENTRIES_MAX)) {
            let Some(part) = first.get(index).or(rest) else { break };
            // Entries that must differ do, where the schema names several values.
            self.choice = choice.saturating_add(index);
            let value = self.make(part, name, deep);
            self.choice = choice;
            made.push(value?.unwrap_or_else(|| texts::usual(name, choice.saturating_add(index)).into()));
        }
        Ok(Value::Array(made))
    }
}

/// The type that a part of a schema has, as it says or as its other words show.
fn kind(fields: &Map<String, Value>) -> Option<&str> {
    const SHOWN_BY: [(&str, &[&str]); 4] = [
        ("object", &["properties", "required", "additionalProperties"]),
        ("array", &["items", "prefixItems", "minItems"]),
        ("string", &["pattern", "format", "minLength", "maxLength"]),
        ("integer", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ];
    let named =
        fields.get("type").and_then(|kind| kind.as_str().or_else(|| kind.as_array()?.first()?.as_str()));
    named.or_else(|| {
        let shown = SHOWN_BY.iter().find(|(_, words)| words.iter().any(|word| fields.contains_key(*word)));
        shown.map(|(kind, _)| *kind)
    })
}

/// Both together if they are objects, else the later one that says something.
fn merged(made: Option<Value>, more: Option<Value>) -> Option<Value> {
    match (made, more) {
        (Some(Value::Object(mut made)), Some(Value::Object(more))) => {
            made.extend(more);
            Some(Value::Object(made))
        }
        (made, None) => made,
        (_, more) => more,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_schema_requires_and_names_is_made_up() {
        let schema = json!({
            "type": "object", "required": ["tier", "items"],
            "properties": {
                "tier": {"enum": ["gold", "silver"]},
                "from_hour": {"type": "integer", "default": 16},
                "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
            },
            "$defs": {"item": {
                "required": ["target", "value"],
                "properties": {
                    "target": {"type": ["string", "integer"], "minLength": 1},
                    "value": {"type": ["string", "number"], "pattern": "^[0-9]+(\\.[0-9]+)?$"},
                    "days": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}},
                },
            }},
        });
        let made: Vec<Value> = all(&schema).into_iter().map(|example| example.params).collect();
        let item = json!({"target": "A", "value": "1"});
        assert_eq!(made.first(), Some(&json!({"tier": "gold", "items": [item.clone()]})));
        assert!(made.contains(&json!({"tier": "gold", "from_hour": 16,
            "items": [{"target": "A", "value": "1", "days": ["2026-01-05"]}]})));
        assert!(made.iter().any(|params| params.pointer("/tier") == Some(&json!("silver"))));
        let named = named_values(&schema);
        assert!(
            named.contains(&("tier".to_owned(), json!("silver")))
                && named.contains(&("from_hour".to_owned(), json!(16)))
        );
    }

    #[test]
    fn nothing_grows_without_bounds() {
        let wide = json!({"type": "array", "minItems": 4_000_000_000_u64, "items": {"type": "integer"}});
        assert!(all(&wide).is_empty());
        let text =
            json!({"required": ["a"], "properties": {"a": {"type": "string", "minLength": 4_000_000}}});
        assert!(all(&text).is_empty());
        assert_eq!(all(&json!({})).len(), 1);
    }
}
