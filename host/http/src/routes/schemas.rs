//! `/v1/schemas`: JSON Schemas of the documents that people write by hand.
//!
//! They are read by whoever may read `/openapi.json` and `/docs`, which link them, on the same address. They are texts
//! of this release and hold nothing of a retailer, so that no key is needed unless `server.docs` asks for one. Those of
//! mechanics are not here: each version brings its own, which `GET /v1/mechanics` answers to those who may see it.
//!
//! The schema itself is beside the reader of the document, in the crate `wire`, where a test compares their keys.

use axum::http::header;
use axum::response::IntoResponse;
use wire::offer;

/// Show the JSON Schema of the offer document.
///
/// Of what `PUT /v1/offers/{external_id}`, imports, templates, back-tests and plan files take. The parameters of a
/// mechanic have schemas of their own, in `GET /v1/mechanics`.
#[utoipa::path(
    get,
    path = "/v1/schemas/offer",
    tag = "Integration",
    responses((
        status = 200,
        description = "JSON Schema 2020-12",
        body = Object,
        content_type = "application/schema+json"
    )),
)]
pub(super) async fn offer_schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], offer::SCHEMA)
}
