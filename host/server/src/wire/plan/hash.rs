//! The content hash of a plan: the same whenever nothing that prices depend on has changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::plan::Plan;
use domain::quantities::Percent;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::wire::audience;

/// The lists of a catalogue, and what their rows are sorted by.
const CATALOG_LISTS: [(&str, &[&str]); 5] = [
    ("categories", &["code", "id"]),
    ("classes", &["id"]),
    ("groups", &["id"]),
    ("pos", &["id"]),
    ("products", &["goods_code"]),
];

/// `sha256:…` over settings, catalogue, offers, the mechanics that the offers use, and the rules of
/// computed audiences. Members are not part of it. The order of offers, of rows and of JSON names changes nothing.
pub(super) fn hash(document: &Value, plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    section(&mut hasher, "settings", std::iter::once(&settings(plan)));
    for (name, keys) in CATALOG_LISTS {
        let rows = document.get("catalog").and_then(|catalog| catalog.get(name));
        section(&mut hasher, name, sorted(rows, keys).into_iter());
    }
    let offers = with_versions(sorted(document.get("offers"), &["external_id"]), plan);
    section(&mut hasher, "offers", offers.iter());
    let mechanics = mechanics(plan);
    section(&mut hasher, "mechanics", mechanics.iter());
    let audiences = audience::canonical(document);
    if !audiences.is_empty() {
        section(&mut hasher, "audiences", audiences.iter());
    }
    hasher.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// As they were read, so that a setting left out is the same as its default.
fn settings(plan: &Plan) -> Value {
    let Plan { currency, points, receipt_max_discount, locale, .. } = plan;
    json!([
        currency.code,
        currency.exponent,
        format!("{:?}", currency.rounding),
        points.exponent,
        format!("{:?}", points.rounding),
        [points.rate.0, points.rate.1],
        points.max_burn.0,
        receipt_max_discount.unwrap_or(Percent::HUNDRED).0,
        locale,
    ])
}

/// Offers with the version that answers name, also where it was left out.
fn with_versions(rows: Vec<&Value>, plan: &Plan) -> Vec<Value> {
    let versions = plan.offers.iter().map(|offer| offer.version);
    let with_version = |(row, version): (&Value, u32)| {
        let mut row = row.clone();
        if let Some(fields) = row.as_object_mut() {
            fields.insert("version".to_owned(), json!(version));
        }
        row
    };
    rows.into_iter().zip(versions).map(with_version).collect()
}

fn section<'a>(hasher: &mut Sha256, name: &str, rows: impl Iterator<Item = &'a Value>) {
    hasher.update(format!("\n{name}\n"));
    let mut text = String::new();
    for row in rows {
        text.clear();
        canonical(row, is_told_by_its_list, &mut text);
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

/// The rows of an import say their type; those of a plan file stand in a list of their type.
fn is_told_by_its_list(name: &str) -> bool {
    name == "type"
}

/// JSON with sorted names, and without what is null: an absent field says the same.
fn canonical(value: &Value, left_out: fn(&str) -> bool, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().filter(|(name, value)| !value.is_null() && !left_out(name)).collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, |_| false, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                canonical(value, |_| false, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}
