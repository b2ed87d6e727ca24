//! Writes a case as TOML for people: a table for each offer and receipt, one line for anything else.

use serde_json::{Map, Value};
use toml_writer::{ToTomlKey as _, ToTomlValue as _, TomlKeyBuilder, TomlStringBuilder};

/// Keys that are written first, in this order.
const FIRST: [&str; 6] = ["title", "external_id", "rule", "store", "refused", "at"];
/// Characters of a value on one line; longer lists get a line for each entry.
const LINE_MAX: usize = 100;

/// The text of a document.
pub(super) fn write(document: &Map<String, Value>) -> String {
    let mut text = String::new();
    let (sections, entries): (Vec<_>, Vec<_>) =
        in_order(document).into_iter().partition(|(_, value)| is_section(value));
    for (name, value) in entries {
        entry(name, value, &mut text);
    }
    for (name, value) in sections {
        match value {
            Value::Array(tables) => {
                for table in tables {
                    text.push_str(&format!("\n[[{}]]\n", key(name)));
                    section(name, table, &mut text);
                }
            }
            table => {
                text.push_str(&format!("\n[{}]\n", key(name)));
                section(name, table, &mut text);
            }
        }
    }
    text
}

/// The entries of a table, those of `FIRST` before the others.
fn in_order(table: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let first = FIRST.iter().filter_map(|name| table.get_key_value(*name));
    first.chain(table.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()))).collect()
}

fn is_section(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty() && list.iter().all(Value::is_object),
        Value::Object(table) => inline(value).len() > LINE_MAX || table.values().any(Value::is_array),
        _ => false,
    }
}

/// The entries of a table; `expect` is a table of its own.
fn section(name: &str, table: &Value, text: &mut String) {
    let entries = table.as_object().map(in_order).unwrap_or_default();
    let (expect, entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(name, _)| *name == "expect");
    for (name, value) in entries {
        entry(name, value, text);
    }
    for (expect, value) in expect {
        text.push_str(&format!("[{}.{expect}]\n", key(name)));
        for (name, value) in value.as_object().into_iter().flatten() {
            entry(name, value, text);
        }
    }
}

fn entry(name: &str, value: &Value, text: &mut String) {
    if value.is_null() {
        return;
    }
    let short = inline(value);
    let long = match value {
        Value::Array(list) if short.len() > LINE_MAX => Some(list),
        _ => None,
    };
    let Some(list) = long else {
        return text.push_str(&format!("{} = {short}\n", key(name)));
    };
    text.push_str(&format!("{} = [\n", key(name)));
    for value in list {
        text.push_str(&format!("    {},\n", inline(value)));
    }
    text.push_str("]\n");
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) if table.is_empty() => "{}".to_owned(),
        Value::Object(table) => {
            // TOML has no null.
            let entries = table.iter().filter(|(_, value)| !value.is_null());
            let entries = entries.map(|(name, value)| format!("{} = {}", key(name), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => TomlStringBuilder::new(text).as_basic().to_toml_value(),
        // Numbers and booleans are written alike in JSON and in TOML.
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    let key = TomlKeyBuilder::new(name);
    key.as_unquoted().unwrap_or_else(|| key.as_basic()).to_toml_key()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use wire::json::from_toml;

    #[test]
    fn what_is_written_is_read_back() {
        let long: Vec<Value> =
            (0..30).map(|number| json!([number.to_string(), "x\n\"y\"\u{7f}\u{1}"])).collect();
        let document = json!({
            "title": "a title", "locale": "en", "caps": {"receipt_max_percent": "10"},
            "catalog": {"products": [{"id": 1, "goods_code": "G 1", "attributes": {"a b": "c"}}]},
            "offers": [{"external_id": "one", "params": {"items": [{"value": "15"}]}}, {"external_id": "two"}],
            "receipts": [{"lines": long, "expect": {"lines": {"1": {"discount": "1.00"}}, "warnings": ["x"]}}],
        });
        let text = write(document.as_object().unwrap());
        assert_eq!(from_toml(&text).unwrap(), document, "{text}");
        assert!(text.starts_with("title = \"a title\"\n"), "{text}");
    }
}
