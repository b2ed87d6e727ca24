//! Which revisions of a member's attributes a purchase is priced with.

use serde_json::{Map, Value};
use store::{MemberRecord, Purchase, PurchaseState, Revision};

use crate::error::ApiError;
use crate::state::App;
use crate::wire::json;

/// The revisions that were read, as JSON text.
pub(super) fn revisions(member: Option<&MemberRecord>) -> String {
    let attributes = member.map_or(&[][..], |member| &member.attributes);
    let revisions: Map<String, Value> =
        attributes.iter().map(|attribute| (attribute.name.clone(), attribute.revision.into())).collect();
    Value::Object(revisions).to_string()
}

/// The member with the attributes that the open purchase was calculated with first: an upload in the
/// middle of a sale changes nothing of what the customer was told. What the member answers to offers
/// meanwhile counts at once.
pub(super) async fn as_first_read(
    app: &App,
    before: Option<&Purchase>,
    member: MemberRecord,
) -> Result<MemberRecord, ApiError> {
    let open = before.filter(|before| {
        before.state == PurchaseState::Calculated && before.member_id.as_deref() == Some(&member.id)
    });
    let Some(before) = open else { return Ok(member) };
    let first: Map<String, Value> = match json::parse(&before.attributes) {
        Ok(Value::Object(revisions)) => revisions,
        _ => return Err(ApiError::damaged("attributes of a purchase")),
    };
    let read = |name: &str| first.get(name).and_then(Value::as_i64);
    let (mut attributes, changed): (Vec<_>, Vec<_>) = member
        .attributes
        .into_iter()
        .partition(|attribute| read(&attribute.name) == Some(attribute.revision));
    let same = attributes.len();
    if changed.is_empty() && same == first.len() {
        return Ok(MemberRecord { attributes, ..member });
    }
    let wanted: Vec<(String, Revision)> = first
        .iter()
        .filter(|(name, _)| !attributes.iter().any(|attribute| attribute.name == **name))
        .filter_map(|(name, revision)| Some((name.clone(), revision.as_i64()?)))
        .collect();
    attributes.extend(app.store.attribute_values(&member.id, &wanted).await?);
    attributes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(MemberRecord { attributes, ..member })
}
