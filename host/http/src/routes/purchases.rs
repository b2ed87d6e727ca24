//! `/v1/purchases/{purchase_id}`: a purchase from its calculation to its replay. Returns are in `returns`.

use app::error::Error;
use app::nodes;
use app::purchases::calculation::{self, Call};
use app::purchases::transitions::{self, Confirm};
use app::purchases::{self, replay, shown_answer, shown_return, state_at};
use app::replay::Replayed;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Purchase, ReturnRecord, scope_of, till_id};
use wire::json::Document;

use crate::access::Within;
use crate::body::{JsonBody, TextBody};
use crate::error::ApiError;
use crate::idempotency::Key;

/// Price a receipt.
///
/// Repeatable: each answer replaces the one before, and has an id, `calculation`. Nothing is committed; points to pay
/// with and the uses of limited offers are reserved until the calculation is confirmed, cancelled or expires. A till
/// that raises `sequence` with every change of the receipt never has a newer one replaced by an older one.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/calculate", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = Option<String>, Header, description = "May be left out: calculating repeats"),
    ),
    request_body(content = Object, description = "`at`, `pos`, `member`, `lines`, `coupons`, `pay_points`, `sequence`, `locale` (of messages), `explain`"),
    responses(
        (status = 200, description = "The priced receipt", body = Object),
        (status = 403, description = "`pos_not_allowed`: the key is not for this `pos`", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is confirmed or cancelled, `calculation_outdated`: one with a higher `sequence` stands, or the key belongs to another call", body = wire::problem::ProblemDocument),
        (status = 422, description = "The receipt is malformed, or `till_clock`: its time is too far from the host's", body = wire::problem::ProblemDocument),
        (status = 503, description = "Busy; try again", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn calculate(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
    key: Key,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.optional(&body.text);
    let live = nodes::serving(&app).await?;
    let stored_id = access.of_receipt(&app.store, &purchase_id, &body.value).await?;
    let call = Call { purchase_id, stored_id, body, key, offline: false, warnings: Vec::new() };
    let answer = calculation::calculate(&app, live, &call).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// Commit the stored calculation.
///
/// Nothing is worked out again: points move and limits count as the answer to `calculate` says. After the time-out
/// they are taken again, beyond what is left if need be, with warning `late_confirm`. The body may be left out; it names
/// what the customer saw, so that nothing else is committed.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/confirm", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    request_body(content = Option<Object>, description = "`calculation`, the id, and `payable`, the sum, as they were answered; each may be left out"),
    responses(
        (status = 200, description = "The stored answer, confirmed", body = Object),
        (status = 400, description = "There is no `Idempotency-Key`", body = wire::problem::ProblemDocument),
        (status = 404, description = "It was never calculated", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is cancelled; `calculation_replaced`: another calculation is live; `member_blocked`: calculate again; or the key belongs to another call", body = wire::problem::ProblemDocument),
        (status = 422, description = "The body is malformed", body = wire::problem::ProblemDocument),
        (status = 503, description = "Busy; try again", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn confirm_purchase(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
    key: Key,
    TextBody(text): TextBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&text)?;
    let body = if text.trim().is_empty() {
        None
    } else {
        let memory_bytes = app.config.limits.document_memory_bytes;
        Some(Document::parse(text, memory_bytes).map_err(Error::of_json)?.value)
    };
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let said = Confirm { body, paid: false };
    let answer = transitions::confirm(&app, &stored_id, &said, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// Drop the stored calculation.
///
/// The points and limits that it reserved are released.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/cancel", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    responses(
        (status = 200, description = "The stored answer, cancelled", body = Object),
        (status = 400, description = "There is no `Idempotency-Key`", body = wire::problem::ProblemDocument),
        (status = 404, description = "It was never calculated", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is confirmed, or the key belongs to another call", body = wire::problem::ProblemDocument),
        (status = 503, description = "Busy; try again", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn cancel_purchase(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
    key: Key,
    TextBody(body): TextBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&body)?;
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let answer = transitions::cancel(&app, &stored_id, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// A purchase as it was last calculated; request and result exactly as they were sent.
#[derive(Debug, Serialize)]
pub(super) struct StoredPurchase {
    purchase_id: String,
    /// The place within which the id is unique; absent if it is in the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    state: &'static str,
    plan: String,
    revision: i64,
    member_id: Option<String>,
    attribute_revisions: Box<RawValue>,
    request: Box<RawValue>,
    result: Box<RawValue>,
    returns: Vec<Box<RawValue>>,
}

impl StoredPurchase {
    fn new(purchase: Purchase, returns: &[ReturnRecord], now: i64) -> Result<Self, Error> {
        let damaged = |error: serde_json::Error| Error::internal(&error);
        let result = shown_answer(&purchase)?;
        let returns = returns.iter().map(|record| RawValue::from_string(shown_return(record, now)));
        Ok(Self {
            purchase_id: till_id(&purchase.id).to_owned(),
            scope: scope_of(&purchase.id).map(str::to_owned),
            state: state_at(purchase.state, purchase.expires_at, now).name(),
            plan: purchase.plan,
            revision: purchase.revision,
            member_id: purchase.member_id,
            attribute_revisions: RawValue::from_string(purchase.attributes).map_err(damaged)?,
            request: RawValue::from_string(purchase.request).map_err(damaged)?,
            result: RawValue::from_string(result).map_err(damaged)?,
            returns: returns.collect::<Result<_, _>>().map_err(damaged)?,
        })
    }
}

/// Look a purchase up.
#[utoipa::path(
    get, path = "/v1/purchases/{purchase_id}", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("pos" = Option<String>, Query, description = "The store or till, if several have a purchase of this id"),
    ),
    responses(
        (status = 200, description = "State, plan, request, result and returns", body = Object),
        (status = 404, description = "It was never calculated, or in a store that the key is not for", body = wire::problem::ProblemDocument),
        (status = 409, description = "`purchase_ambiguous`: several stores have one of this id; name one with `pos`", body = wire::problem::ProblemDocument),
        (status = 410, description = "`purchase_removed`: it is older than receipts and amounts are kept", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_purchase(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
) -> Result<Json<StoredPurchase>, ApiError> {
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let purchase = app.store.purchase(&stored_id).await?;
    let purchase = purchase.ok_or_else(|| Error::NotFound(format!("purchase `{purchase_id}`")))?;
    let purchase = purchases::kept(purchase)?;
    let returns = app.store.returns(&stored_id).await?;
    let now = app.store.now().await?;
    Ok(Json(StoredPurchase::new(purchase, &returns, now)?))
}

/// Work a purchase out again.
///
/// With the plan, the components and the inputs of then. Says whether every byte of the answer is the same,
/// and if not, where it differs. Changes nothing.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/replay", tag = "Integration",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("pos" = Option<String>, Query, description = "The store or till, if several have a purchase of this id"),
    ),
    responses(
        (
            status = 200,
            description = "`identical`, `plan`, `revision`, `mechanics` that were asked and `differences`; \
                           a `note` if they may come from the machine of then",
            body = Object,
        ),
        (status = 404, description = "It was never calculated", body = wire::problem::ProblemDocument),
        (
            status = 409,
            description = "`not_recorded`: it is from before inputs were recorded; `not_reproducible`: \
                           something that it was calculated with is gone",
            body = wire::problem::ProblemDocument,
        ),
    ),
    security(("key" = [])),
)]
pub(super) async fn replay_purchase(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
) -> Result<Json<Replayed>, ApiError> {
    let stored_id = access.find(&app.store, &purchase_id).await?;
    Ok(Json(replay::replay(&app, &stored_id).await?))
}
