use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Purchase, ReturnRecord};

use crate::changes::now;
use crate::error::ApiError;
use crate::purchases::state_at;
use crate::state::App;

/// A purchase as it was last calculated; request and result exactly as they were sent.
#[derive(Debug, Serialize)]
pub(super) struct StoredPurchase {
    purchase_id: String,
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
    fn new(purchase: Purchase, returns: Vec<ReturnRecord>) -> Result<Self, serde_json::Error> {
        let returns = returns.into_iter().map(|record| RawValue::from_string(record.answer));
        Ok(Self {
            purchase_id: purchase.id,
            state: state_at(purchase.state, purchase.expires_at, now()).name(),
            plan: purchase.plan,
            revision: purchase.revision,
            member_id: purchase.member_id,
            attribute_revisions: RawValue::from_string(purchase.attributes)?,
            request: RawValue::from_string(purchase.request)?,
            result: RawValue::from_string(purchase.answer)?,
            returns: returns.collect::<Result<_, _>>()?,
        })
    }
}

/// Look a purchase up.
#[utoipa::path(
    get, path = "/v1/purchases/{purchase_id}", tag = "Tills",
    params(("purchase_id" = String, Path, description = "The till's id of the purchase")),
    responses(
        (status = 200, description = "State, plan, request, result and returns", body = Object),
        (status = 404, description = "It was never calculated", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_purchase(
    State(app): State<App>,
    Path(purchase_id): Path<String>,
) -> Result<Json<StoredPurchase>, ApiError> {
    let purchase = app.store.purchase(&purchase_id).await?;
    let purchase = purchase.ok_or_else(|| ApiError::NotFound(format!("purchase `{purchase_id}`")))?;
    let returns = app.store.returns(&purchase_id).await?;
    StoredPurchase::new(purchase, returns).map(Json).map_err(|error| ApiError::internal(&error))
}
