//! What a purchase was calculated with, as far as it is known.

use std::collections::BTreeMap;

use domain::quantities::Points;
use domain::usage::Usage;
use serde_json::{Map, Value};
use store::{MemberRecord, Purchase, Revision, Store};

use crate::changes::{members, now};
use crate::error::ApiError;
use crate::live::Edition;
use crate::wire::json;
use crate::wire::member;
use crate::wire::receipt::{self, ReadReceipt, Request};

/// What is not as it was then.
pub(super) const APPROXIMATED: [&str; 3] = [
    "members are in the state and the audiences that they have now, with the points and the answers to \
     personal offers of now",
    "limits of offers over time are taken as untouched",
    "receipts of versions on trial are priced by the active versions",
];

/// A purchase that can be priced again.
pub(super) struct Inputs {
    pub read: ReadReceipt,
    pub member: Option<member::MemberRecord>,
    pub usage: Usage,
    pub offline: bool,
}

/// The inputs of a purchase; nothing if its receipt cannot be read any more.
pub(super) async fn of(
    store: &Store,
    edition: &Edition,
    purchase: &Purchase,
) -> Result<Option<Inputs>, ApiError> {
    let Ok(document) = json::parse(&purchase.request) else { return Ok(None) };
    let Ok(read) = receipt::read(&document, &edition.plan, Request::new(&purchase.id)) else {
        return Ok(None);
    };
    let record = match &read.receipt.identifier {
        Some((kind, value)) => store.member_by_identifier(kind, value).await?,
        None => None,
    };
    let member = match record {
        Some(record) => member(store, edition, purchase, record).await?,
        None => None,
    };
    Ok(Some(Inputs { read, member, usage: Usage::default(), offline: false }))
}

async fn member(
    store: &Store,
    edition: &Edition,
    purchase: &Purchase,
    record: MemberRecord,
) -> Result<Option<member::MemberRecord>, ApiError> {
    let record = with_attributes_of(store, purchase, record).await?;
    // As with the purchase itself: the sale goes on without a member who cannot be read.
    let Ok(member) = members::restore(&record, edition.plan.scales()) else { return Ok(None) };
    let points = store.points_available(&record.id, &purchase.id, now()).await?;
    Ok(Some(member::MemberRecord { points: Points(points.max(0)), ..member }))
}

/// The member with the attributes that the purchase was calculated with.
async fn with_attributes_of(
    store: &Store,
    purchase: &Purchase,
    mut record: MemberRecord,
) -> Result<MemberRecord, ApiError> {
    let read: Map<String, Value> = serde_json::from_str(&purchase.attributes)
        .map_err(|_| ApiError::damaged("attributes of a purchase"))?;
    let then: BTreeMap<&str, Revision> =
        read.iter().filter_map(|(name, revision)| Some((name.as_str(), revision.as_i64()?))).collect();
    record.attributes.retain(|now| then.get(now.name.as_str()) == Some(&now.revision));
    let is_there = |name: &str| record.attributes.iter().any(|now| now.name == name);
    let changed: Vec<(String, Revision)> =
        then.iter().filter(|(name, _)| !is_there(name)).map(|(name, at)| ((*name).to_owned(), *at)).collect();
    if !changed.is_empty() {
        record.attributes.extend(store.attribute_values(&record.id, &changed).await?);
        record.attributes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(record)
}
