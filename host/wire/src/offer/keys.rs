//! The keys of the offer document: its JSON Schema, and the refusal of keys that are not in it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::LazyLock;

use domain::mechanics::Description;
use serde_json::Value;

use crate::reader::{Hints, Node, Object};

/// The JSON Schema of the offer document, for people and programs. A test compares its keys with those that the reader
/// asks for.
pub const SCHEMA: &str = include_str!("schema.json");

/// The schema as a document.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap_or_default());

/// Every key of the document with its place, as `audience` and `filters.audience`; nearest to the root first.
static PLACES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut places = places(&DOCUMENT);
    // A percentage of an offer is mostly that of a reward, which is called `value`.
    places.retain(|(name, _)| name != "percent");
    places.push(("percent".to_owned(), format!("{ITEM}value")));
    places
});

/// The place of the keys of an item.
const ITEM: &str = "params.items[].";

/// The most `$ref`s that lead to each other.
const REFERENCES_MAX: usize = 8;

/// Refuses the keys of a part of the document that its reader did not ask for.
pub(super) fn refuse_unknown(object: &Object<'_, '_>) {
    object.refuse_unknown_with(hints());
}

/// Refuses the unknown keys of the document itself. Earlier releases only warned of them, so that in a stored offer they
/// are warnings.
pub(super) fn refuse_unknown_of_document(object: &Object<'_, '_>) {
    object.refuse_unknown_of_new(hints());
}

/// Refuses the unknown keys of parameters, or of one of their items if `items` is true. A key that the host knows and
/// the schema of the mechanic does not take is no suggestion.
pub(super) fn refuse_unknown_params(object: &Object<'_, '_>, mechanic: Option<&Description>, items: bool) {
    if !object.has_unknown() {
        return;
    }
    let schema = mechanic.and_then(|mechanic| serde_json::from_str::<Value>(&mechanic.params_schema).ok());
    let is_taken =
        |items: bool, name: &str| schema.as_ref().is_none_or(|schema| is_taken(schema, items, name));
    let taken = |name: &str| is_taken(items, name);
    let mut elsewhere = PLACES.clone();
    elsewhere.retain(|(name, place)| !place.starts_with(ITEM) || is_taken(true, name));
    object.refuse_unknown_with(Hints { elsewhere: &elsewhere, taken: Some(&taken) });
}

/// Refuses the unknown keys of a template's offer, whose values are not known yet. Keys of `params` are those of a
/// mechanic, which a hole may name.
pub(crate) fn check_template(offer: Node<'_, '_>) {
    check(offer, &DOCUMENT);
}

/// True if the host reads a parameter of this name for every mechanic, in the parameters or in their items.
pub fn is_common_parameter(name: &str) -> bool {
    ["/properties/params/properties", "/$defs/item/properties"]
        .iter()
        .any(|place| DOCUMENT.pointer(place).is_some_and(|properties| properties.get(name).is_some()))
}

fn hints() -> Hints<'static> {
    Hints { elsewhere: &PLACES, taken: None }
}

fn check(node: Node<'_, '_>, schema: &'static Value) {
    let schema = resolved(schema);
    match node.value() {
        Value::Object(_) => {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
            let Some(object) = node.object() else { return };
            for (name, part) in properties {
                if let Some(field) = object.field(name) {
                    check(field, part);
                }
            }
            if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
                refuse_unknown(&object);
            }
        }
        Value::Array(_) => {
            if let Some((items, list)) = schema.get("items").zip(node.list()) {
                list.iter().for_each(|entry| check(entry, items));
            }
        }
        _ => {}
    }
}

/// True if the schema of parameters takes a name in the parameters, or in one of their items.
fn is_taken(schema: &Value, items: bool, name: &str) -> bool {
    let local = |part: &Value| -> Option<Value> {
        let mut part = part.clone();
        for _ in 0..REFERENCES_MAX {
            let target = part.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
            let Some(target) = target.map(str::to_owned) else { break };
            part = schema.pointer(&target)?.clone();
        }
        Some(part)
    };
    let place = match items {
        false => local(schema),
        true => schema
            .pointer("/properties/items")
            .and_then(local)
            .and_then(|list| list.get("items").and_then(local)),
    };
    let Some(place) = place else { return true };
    let is_closed = place.get("additionalProperties") == Some(&Value::Bool(false));
    !is_closed || place.get("properties").is_none_or(|properties| properties.get(name).is_some())
}

/// The part of the document's schema that a reference names, or the part itself.
fn resolved(mut part: &'static Value) -> &'static Value {
    for _ in 0..REFERENCES_MAX {
        let target = part.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|target| DOCUMENT.pointer(target)) {
            Some(found) => part = found,
            None => break,
        }
    }
    part
}

fn places(root: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut parts = VecDeque::from([(String::new(), root)]);
    while let Some((path, part)) = parts.pop_front() {
        let mut part = part;
        // `resolved` reads the schema that this is a part of.
        while let Some(target) = part.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'))
        {
            match root.pointer(target) {
                Some(next) => part = next,
                None => break,
            }
        }
        if let Some(items) = part.get("items") {
            parts.push_back((format!("{path}[]"), items));
        }
        let alternatives = part.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        parts.extend(alternatives.map(|alternative| (path.clone(), alternative)));
        for (name, field) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if seen.insert(place.clone()) {
                found.push((name.clone(), place.clone()));
                parts.push_back((place, field));
            }
        }
    }
    found
}
