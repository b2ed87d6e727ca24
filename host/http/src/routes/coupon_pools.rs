//! `/v1/coupon-pools`: pools of unique coupon codes. Their codes are in `coupons`.

use app::changes::coupon_pools::{self, PutPool};
use app::changes::to_the_end;
use app::coupons::codes::time;
use app::coupons::pools::{self, StateCounts};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use store::CouponPool;
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// A pool.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PoolShown {
    name: String,
    /// External id of the offer that its codes let in.
    offer: String,
    /// How many purchases may use one code.
    uses: i64,
    /// RFC 3339; null if its codes do not expire.
    expires_at: Option<String>,
    /// How many codes there are.
    codes: i64,
    /// How many of them are in each state.
    states: States,
    /// Warnings about the definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Problem>,
}

/// Numbers of codes by state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct States {
    created: i64,
    issued: i64,
    reserved: i64,
    used: i64,
    expired: i64,
}

async fn show(app: &App, pool: CouponPool, warnings: Vec<Problem>) -> Result<PoolShown, ApiError> {
    let StateCounts { created, issued, reserved, used, expired } = pools::count(app, &pool).await?;
    Ok(PoolShown {
        name: pool.name,
        offer: pool.offer,
        uses: pool.uses,
        expires_at: pool.expires_at.and_then(time),
        codes: [created, issued, reserved, used, expired].into_iter().sum(),
        states: States { created, issued, reserved, used, expired },
        warnings,
    })
}

/// Define a pool of unique coupon codes.
///
/// `{"offer":"spring-10","uses":1,"expires_at":"2027-01-01T00:00:00Z"}`. From then on the offer pays only on receipts
/// with one of the pool's codes, or with one of its public codes, if it has some; if it runs without a code until then,
/// the warning `code_needed_now` says so. `uses` is the number of purchases
/// that may use one code, 1 unless said otherwise. A date as `expires_at` means the end of that day in UTC. `uses` and
/// `expires_at` can be changed later; the offer cannot.
#[utoipa::path(
    put, path = "/v1/coupon-pools/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The pool's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined, and in effect", body = PoolShown),
        (status = 409, description = "`coupon_pool_of_another_offer`, `too_many_coupon_pools`", body = wire::problem::ProblemDocument),
        (status = 422, description = "Refused; every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_coupon_pool(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<PoolShown>, ApiError> {
    let actor = actor.sending(body.digest());
    let PutPool { pool, warnings } =
        to_the_end(coupon_pools::put(app.clone(), name, body.value, actor)).await?;
    show(&app, pool, warnings).await.map(Json)
}

/// Show a pool, with the numbers of its codes by state.
#[utoipa::path(
    get, path = "/v1/coupon-pools/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The pool's name")),
    responses(
        (status = 200, description = "The pool", body = PoolShown),
        (status = 404, description = "`unknown_coupon_pool`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_coupon_pool(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<PoolShown>, ApiError> {
    let pool = pools::find(&app, &name).await?;
    show(&app, pool, Vec::new()).await.map(Json)
}

/// A pool in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PoolListed {
    name: String,
    offer: String,
    uses: i64,
    expires_at: Option<String>,
}

/// All pools.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pools {
    coupon_pools: Vec<PoolListed>,
}

/// List the pools, without the numbers of their codes.
#[utoipa::path(
    get, path = "/v1/coupon-pools", tag = "Integration",
    responses((status = 200, description = "By name", body = Pools)),
    security(("key" = [])),
)]
pub(super) async fn list_coupon_pools(State(app): State<App>) -> Result<Json<Pools>, ApiError> {
    let listed = |pool: CouponPool| PoolListed {
        name: pool.name,
        offer: pool.offer,
        uses: pool.uses,
        expires_at: pool.expires_at.and_then(time),
    };
    let coupon_pools = pools::all(&app).await?.into_iter().map(listed).collect();
    Ok(Json(Pools { coupon_pools }))
}
