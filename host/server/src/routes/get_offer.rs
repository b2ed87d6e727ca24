use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{OfferRecord, OfferState};

use crate::changes::offers;
use crate::error::ApiError;
use crate::state::App;

/// An offer with its versions.
#[derive(Debug, Serialize)]
pub(super) struct OfferWithVersions {
    external_id: String,
    version: u32,
    state: &'static str,
    running_version: Option<u32>,
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
    fn new(versions: Vec<OfferRecord>) -> Result<Option<Self>, serde_json::Error> {
        let Some(latest) = versions.last().cloned() else { return Ok(None) };
        let running = versions.iter().find(|offer| offer.state == OfferState::Running);
        Ok(Some(Self {
            external_id: latest.external_id,
            version: latest.version,
            state: latest.state.name(),
            running_version: running.map(|offer| offer.version),
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
#[utoipa::path(
    get, path = "/v1/offers/{external_id}", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    responses(
        (status = 200, description = "The latest version, and all of them, oldest first", body = Object),
        (status = 404, description = "There is no such offer", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
) -> Result<Json<OfferWithVersions>, ApiError> {
    let versions = offers::versions(&app, &external_id).await?;
    let offer = OfferWithVersions::new(versions).map_err(|error| ApiError::internal(&error))?;
    offer.map(Json).ok_or_else(|| ApiError::NotFound(format!("offer `{external_id}`")))
}
