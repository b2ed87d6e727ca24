use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use store::OfferRecord;

use crate::error::ApiError;
use crate::state::App;

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
    offer: Box<RawValue>,
}

impl TryFrom<OfferRecord> for StoredOffer {
    type Error = serde_json::Error;

    fn try_from(record: OfferRecord) -> Result<Self, serde_json::Error> {
        Ok(Self {
            external_id: record.external_id,
            version: record.version,
            state: record.state.name(),
            offer: RawValue::from_string(record.body)?,
        })
    }
}

/// List the offers at their latest versions.
#[utoipa::path(
    get, path = "/v1/offers", tag = "Integration",
    responses((status = 200, description = "By external id", body = Object)),
    security(("key" = [])),
)]
pub(super) async fn list_offers(State(app): State<App>) -> Result<Json<Offers>, ApiError> {
    let offers = app.store.offers().await?.into_iter().map(StoredOffer::try_from);
    let offers = offers.collect::<Result<_, _>>().map_err(|error| ApiError::internal(&error))?;
    Ok(Json(Offers { offers }))
}
