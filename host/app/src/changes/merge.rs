//! Merging one member into another.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::{Attribute, AttributeValue, Merge, Merged, Revision};
use wire::attribute::MergeMode;
use wire::json;
use wire::member;

use super::lock;
use super::member_state::unknown_member;
use crate::audit::Actor;
use crate::error::Error;
use crate::purchases::scopes_of_member;
use crate::state::App;

/// Result of a merger.
pub struct Survivor {
    /// The member that is left.
    pub id: String,
    /// The revision that merged them.
    pub revision: Revision,
}

/// Merges one member into another. The same call again changes nothing.
pub async fn merge(app: App, from: String, body: Value, actor: Actor) -> Result<Survivor, Error> {
    let into = member::parse_survivor(&body).map_err(|problems| Error::Refused {
        code: "merge_refused",
        what: "the merger has problems",
        problems,
    })?;
    if from == into {
        let detail = format!("member `{from}` cannot be merged into itself");
        return Err(Error::State { code: "same_member", detail });
    }
    let _lock = lock::acquire(&app).await?;
    let definitions = app.store.attributes().await?;
    let definitions: BTreeMap<&str, &Attribute> =
        definitions.iter().map(|attribute| (attribute.name.as_str(), attribute)).collect();
    let scopes = (scopes_of_member(&from), scopes_of_member(&into));
    let merge = Merge { from, into, scopes };
    let attributes = |own: &[AttributeValue], others: &[AttributeValue]| {
        others.iter().filter_map(|other| merged(&definitions, own, other)).collect()
    };
    let entry = actor.entry("member.merge", &merge.from, json!({"into": merge.into}));
    match app.store.merge_members(&merge, &attributes, &entry).await? {
        Merged::Done(revision) => {
            tracing::info!(revision, from = merge.from, into = merge.into, "members merged");
            Ok(Survivor { id: merge.into, revision })
        }
        Merged::Unknown(id) => Err(unknown_member(&id)),
        Merged::Already { member, into } => {
            let detail = format!("member `{member}` is merged into `{into}` already");
            Err(Error::State { code: "member_merged", detail })
        }
    }
}

/// The survivor's value of an attribute that the other member has; none if it stays, because it is the same
/// or a value cannot be read.
fn merged(
    definitions: &BTreeMap<&str, &Attribute>,
    own: &[AttributeValue],
    other: &AttributeValue,
) -> Option<AttributeValue> {
    let definition = definitions.get(other.name.as_str());
    let mode =
        definition.map_or_else(MergeMode::default, |definition| MergeMode::from_name(&definition.merge));
    let kind = definition.map_or("", |definition| definition.kind.as_str());
    let own = own.iter().find(|own| own.name == other.name);
    let own = own.and_then(|own| json::parse(&own.value).ok()).filter(|value| !value.is_null());
    let value = mode.merge(kind, own.as_ref(), &json::parse(&other.value).ok()?)?;
    Some(AttributeValue { name: other.name.clone(), value: value.to_string(), revision: 0 })
}
