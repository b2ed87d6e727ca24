//! Ids of items of personal terms, which stay the same over uploads of the same terms.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Fields that do not change the id of an item.
const NOT_TERMS: [&str; 5] = ["accepted", "declined", "order", "display_order", "decision"];
/// Length of an id in hexadecimal digits.
const DIGITS: usize = 16;

/// The id of an item: the first digits of the SHA-256 of its terms. The order of names, and whether a
/// number is written as a number or as a text, do not change it.
pub fn item_id(item: &Value) -> String {
    let mut text = String::new();
    match item {
        Value::Object(fields) => {
            let terms = fields.iter().filter(|(name, _)| !NOT_TERMS.contains(&name.as_str()));
            write_fields(terms, &mut text);
        }
        _ => write(item, &mut text),
    }
    let mut id = hex::encode(Sha256::digest(&text));
    id.truncate(DIGITS);
    id
}

/// The id of an offer as a whole, for the answers of members. It changes with the parameters only: not with title, filters
/// or promotional content.
pub(crate) fn of_offer(external_id: &str, params: &Value) -> String {
    item_id(&json!({"offer": external_id, "params": params}))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => write_fields(fields.iter(), text),
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(value, text);
                text.push(',');
            }
            text.push(']');
        }
        // In quotes, as a text is.
        Value::Number(number) => text.push_str(&Value::from(number.as_str()).to_string()),
        Value::String(_) | Value::Bool(_) | Value::Null => text.push_str(&value.to_string()),
    }
}

fn write_fields<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>, text: &mut String) {
    let mut fields: Vec<_> = fields.filter(|(_, value)| !value.is_null()).collect();
    fields.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in fields {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{item_id, of_offer};

    #[test]
    fn an_offer_stays_itself_until_its_parameters_change() {
        let id = of_offer("spring", &json!({"items": [{"target": "G1", "value": "15"}]}));
        assert_eq!(of_offer("spring", &json!({"items": [{"value": 15, "target": "G1", "cap": null}]})), id);
        assert_ne!(of_offer("spring", &json!({"items": [{"target": "G1", "value": "5"}]})), id);
        assert_ne!(of_offer("autumn", &json!({"items": [{"target": "G1", "value": "15"}]})), id);
    }

    #[test]
    fn an_item_stays_itself_until_its_terms_change() {
        let id = item_id(&json!({"target": "G1", "value": "15"}));
        assert_eq!(id.len(), 16);
        for same in [
            json!({"value": 15, "target": "G1"}),
            json!({"target": "G1", "value": "15", "accepted": true, "order": 3, "start": null, "decision": "run-7/b"}),
        ] {
            assert_eq!(item_id(&same), id, "{same}");
        }
        for other in [
            json!({"target": "G1", "value": "16"}),
            json!({"target": "G1", "value": "15", "start": "2026-11-01"}),
            json!(["G1", "15"]),
        ] {
            assert_ne!(item_id(&other), id, "{other}");
        }
    }
}
