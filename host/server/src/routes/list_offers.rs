use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::changes::offers::{self, ListedOffer};
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
/// `running_version` is the one that is live, or null.
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
