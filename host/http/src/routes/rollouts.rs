//! `/v1/mechanics/{name}/rollout` and `…/rollback`: which versions of a mechanic price what.

use app::changes::mechanics::{self, RolledOut};
use app::changes::to_the_end;
use app::mechanics::status::{self, EndedStatus, RolloutStatus};
use app::nodes::preparation::{Readiness, ReadinessState as Ready};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::{JsonBody, NoBody};
use crate::error::ApiError;

/// A roll-out after a change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RolloutChanged {
    mechanic: String,
    /// The revision of what is stored.
    revision: i64,
    /// Content hash of the plan by which most receipts are priced from now on.
    plan: String,
    #[serde(flatten)]
    rollout: RolloutStatus,
    /// The trials that the change has ended.
    ended: EndedStatus,
    /// How each node prepared before the change; a roll-back waits for none.
    nodes: Vec<NodeReady>,
}

#[derive(Debug, Serialize, ToSchema)]
struct NodeReady {
    node: String,
    address: String,
    /// `ready`, `failed`, or `silent`. What is not ready loads what it needs afterwards, and serves
    /// nothing until it has.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<Readiness> for NodeReady {
    fn from(Readiness { node, address, state }: Readiness) -> Self {
        let (state, detail) = match state {
            Ready::Ready => ("ready", None),
            Ready::Failed(trouble) => ("failed", Some(trouble)),
            Ready::Silent => ("silent", None),
        };
        Self { node, address, state, detail }
    }
}

async fn answer(app: &App, mechanic: String, changed: RolledOut) -> Result<Json<RolloutChanged>, ApiError> {
    Ok(Json(RolloutChanged {
        revision: changed.revision,
        plan: app.live.load().active.plan.plan.hash.clone(),
        rollout: status::of_rollout(app, &mechanic, &changed.rollout).await?,
        ended: EndedStatus::from(&changed.ended),
        nodes: changed.nodes.into_iter().map(NodeReady::from).collect(),
        mechanic,
    }))
}

/// Take a version of a mechanic up the ladder: shadow, canary, active.
///
/// `{"version":"1.1.0"}` prices all receipts with it, which ends a canary and a shadow, whatever their versions; with
/// `"canary_percent":"10"` those of 10 % of the members, with `"pos":["store-77"]` those of a store;
/// `{"shadow":"1.1.0"}` computes it beside the active version, which goes on paying, and `{"shadow":null}` ends that.
/// The answer says which trials have `ended`. `gates` say what takes it back by
/// itself: `min_receipts`, `fault_percent`, `fuel_percent`, and `money_per_receipt` with `from` and `to`.
#[utoipa::path(
    put, path = "/v1/mechanics/{name}/rollout", tag = "Mechanics",
    params(("name" = String, Path, description = "As offers call it")),
    request_body(content = Object, description = "`version` with `canary_percent` or `pos`, or `shadow`; `gates`"),
    responses(
        (status = 200, description = "Live from the next receipt on", body = RolloutChanged),
        (status = 404, description = "`unknown_mechanic`", body = wire::problem::ProblemDocument),
        (status = 409, description = "Not in this state: `nothing_active`, `already_active`, `too_many_canaries`", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused: there is no such version, or a running offer does not suit it", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_rollout(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<RolloutChanged>, ApiError> {
    let changed = to_the_end(mechanics::roll_out(app.clone(), name.clone(), body.value, actor)).await?;
    answer(&app, name, changed).await
}

/// Take the latest version of a mechanic back.
///
/// Ends a canary if there is one, or else makes the version active again that was before.
#[utoipa::path(
    post, path = "/v1/mechanics/{name}/rollback", tag = "Mechanics",
    params(("name" = String, Path, description = "As offers call it")),
    responses(
        (status = 200, description = "Taken back from the next receipt on", body = RolloutChanged),
        (status = 404, description = "`unknown_mechanic`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`nothing_before`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn roll_back(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<RolloutChanged>, ApiError> {
    let changed = to_the_end(mechanics::roll_back(app.clone(), name.clone(), actor)).await?;
    answer(&app, name, changed).await
}
