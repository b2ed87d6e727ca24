//! `/v1/offers/imports`: offers in rows, whole or from templates.

use app::changes::offers::import::{OfferImportOptions, read};
use app::changes::to_the_end;
use app::communications::promises::imports::{OfRows, import};
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::OfferRecord;
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::RowsBody;
use crate::choice::choice;
use crate::error::ApiError;
use crate::query::Query;

/// How good and bad rows are taken.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OffersQuery {
    /// `true`: the offers go live at once; by default new versions are drafts.
    run: Option<bool>,
    /// `refuse` (default) takes nothing if any row is bad, `skip` takes the good rows.
    on_error: Option<String>,
    /// With `run`, must be said if other versions run whose promises are open: `break`. Promises cannot be kept by another
    /// version (`keep` is refused row by row), and a mailing about an offer is started by running it alone.
    promises: Option<String>,
}

impl OffersQuery {
    fn wishes(&self) -> Result<OfferImportOptions, ApiError> {
        let skip_bad_rows =
            choice("on_error", self.on_error.as_deref(), &[("refuse", false), ("skip", true)])?;
        Ok(OfferImportOptions { run: self.run.unwrap_or(false), skip_bad_rows })
    }

    fn promises(&self) -> Result<Option<OfRows>, ApiError> {
        match self.promises.as_deref() {
            None => Ok(None),
            Some("keep") => Ok(Some(OfRows::Keep)),
            Some("break") => Ok(Some(OfRows::Break)),
            Some("tell") => Err(ApiError::MalformedQuery(
                "`promises=tell` is about one offer: run it with POST /v1/offers/{external_id}/run, which names the mailing"
                    .to_owned(),
            )),
            Some(other) => {
                Err(ApiError::MalformedQuery(format!("`promises` must be `keep` or `break`, got `{other}`")))
            }
        }
    }
}

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OffersImported {
    /// The revision that it made.
    revision: i64,
    counts: Counts,
    offers: Vec<ImportedOffer>,
    /// The problems of the rows that were left out.
    errors: Vec<Problem>,
    /// Oddities that do not prevent the import.
    warnings: Vec<Problem>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    rows: usize,
    taken: usize,
    /// Number of taken rows that made a new version.
    new_versions: usize,
    refused: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct ImportedOffer {
    /// Number of the row, from 0.
    row: usize,
    external_id: String,
    version: u32,
    state: &'static str,
}

impl From<(usize, OfferRecord)> for ImportedOffer {
    fn from((row, offer): (usize, OfferRecord)) -> Self {
        Self { row, external_id: offer.external_id, version: offer.version, state: offer.state.name() }
    }
}

/// Import offers.
///
/// NDJSON, a row an offer: `{"template":"birthday","external_id":"bd-1","values":{"percent":"30"}}`, or
/// a whole offer with its `external_id`. Validated together, and taken in one change.
#[utoipa::path(
    post, path = "/v1/offers/imports", tag = "Integration",
    params(OffersQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "What was taken, and what was not", body = OffersImported),
        (status = 422, description = "Nothing was taken; every problem with its row", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_offers(
    State(app): State<App>,
    Query(query): Query<OffersQuery>,
    Actor(actor): Actor,
    RowsBody(body): RowsBody,
) -> Result<Json<OffersImported>, ApiError> {
    let (wishes, promises) = (query.wishes()?, query.promises()?);
    let sent = read(&app, body).await?;
    let rows = sent.count;
    let imported = to_the_end(import(app, wishes, sent, promises, actor)).await?;
    let taken = imported.offers.len();
    let refused = rows.saturating_sub(taken);
    Ok(Json(OffersImported {
        revision: imported.revision,
        counts: Counts { rows, taken, new_versions: imported.new_versions, refused },
        offers: imported.offers.into_iter().map(ImportedOffer::from).collect(),
        errors: imported.errors.listed(),
        warnings: imported.warnings,
    }))
}
