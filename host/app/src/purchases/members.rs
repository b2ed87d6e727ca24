//! Stored members, read for pricing.

use serde_json::{Map, json};
use store::{AttributeValue, PersonalAnswer};
use wire::member::{self, MemberRecord};
use wire::problem::Problems;
use wire::reader::Scales;

/// Reads a stored member, by way of the document that a plan file would have of it. Its points are those of the ledger,
/// which the caller reads.
pub fn restore(member: &store::MemberRecord, scales: Scales) -> Result<MemberRecord, Problems> {
    let mut attributes = Map::new();
    for AttributeValue { name, value, .. } in &member.attributes {
        attributes.insert(name.clone(), wire::json::parse(value)?);
    }
    let identifiers: Vec<_> =
        member.identifiers.iter().map(|(kind, value)| json!({"kind": kind, "value": value})).collect();
    let document = json!({
        "id": member.id,
        "state": member.state,
        "identifiers": identifiers,
        "audiences": member.audiences,
        "attributes": attributes,
    });
    let (mut read, _) = member::parse_stored(&document, scales)?;
    for PersonalAnswer { attribute, item, accepted } in &member.answers {
        read.answers.entry(attribute.clone()).or_default().insert(item.clone(), *accepted);
    }
    Ok(read)
}
