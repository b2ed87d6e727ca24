//! `/v1/offers`: offers, their versions and states.

use app::changes::offers::{self, ChangedOffer, ListedOffer};
use app::changes::to_the_end;
use app::communications::promises;
use app::communications::promises::decision::{self, Decision};
use app::coupons::pools;
use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{OfferRecord, OfferState};
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::{JsonBody, NoBody};
use crate::error::ApiError;
use crate::query::Query;

/// All offers.
#[derive(Debug, Serialize)]
pub(super) struct Offers {
    offers: Vec<StoredOffer>,
}

#[derive(Debug, Serialize)]
struct StoredOffer {
    external_id: String,
    version: u32,
    state: &'static str,
    running_version: Option<u32>,
    offer: Box<RawValue>,
}

impl TryFrom<ListedOffer> for StoredOffer {
    type Error = serde_json::Error;

    fn try_from(ListedOffer { latest, running_version }: ListedOffer) -> Result<Self, serde_json::Error> {
        Ok(Self {
            external_id: latest.external_id,
            version: latest.version,
            state: latest.state.name(),
            running_version,
            offer: RawValue::from_string(latest.body)?,
        })
    }
}

/// List the offers at their latest versions.
///
/// `state` is that of the latest version; `running_version` is the one that is live, or null.
#[utoipa::path(
    get, path = "/v1/offers", tag = "Integration",
    responses((status = 200, description = "By external id", body = Object)),
    security(("key" = [])),
)]
pub(super) async fn list_offers(State(app): State<App>) -> Result<Json<Offers>, ApiError> {
    let offers = offers::list(&app).await?.into_iter().map(StoredOffer::try_from);
    let offers = offers.collect::<Result<_, _>>().map_err(|error| ApiError::internal(&error))?;
    Ok(Json(Offers { offers }))
}

/// An offer with its versions.
#[derive(Debug, Serialize)]
pub(super) struct OfferWithVersions {
    external_id: String,
    version: u32,
    state: &'static str,
    running_version: Option<u32>,
    coupon_pools: Vec<String>,
    offer: Box<RawValue>,
    versions: Vec<Version>,
}

#[derive(Debug, Serialize)]
struct Version {
    version: u32,
    state: &'static str,
    offer: Box<RawValue>,
}

impl OfferWithVersions {
    fn new(versions: Vec<OfferRecord>, coupon_pools: Vec<String>) -> Result<Option<Self>, serde_json::Error> {
        let Some(latest) = versions.last().cloned() else { return Ok(None) };
        let running = versions.iter().find(|offer| offer.state == OfferState::Running);
        Ok(Some(Self {
            external_id: latest.external_id,
            version: latest.version,
            state: latest.state.name(),
            running_version: running.map(|offer| offer.version),
            coupon_pools,
            offer: RawValue::from_string(latest.body)?,
            versions: versions.into_iter().map(Version::try_from).collect::<Result<_, _>>()?,
        }))
    }
}

impl TryFrom<OfferRecord> for Version {
    type Error = serde_json::Error;

    fn try_from(record: OfferRecord) -> Result<Self, serde_json::Error> {
        Ok(Self {
            version: record.version,
            state: record.state.name(),
            offer: RawValue::from_string(record.body)?,
        })
    }
}

/// Show an offer with all its versions.
///
/// `state` is that of the latest version; `running_version` is the one that is live, or null. `coupon_pools` are the
/// pools of codes that the offer asks for.
#[utoipa::path(
    get, path = "/v1/offers/{external_id}", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    responses(
        (status = 200, description = "The latest version, and all of them, oldest first", body = Object),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
) -> Result<Json<OfferWithVersions>, ApiError> {
    let versions = offers::versions(&app, &external_id).await?;
    let pools = pools::all(&app).await?.into_iter().filter(|pool| pool.offer == external_id);
    let pools = pools.map(|pool| pool.name).collect();
    let offer = OfferWithVersions::new(versions, pools).map_err(|error| ApiError::internal(&error))?;
    Ok(Json(offer.ok_or_else(|| Error::NotFound(format!("offer `{external_id}`")))?))
}

/// Reads the offer `imports`, whose address is that of imports as well.
pub(super) async fn get_offer_named_imports(state: State<App>) -> Result<Json<OfferWithVersions>, ApiError> {
    get_offer(state, Path(IMPORTS.to_owned())).await
}

/// The name that imports have in addresses.
pub(super) const IMPORTS: &str = "imports";

/// Edits the offer `public`, whose address is that of the offers for everybody as well: a new one is refused.
pub(super) async fn put_offer_named_public(
    state: State<App>,
    actor: Actor,
    body: JsonBody,
) -> Result<(StatusCode, Json<OfferChanged>), ApiError> {
    put_offer(state, Path(offers::PUBLIC.to_owned()), actor, body).await
}

/// An offer after a change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfferChanged {
    external_id: String,
    /// Every edit makes the next one.
    version: u32,
    /// Of this version: `draft`, `approved`, `running`, `stopped` or `archived`.
    state: &'static str,
    /// The version that is live.
    running_version: Option<u32>,
    /// The revision of what is stored.
    revision: i64,
    /// Oddities that do not prevent the change.
    warnings: Vec<Problem>,
    /// How many messages have promised the offer to members until a time that is still to come, where the change may break
    /// that; left out if there are none. `GET /v1/offers/{external_id}/promises` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_promises: Option<i64>,
}

impl From<ChangedOffer> for OfferChanged {
    fn from(changed: ChangedOffer) -> Self {
        Self {
            external_id: changed.offer.external_id,
            version: changed.offer.version,
            state: changed.offer.state.name(),
            running_version: changed.running_version,
            revision: changed.revision,
            warnings: changed.warnings,
            open_promises: None,
        }
    }
}

/// The answer to a change of what is live, with the promises that it may break.
async fn changed_live(app: &App, changed: ChangedOffer) -> OfferChanged {
    let open_promises = promises::count(app, &changed.offer.external_id).await;
    OfferChanged { open_promises, ..changed.into() }
}

/// Create or edit an offer.
///
/// An edit makes a new version, a draft until `run`; the version that is live goes on meanwhile. The
/// same body again changes nothing.
#[utoipa::path(
    put, path = "/v1/offers/{external_id}", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    request_body(content = Object, description = "`title`, `mechanic`, `params` or `attribute`, `stacking`, `filters`, `on_fault` (`skip`, `previous_version` or `fail`), …"),
    responses(
        (status = 200, description = "Edited, or the same as before", body = OfferChanged),
        (status = 201, description = "Created, as a draft", body = OfferChanged),
        (status = 409, description = "The offer is archived", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused; every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<OfferChanged>), ApiError> {
    let actor = actor.sending(body.digest());
    let changed = to_the_end(offers::put(app, external_id, body.value, actor)).await?;
    let status = if changed.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(changed.into())))
}

/// Edits the offer `imports`, whose address is that of imports as well.
pub(super) async fn put_offer_named_imports(
    state: State<App>,
    actor: Actor,
    body: JsonBody,
) -> Result<(StatusCode, Json<OfferChanged>), ApiError> {
    put_offer(state, Path(IMPORTS.to_owned()), actor, body).await
}

/// The version to change.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// The latest, if left out.
    version: Option<u32>,
}

/// The choice for open promises.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PromisesChoice {
    Keep,
    Tell,
    Break,
}

/// The version to run, and what becomes of what messages have promised.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunQuery {
    /// The latest, if left out.
    version: Option<u32>,
    /// Must be said if another version runs whose promises are open: `tell`, or `break`.
    #[param(inline)]
    promises: Option<PromisesChoice>,
    /// With `tell`: the mailing to start, a draft with the audience `{"promised":"OFFER"}`.
    mailing: Option<String>,
}

/// The choice for what messages have promised.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StopQuery {
    /// Must be said if promises are open: `keep` (the offer goes on for those whom it was promised to), `tell` (a mailing to
    /// them is started), or `break`.
    #[param(inline)]
    promises: Option<PromisesChoice>,
    /// With `tell`: the mailing to start, a draft with the audience `{"promised":"OFFER"}`.
    mailing: Option<String>,
}

/// Reads what was decided.
fn decided(promises: Option<PromisesChoice>, mailing: Option<String>) -> Result<Option<Decision>, ApiError> {
    Ok(match (promises, mailing) {
        (None, None) => None,
        (Some(PromisesChoice::Keep), None) => Some(Decision::Keep),
        (Some(PromisesChoice::Break), None) => Some(Decision::Break),
        (Some(PromisesChoice::Tell), Some(mailing)) => Some(Decision::Tell(mailing)),
        (Some(PromisesChoice::Tell), None) | (_, Some(_)) => {
            let detail =
                "`promises=tell` and `mailing` go together: name the mailing that tells members".to_owned();
            return Err(Error::State { code: "mailing_not_named", detail }.into());
        }
    })
}

/// Approve a version.
///
/// With `offers.require_approval` only approved versions can run.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/approve", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer"), VersionQuery),
    responses(
        (status = 200, description = "Approved, or further already", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is archived", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn approve_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Query(query): Query<VersionQuery>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<OfferChanged>, ApiError> {
    Ok(Json(to_the_end(offers::approve(app, external_id, query.version, actor)).await?.into()))
}

/// Take an offer live.
///
/// It prices from the next receipt on, in place of the version that did before. An earlier version is a
/// roll-back. If messages have promised the version that runs, `promises` says what becomes of that.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/run", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer"), RunQuery),
    responses(
        (status = 200, description = "Live", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is archived, or must be approved first; or promises are open (`open_promises`)", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn run_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Query(RunQuery { version, promises, mailing }): Query<RunQuery>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<OfferChanged>, ApiError> {
    let choice = decided(promises, mailing)?;
    let changed = to_the_end(decision::run(app.clone(), external_id, version, choice, actor)).await?;
    Ok(Json(changed_live(&app, changed).await))
}

/// Take an offer off.
///
/// Receipts that are being priced finish with it. If messages have promised it, `promises` says what becomes of that.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/stop", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer"), StopQuery),
    responses(
        (status = 200, description = "Not live any more; with `keep` only for those whom it was promised to", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
        (status = 409, description = "Promises are open (`open_promises`)", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn stop_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Query(StopQuery { promises, mailing }): Query<StopQuery>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<OfferChanged>, ApiError> {
    let choice = decided(promises, mailing)?;
    let changed = to_the_end(decision::stop(app.clone(), external_id, choice, actor)).await?;
    Ok(Json(changed_live(&app, changed).await))
}

/// Put an offer away for good.
///
/// It can neither be edited nor run any more.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/archive", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    responses(
        (status = 200, description = "Archived", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is running", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn archive_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<OfferChanged>, ApiError> {
    Ok(Json(to_the_end(offers::archive(app, external_id, actor)).await?.into()))
}
