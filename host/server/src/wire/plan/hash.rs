//! The content hash of a plan: the same whenever nothing that prices depend on has changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::plan::Plan;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The lists of a catalogue, and what their rows are sorted by.
const CATALOG_LISTS: [(&str, &[&str]); 5] = [
    ("categories", &["code", "id"]),
    ("classes", &["id"]),
    ("groups", &["id"]),
    ("pos", &["id"]),
    ("products", &["goods_code"]),
];

/// `sha256:…` over settings, catalogue, offers, and the mechanics that the offers use. Members are
/// not part of it. The order of offers, of rows and of JSON names changes nothing.
pub(super) fn hash(document: &Value, plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    for name in ["currency", "points", "caps", "locale"] {
        section(&mut hasher, name, document.get(name).filter(|value| !value.is_null()).into_iter());
    }
    for (name, keys) in CATALOG_LISTS {
        let rows = document.get("catalog").and_then(|catalog| catalog.get(name));
        section(&mut hasher, name, sorted(rows, keys).into_iter());
    }
    section(&mut hasher, "offers", sorted(document.get("offers"), &["external_id"]).into_iter());
    let mechanics = mechanics(plan);
    section(&mut hasher, "mechanics", mechanics.iter());
    hasher.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn section<'a>(hasher: &mut Sha256, name: &str, rows: impl Iterator<Item = &'a Value>) {
    hasher.update(format!("\n{name}\n"));
    let mut text = String::new();
    for row in rows {
        text.clear();
        canonical(row, &mut text);
        text.push('\n');
        hasher.update(&text);
    }
}

fn sorted<'a>(rows: Option<&'a Value>, keys: &[&str]) -> Vec<&'a Value> {
    let key = |row: &Value| match keys.iter().find_map(|key| row.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let mut rows: Vec<_> = rows.and_then(Value::as_array).into_iter().flatten().collect();
    rows.sort_by_cached_key(|row| key(row));
    rows
}

fn mechanics(plan: &Plan) -> Vec<Value> {
    let used: BTreeSet<_> = plan.offers.iter().map(|offer| offer.mechanic).collect();
    let used = used.into_iter().filter_map(|id| plan.mechanics.get(id));
    let mut mechanics: Vec<_> = used
        .map(|mechanic| {
            let entry = json!({
                "name": mechanic.name,
                "version": mechanic.description.version,
                "digest": mechanic.digest,
            });
            (mechanic.name.clone(), entry)
        })
        .collect();
    mechanics.sort_by(|(a, _), (b, _)| a.cmp(b));
    mechanics.into_iter().map(|(_, entry)| entry).collect()
}

/// JSON with sorted names, and without what is null: an absent field says the same.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(_, value)| !value.is_null()).collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}
