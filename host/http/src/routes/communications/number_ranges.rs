//! `/v1/number-ranges/imports`: which operator and zone phone numbers belong to.

use app::changes::to_the_end;
use app::communications::range_imports;
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::{UploadBody, stream};
use crate::error::ApiError;

/// The table that is in use now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct RangesImported {
    /// How many ranges it has.
    ranges: usize,
}

/// Import the table of ranges of phone numbers.
///
/// CSV with the header `first,last,operator,region,zone` (or with semicolons), or NDJSON with these keys, as a national
/// numbering plan has them: `79510000000,79510299999,East Telecom,Primorsky Krai,Asia/Vladivostok`. Numbers have the code of
/// their country; operator, region and zone may be empty. The table replaces the one before as a whole. It tells the zone
/// and the operator of members who have not said them: a guess, since people keep their numbers when they move.
#[utoipa::path(
    post, path = "/v1/number-ranges/imports", tag = "Communications",
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "The table is in use", body = RangesImported),
        (status = 422, description = "`number_ranges_refused`: the table before stays; the problems with their rows, such as `wrong_number_range`, `number_ranges_overlap`, `missing_column`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn import_number_ranges(
    State(app): State<App>,
    Actor(actor): Actor,
    UploadBody { is_csv, body }: UploadBody,
) -> Result<Json<RangesImported>, ApiError> {
    let ranges = to_the_end(range_imports::import(app, stream(body), is_csv, actor)).await?;
    Ok(Json(RangesImported { ranges }))
}
