//! `/v1/chains`: what is done for members step by step.

use app::changes::to_the_end;
use app::communications::chains::{definitions, publishing, reports};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::body::{JsonBody, OptionsBody};
use crate::error::ApiError;
use crate::query::Query;

/// Put the latest version of a chain, as a draft.
///
/// `{"triggers":[{"event":"cart_abandoned"}],"reentry":"after_exit","start":"pause","nodes":{"pause":{"type":"wait",
/// "for":"1h","next":"remind"},"remind":{"type":"message","template":"cart","channel":"email","next":"end"},
/// "end":{"type":"exit"}}}`. A version never changes: another document is another version, the same one is the same. The
/// answer lists what must be mended before it can be published.
#[utoipa::path(
    put, path = "/v1/chains/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "The latest version, with its problems", body = Object),
        (status = 409, description = "`too_many_chains`, `too_many_chain_versions`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`chain_refused`: every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_chain(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let actor = actor.sending(body.digest());
    let put = async move { definitions::put(&app, &name, &body.value, actor).await };
    Ok(Json(to_the_end(put).await?.json()))
}

/// Show a chain.
#[utoipa::path(
    get, path = "/v1/chains/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    responses(
        (status = 200, description = "The latest version, with its problems", body = Object),
        (status = 404, description = "`unknown_chain`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_chain(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(definitions::get(&app, &name).await?.json()))
}

/// List the chains.
#[utoipa::path(
    get, path = "/v1/chains", tag = "Communications",
    responses((status = 200, description = "By name", body = Object)),
    security(("key" = [])),
)]
pub(in crate::routes) async fn list_chains(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let listed = definitions::list(&app).await?;
    let chain = |row: &store::ChainRow| {
        json!({
            "name": row.name,
            "state": row.state,
            "version": row.version,
            "published_version": row.published,
        })
    };
    Ok(Json(json!({ "chains": listed.iter().map(chain).collect::<Vec<Value>>() })))
}

/// Publish a version of a chain.
///
/// `{}` publishes the latest, `"version"` another one. Members enter it from then on. If members wait in older versions,
/// `"waiting"` says what becomes of them: `finish` where they are, `move` to the node of the same name, or `leave`; those
/// whose node is gone then do what `"gone"` says, `finish` or `leave`. `"dry_run": true` only shows who waits where.
#[utoipa::path(
    post, path = "/v1/chains/{name}/publish", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Who waits where, and what becomes of them", body = Object),
        (status = 404, description = "`unknown_chain`, `unknown_chain_version`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`members_waiting`: say what becomes of them; `chain_changed`: try again", body = wire::problem::ProblemDocument),
        (status = 422, description = "`chain_refused`: every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn publish_chain(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    OptionsBody(body): OptionsBody,
) -> Result<Json<Value>, ApiError> {
    let publish = async move { publishing::publish(&app, &name, &body.value, actor).await };
    to_the_end(publish).await.map(Json).map_err(ApiError::from)
}

/// Stop a chain.
///
/// Nobody enters any more. Members who wait leave, and what was planned is not sent; with `{"waiting":"finish"}` they go on
/// to the end.
#[utoipa::path(
    post, path = "/v1/chains/{name}/stop", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "How many members left", body = Object),
        (status = 404, description = "`unknown_chain`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn stop_chain(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    OptionsBody(body): OptionsBody,
) -> Result<Json<Value>, ApiError> {
    let stop = async move { publishing::stop(&app, &name, &body.value, actor).await };
    to_the_end(stop).await.map(Json).map_err(ApiError::from)
}

/// Show the numbers of a chain.
///
/// Members who entered, by node, who wait, who left and why, goals, what came too late; messages and effects by state and
/// reason. Ghosts are the members of the control group, of whom everything is only recorded.
#[utoipa::path(
    get, path = "/v1/chains/{name}/statistics", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    responses(
        (status = 200, description = "The numbers", body = Object),
        (status = 404, description = "`unknown_chain`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn chain_statistics(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(reports::statistics(&app, &name).await?))
}

/// Which runs.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct RunsQuery {
    /// Only those of this member.
    member: Option<String>,
    /// Only those before this run: the `next` of the page before.
    before: Option<i64>,
}

/// List the runs of a chain, the latest first.
#[utoipa::path(
    get, path = "/v1/chains/{name}/runs", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name"), RunsQuery),
    responses(
        (status = 200, description = "A page of runs, and where the next one begins", body = Object),
        (status = 404, description = "`unknown_chain`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn chain_runs(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<RunsQuery>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(reports::runs(&app, &name, query.member.as_deref(), query.before).await?))
}
