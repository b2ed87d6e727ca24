//! `/openapi.json` and `/docs`: the API document, and a page that shows it. The page loads nothing from elsewhere, so
//! it also works on a till's network.

use std::sync::Arc;

use app::state::App;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use utoipa::Modify;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem};
use wire::problem::{Problem, ProblemDocument};

use crate::error::ApiError;

/// The parts of the document that do not come from routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "offer-host", description = "Prices receipts: mechanics propose, the host decides."),
    components(schemas(ProblemDocument, Problem)),
    modifiers(&BearerKeys),
)]
pub(super) struct Document;

struct BearerKeys;

impl Modify for BearerKeys {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// `/openapi.json` and `/docs`.
pub(super) fn router(document: OpenApi) -> Router<App> {
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/docs", get(docs))
        .with_state(Arc::new(document))
}

async fn openapi(State(document): State<Arc<OpenApi>>) -> Result<impl IntoResponse, ApiError> {
    let text = document.to_pretty_json().map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

async fn docs(State(document): State<Arc<OpenApi>>) -> Result<Html<String>, ApiError> {
    let page = Page { title: &document.info.title, version: &document.info.version, calls: calls(&document) };
    page.render().map(Html).map_err(|error| ApiError::internal(&error))
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page<'a> {
    title: &'a str,
    version: &'a str,
    calls: Vec<Call<'a>>,
}

struct Call<'a> {
    tag: &'a str,
    method: &'static str,
    path: &'a str,
    summary: &'a str,
    description: &'a str,
    answers: Vec<(&'a str, &'a str)>,
}

fn calls(document: &OpenApi) -> Vec<Call<'_>> {
    let mut calls: Vec<_> = document
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            operations(item).map(move |(method, operation)| call(path, method, operation))
        })
        .collect();
    calls.sort_by_key(|call| (call.tag, call.path, call.method));
    calls
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("DELETE", &item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn call<'a>(path: &'a str, method: &'static str, operation: &'a Operation) -> Call<'a> {
    let answers = operation.responses.responses.iter().map(|(status, answer)| {
        let text = match answer {
            utoipa::openapi::RefOr::T(answer) => answer.description.as_str(),
            utoipa::openapi::RefOr::Ref(_) => "",
        };
        (status.as_str(), text)
    });
    Call {
        tag: operation.tags.iter().flatten().next().map_or("", String::as_str),
        method,
        path,
        summary: operation.summary.as_deref().unwrap_or_default(),
        description: operation.description.as_deref().unwrap_or_default(),
        answers: answers.collect(),
    }
}
