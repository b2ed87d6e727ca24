//! What the host is sent: the attribute of each member, rows of `POST /v1/attributes/imports`.

use experiment::refused::{Refused, refuse};
use serde_json::{Value, json};

use crate::config::{ArmSettings, Config, NOBODY, TargetKind};
use crate::log::Assigned;

pub(crate) const TERMS: &str = "terms.ndjson";

/// Longest text that the host repeats as a decision, in bytes.
const MOST_DECISION: usize = 200;

/// A row for every member; the attribute is taken from those who get nothing.
pub(crate) fn terms(config: &Config, rows: &[Assigned], start: &str, end: &str) -> Result<Vec<u8>, Refused> {
    let mut text = String::new();
    for row in rows {
        let value = match config.arms.iter().find(|arm| arm.name == row.uploaded) {
            Some(arm) => value(config, arm, row, start, end)?,
            None if row.uploaded == NOBODY => Value::Null,
            None => {
                refuse!("there is no arm \"{}\" any more, which member \"{}\" had", row.uploaded, row.member)
            }
        };
        text.push_str(&line(config, &row.member, &value));
    }
    Ok(text.into_bytes())
}

/// A row that takes the attribute from a member.
pub(crate) fn nothing(config: &Config, member: &str) -> String {
    line(config, member, &Value::Null)
}

fn line(config: &Config, member: &str, value: &Value) -> String {
    let row = json!({"identifier_kind": "member", "identifier": member, "attribute": config.offer.attribute, "value": value});
    format!("{row}\n")
}

fn value(
    config: &Config,
    arm: &ArmSettings,
    row: &Assigned,
    start: &str,
    end: &str,
) -> Result<Value, Refused> {
    if row.decision.len() > MOST_DECISION {
        refuse!(
            "the decision \"{}\" has more than {MOST_DECISION} bytes; take shorter names for arms",
            row.decision
        );
    }
    let kind = config.offer.target_kind;
    let mut item = json!({
        "target_kind": kind.name(), "method": arm.method, "value": arm.value, "decision": row.decision,
    });
    if kind != TargetKind::Receipt {
        if row.target.is_empty() {
            refuse!("member \"{}\": the members' file does not say which goods the offer is on", row.member);
        }
        if let Some(item) = item.as_object_mut() {
            item.insert("target".to_owned(), json!(row.target));
        }
    }
    Ok(json!({
        "kind": "ml", "id_space": "external", "reward": "discount", "start": start, "end": end, "items": [item],
    }))
}
