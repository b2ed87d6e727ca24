//! The revisions of a member's attributes that a purchase is priced with.

use serde_json::{Map, Value};
use store::{MemberRecord, Purchase, PurchaseState, Revision};
use wire::json;

use crate::error::Error;
use crate::live::PlanVariant;
use crate::state::App;

/// The revisions that were read, as JSON text.
pub(super) fn revisions(member: Option<&MemberRecord>) -> String {
    let attributes = member.map_or(&[][..], |member| &member.attributes);
    let revisions: Map<String, Value> =
        attributes.iter().map(|attribute| (attribute.name.clone(), attribute.revision.into())).collect();
    Value::Object(revisions).to_string()
}

/// The member with the terms of personal offers that the open purchase was first calculated with: an upload in the
/// middle of a sale does not take away what the customer was told. Answers to offers count at once, and so do terms
/// of offers that the purchase had no terms of, and attributes of any other use.
pub(super) async fn as_first_read(
    app: &App,
    variant: &PlanVariant,
    before: Option<&Purchase>,
    mut member: MemberRecord,
) -> Result<MemberRecord, Error> {
    let open = before.filter(|before| {
        before.state == PurchaseState::Calculated && before.member_id.as_deref() == Some(&member.id)
    });
    let Some(before) = open else { return Ok(member) };
    let Ok(Value::Object(first)) = json::parse(&before.attributes) else {
        return Err(Error::damaged("attributes of a purchase"));
    };
    let first = first.into_iter().filter(|(name, _)| variant.plan.is_personal(name));
    let revision = |(name, revision): (String, Value)| {
        let revision = revision.as_i64().ok_or_else(|| Error::damaged("attributes of a purchase"))?;
        Ok::<_, Error>((name, revision))
    };
    let first: Vec<(String, Revision)> = first.map(revision).collect::<Result<_, _>>()?;
    let is_current = |(name, revision): &(String, Revision)| {
        member.attributes.iter().any(|now| now.name == *name && now.revision == *revision)
    };
    let replaced: Vec<(String, Revision)> = first.into_iter().filter(|read| !is_current(read)).collect();
    if replaced.is_empty() {
        return Ok(member);
    }
    let values = app.store.attribute_values(&member.id, &replaced).await?;
    member.attributes.retain(|now| !values.iter().any(|then| then.name == now.name));
    member.attributes.extend(values);
    member.attributes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(member)
}
