//! `/v1/receipts/offline`: late receipts, of tills that were cut off.

use app::purchases::offline::upload;
use app::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::access::Within;
use crate::body::RowsBody;
use crate::error::ApiError;

/// Take receipts of tills that were cut off.
///
/// A row a receipt: the body of `calculate` with its `purchase_id`. One that was calculated before the till was cut
/// off, with the same goods, amounts and member, is confirmed with that result; `calculation` and `payable` may name
/// it. Any other is priced as of its own time, earns points, gets no discount, and is confirmed. A row that was taken
/// before is answered with what it was answered then.
///
/// Rows are taken and answered one after the other. A row with `status` `retry` was not taken, since the host failed while
/// it answered: send it again. Problems are told for the first hundred in full, then the first of each row, with the number
/// of the others in `more_errors`. After a hundred rows without `purchase_id`, those that follow each other get one answer,
/// for the rows from `row` to `last_row`.
#[utoipa::path(
    post, path = "/v1/receipts/offline", tag = "Tills",
    request_body(content = String, content_type = "application/x-ndjson", description = "A receipt a row"),
    responses(
        (status = 200, description = "An answer a row: `accepted`, `duplicate`, `refused` or `retry`", body = String, content_type = "application/x-ndjson"),
        (status = 400, description = "A row is not JSON; nothing was taken", body = wire::problem::ProblemDocument),
        (status = 503, description = "Busy; send all rows again", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn offline_receipts(
    State(app): State<App>,
    Within(access): Within,
    RowsBody(body): RowsBody,
) -> Result<impl IntoResponse, ApiError> {
    let answers = upload::answers(app, access, body).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(answers)))
}
