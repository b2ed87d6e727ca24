//! `/v1/segments`: rules over what is known of members. `/v1/rfm`: how recently, often and for how much they buy.

use app::changes::to_the_end;
use app::communications::segments::rules::{self, Shown};
use app::communications::segments::{preview, rfm};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// A segment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct SegmentShown {
    name: String,
    title: Option<String>,
    /// The rule as it was sent.
    #[schema(value_type = Object)]
    rule: Value,
    /// Raised when the rule changes, or that of a segment that it reads.
    revision: i64,
    /// `building` until the members of this revision are worked out, then `ready`.
    state: &'static str,
    /// How many members it has; null before the first time that they are worked out.
    members: Option<i64>,
    /// Whether it is an audience of offers too, under the same name.
    offers: bool,
    /// The revision of the tills that has its members; null if it has none yet.
    audience_revision: Option<i64>,
    /// RFC 3339.
    changed_at: Option<String>,
}

impl From<Shown> for SegmentShown {
    fn from(shown: Shown) -> Self {
        let Shown { row, rule, members } = shown;
        let is_ready = row.built == row.revision;
        Self {
            name: row.name,
            title: row.title,
            rule,
            revision: row.revision,
            state: if is_ready { "ready" } else { "building" },
            members,
            offers: row.offers,
            audience_revision: row.published,
            changed_at: Timestamp::from_millisecond(row.changed_at).map(|at| at.to_string()).ok(),
        }
    }
}

/// All segments.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct Segments {
    /// By name.
    segments: Vec<SegmentShown>,
}

/// Define a segment, or change it.
///
/// `{"title":"…","rule":{…},"offers":false}`. A rule is one of those of computed audiences, grown by tests of events, points,
/// cells of RFM and other segments; see docs/communications.md. Its members are worked out in the background: `state` is
/// `building` until they are. With `offers` it is an audience of offers too, under the same name, whose members follow.
#[utoipa::path(
    put, path = "/v1/segments/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The segment's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined", body = SegmentShown),
        (status = 409, description = "`too_many_segments`, `too_many_measures`, `audience_of_its_own`", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused; every problem with its place. A segment that reads itself, by whatever way, is `segment_cycle`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_segment(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<SegmentShown>, ApiError> {
    let actor = actor.sending(body.digest());
    Ok(Json(to_the_end(rules::put(app, name, body.value, actor)).await?.into()))
}

/// Show a segment, with the number of its members.
#[utoipa::path(
    get, path = "/v1/segments/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The segment's name")),
    responses(
        (status = 200, description = "The segment", body = SegmentShown),
        (status = 404, description = "`unknown_segment`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_segment(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<SegmentShown>, ApiError> {
    Ok(Json(rules::get(&app, &name).await?.into()))
}

/// Delete a segment that no other one reads.
///
/// If it is an audience of offers, that stays, with the members that it had.
#[utoipa::path(
    delete, path = "/v1/segments/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The segment's name")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`unknown_segment`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`segment_in_use`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn delete_segment(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
) -> Result<StatusCode, ApiError> {
    to_the_end(rules::delete(app, name, actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List all segments.
#[utoipa::path(
    get, path = "/v1/segments", tag = "Communications",
    responses((status = 200, description = "The segments, by name", body = Segments)),
    security(("key" = [])),
)]
pub(in crate::routes) async fn list_segments(State(app): State<App>) -> Result<Json<Segments>, ApiError> {
    let segments = rules::list(&app).await?.into_iter().map(SegmentShown::from).collect();
    Ok(Json(Segments { segments }))
}

/// What a rule holds for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct PreviewShown {
    /// How many members.
    count: u64,
    /// Of how many.
    of: u64,
    /// By how many the first number may be off, in 19 of 20 cases; only if there were too many members to count, and the
    /// numbers are estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<u64>,
    /// True if members who were imported or changed before are still being worked in; else left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    catching_up: bool,
    /// Ids of some of them.
    sample: Vec<String>,
}

/// Count the members that a rule holds for, before there is a segment of it.
///
/// `{"rule":{…},"sample":10}`: the number of members for whom it holds now, and the ids of up to 100 of them. Of many members
/// it is an estimate with its margin, unless `"exact":true` asks for the number however long it takes.
#[utoipa::path(
    post, path = "/v1/segments/preview", tag = "Communications",
    request_body(content = Object),
    responses(
        (status = 200, description = "Count and sample", body = PreviewShown),
        (status = 422, description = "Refused; every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn preview_segment(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<PreviewShown>, ApiError> {
    let preview::Preview { count, of, margin, is_behind, sample } =
        preview::preview(&app, &body.value).await?;
    Ok(Json(PreviewShown { count, of, margin, catching_up: is_behind, sample }))
}

/// Show RFM: ten cells and three grids.
///
/// Scores are from 1 to 5, by quintiles in which equal members are together; the cut points are frozen for a month. `month`
/// is null before anybody has bought.
#[utoipa::path(
    get, path = "/v1/rfm", tag = "Communications",
    responses((status = 200, description = "Cells with their members, grids `rf`, `rm` and `fm` with ranges and members", body = Object)),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_rfm(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let Some(shown) = rfm::show(&app).await? else {
        return Ok(Json(json!({"month": null, "cells": [], "grids": null})));
    };
    let cells: Vec<Value> =
        shown.cells.iter().map(|(cell, members)| json!({"name": cell.name(), "members": members})).collect();
    Ok(Json(json!({
        "month": shown.month.month,
        "buyers": shown.month.buyers,
        "made_at": Timestamp::from_millisecond(shown.month.made_at).map(|at| at.to_string()).ok(),
        "cells": cells,
        "grids": shown.grids,
    })))
}
