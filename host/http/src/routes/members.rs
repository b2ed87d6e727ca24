//! `/v1/members/{member_id}`: a member, its attributes and their history, its state, and merging.

use app::changes::member_state::{self, unknown_member};
use app::changes::{merge, to_the_end};
use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use domain::time::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use wire::{json, time};

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::query::Query;

/// The most revisions of an attribute that are shown.
const REVISIONS_MAX: i64 = 1_000;

/// The clock that computed audiences go by.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberQuery {
    /// The point of sale whose clock computed audiences go by; UTC without one.
    pos: Option<String>,
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberShown {
    member_id: String,
    /// `normal`, `anonymous`, `blocked` or `merged`.
    state: String,
    /// The member that this one was merged into, and that has everything that this one had.
    merged_into: Option<String>,
    identifiers: Vec<Identifier>,
    /// The audiences that the member is in now, computed ones among them.
    audiences: Vec<String>,
    attributes: Vec<AttributeShown>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Identifier {
    kind: String,
    value: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct AttributeShown {
    name: String,
    #[schema(value_type = Object)]
    value: Box<RawValue>,
    /// The revision that wrote it.
    revision: i64,
    /// When that was.
    written_at: Option<String>,
}

/// Show a member.
#[utoipa::path(
    get, path = "/v1/members/{member_id}", tag = "Integration",
    params(("member_id" = String, Path, description = "The retailer's id of the member"), MemberQuery),
    responses(
        (status = 200, description = "What is known of the member", body = MemberShown),
        (status = 404, description = "`unknown_member`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_member(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Query(query): Query<MemberQuery>,
) -> Result<Json<MemberShown>, ApiError> {
    let member = app.store.member(&member_id).await?.ok_or_else(|| unknown_member(&member_id))?;
    let live = app.live.load();
    let zone = query.pos.as_deref().and_then(|pos| live.active.plan.points_of_sale.zone(pos));
    let computed = live.active.plan.audiences();
    let mut audiences = member.audiences;
    audiences.retain(|name| !computed.contains(name));
    let mut values = Map::new();
    let mut attributes = Vec::new();
    for (attribute, written_at) in member.attributes {
        if let Ok(value) = json::parse(&attribute.value) {
            values.insert(attribute.name.clone(), value);
        }
        attributes.push(AttributeShown {
            name: attribute.name,
            value: raw(attribute.value)?,
            revision: attribute.revision,
            written_at: instant(written_at),
        });
    }
    if member.merged_into.is_none()
        && let Some(at) = now_at(zone)
    {
        audiences.extend(computed.all_of(&values, &at));
        audiences.sort();
    }
    let identifiers = member.identifiers.into_iter();
    Ok(Json(MemberShown {
        member_id: member.id,
        state: member.state,
        merged_into: member.merged_into,
        identifiers: identifiers.map(|(kind, value)| Identifier { kind, value }).collect(),
        audiences,
        attributes,
    }))
}

/// The values that an attribute has had.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttributeHistory {
    member_id: String,
    name: String,
    /// Newest first.
    revisions: Vec<ValueShown>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ValueShown {
    #[schema(value_type = Object)]
    value: Box<RawValue>,
    /// The revision that wrote it.
    revision: i64,
    /// When that was.
    written_at: Option<String>,
    /// The revision that ended it; null if it has not ended.
    until_revision: Option<i64>,
    /// When that was.
    until: Option<String>,
}

/// Show the values that an attribute of a member has had.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/attributes/{name}/revisions", tag = "Integration",
    params(
        ("member_id" = String, Path, description = "The retailer's id of the member"),
        ("name" = String, Path, description = "The attribute's name"),
    ),
    responses(
        (status = 200, description = "Newest first, 1,000 at most", body = AttributeHistory),
        (status = 404, description = "`unknown_member`, `unknown_attribute`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn attribute_revisions(
    State(app): State<App>,
    Path((member_id, name)): Path<(String, String)>,
) -> Result<Json<AttributeHistory>, ApiError> {
    let revisions = app.store.attribute_revisions(&member_id, &name, REVISIONS_MAX).await?;
    if revisions.is_empty() {
        if !app.store.has_member(&member_id).await? {
            return Err(unknown_member(&member_id).into());
        }
        let what = format!("attribute `{name}` of member `{member_id}`, nor was there ever");
        return Err(Error::Unknown { code: "unknown_attribute", what }.into());
    }
    let shown = revisions.into_iter().map(|revision| {
        Ok(ValueShown {
            value: raw(revision.value)?,
            revision: revision.revision,
            written_at: instant(revision.written_at),
            until_revision: revision.until,
            until: revision.ended_at.and_then(instant),
        })
    });
    Ok(Json(AttributeHistory { member_id, name, revisions: shown.collect::<Result<_, ApiError>>()? }))
}

/// The state of a member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberState {
    member_id: String,
    state: &'static str,
    /// The revision since which the member is as it is.
    revision: i64,
}

/// Change the state of a member.
///
/// Body: `{"state":"normal|anonymous|blocked"}`.
#[utoipa::path(
    put, path = "/v1/members/{member_id}/state", tag = "Integration",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    request_body(content = Object),
    responses(
        (status = 200, description = "It is so", body = MemberState),
        (status = 404, description = "`unknown_member`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`member_merged`", body = wire::problem::ProblemDocument),
        (status = 422, description = "No such state", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_member_state(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<MemberState>, ApiError> {
    let actor = actor.sending(body.digest());
    let (state, revision) = to_the_end(member_state::put(app, member_id.clone(), body.value, actor)).await?;
    Ok(Json(MemberState { member_id, state: state.name(), revision }))
}

/// A member that was merged into another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberMerged {
    member_id: String,
    state: &'static str,
    merged_into: String,
    /// The revision that merged them.
    revision: i64,
}

/// Merge a member into another.
///
/// Body: `{"into":"m-2"}`. The survivor gets the identifiers, the points with their validity, the
/// purchases and what they have taken of limits, the audiences, and the attributes as their definitions
/// say; its state stays. It gets the returns of the other's purchases, too. The same call again changes
/// nothing.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/merge", tag = "Integration",
    params(("member_id" = String, Path, description = "The member that goes")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Merged", body = MemberMerged),
        (status = 404, description = "`unknown_member`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`same_member`, `member_merged`", body = wire::problem::ProblemDocument),
        (status = 422, description = "The body is not understood", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn merge_member(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<MemberMerged>, ApiError> {
    let actor = actor.sending(body.digest());
    let survivor = to_the_end(merge::merge(app, member_id.clone(), body.value, actor)).await?;
    Ok(Json(MemberMerged {
        member_id,
        state: "merged",
        merged_into: survivor.id,
        revision: survivor.revision,
    }))
}

fn raw(text: String) -> Result<Box<RawValue>, ApiError> {
    RawValue::from_string(text).map_err(|error| ApiError::internal(&error))
}

fn instant(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).map(|time| time.to_string()).ok()
}

fn now_at(zone: Option<&TimeZone>) -> Option<Moment> {
    time::moment_in(Timestamp::now(), zone.unwrap_or(&TimeZone::UTC))
}
