//! `/v1/surveys`: surveys. `/s/{token}`: their pages, for the members who were sent the address.

use app::changes::to_the_end;
use app::communications::surveys::{self, Answered, Page};
use app::error::Error;
use app::state::App;
use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use self::page::{Input, Shown};
use super::people::{self, Words};
use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

mod page;

/// What became of a survey that was put.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct SurveyPut {
    name: String,
    /// The latest version: a new one, or the one that has the same document.
    version: i64,
    /// SHA-256 of the document.
    digest: String,
}

/// Put a survey.
///
/// `{"language":"en","title":"…","intro":"…","thanks":"…","questions":[{"id":"nps","kind":"scale","from":0,"to":10,
/// "text":"…","required":true},{"id":"why","kind":"text","text":"…"},{"id":"where","kind":"choice","many":false,
/// "text":"…","options":[{"value":"shop","text":"…"},…]}]}`. Each text may be an object of texts by language. A template
/// asks for the page with `{{ survey("NAME") }}`. A version never changes.
#[utoipa::path(
    put, path = "/v1/surveys/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The survey's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "It is the latest version already", body = SurveyPut),
        (status = 201, description = "A new version", body = SurveyPut),
        (status = 409, description = "`too_many_surveys`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`survey_refused`: every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_survey(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<SurveyPut>), ApiError> {
    let actor = actor.sending(body.digest());
    let (row, is_new) = to_the_end(async move { surveys::put(&app, &name, &body, actor).await }).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(SurveyPut { name: row.name, version: row.version, digest: row.digest })))
}

/// Show a survey.
///
/// Its latest version as it was put. Answers are events of the kind `survey_answered`.
#[utoipa::path(
    get, path = "/v1/surveys/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The survey's name")),
    responses(
        (status = 200, description = "The survey", body = Object),
        (status = 404, description = "`unknown_survey`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_survey(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(surveys::show(&app, &name).await?))
}

/// Show the page of a survey.
///
/// For the member who was sent the address. Looking at it changes nothing.
#[utoipa::path(
    get, path = "/s/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The secret part of the address")),
    responses(
        (status = 200, description = "The page", content_type = "text/html"),
        (status = 404, description = "There is no survey at this address, or not any more", content_type = "text/html"),
    ),
)]
pub(in crate::routes) async fn survey_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    match surveys::page(&app, &token).await {
        Ok(page) => {
            let message = page.is_answered.then(|| thanks(&page));
            shown(StatusCode::OK, &page, message, &[], &surveys_nothing())
        }
        Err(error) => nothing_here(&headers, error),
    }
}

/// Answer a survey.
///
/// A form as the page sends it. The first answers to a message's survey count.
#[utoipa::path(
    post, path = "/s/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The secret part of the address")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Stored", content_type = "text/html"),
        (status = 404, description = "There is no survey at this address, or not any more", content_type = "text/html"),
        (status = 409, description = "It was answered before; the first answers count", content_type = "text/html"),
        (status = 422, description = "The page again, with what is wrong", content_type = "text/html"),
    ),
)]
pub(in crate::routes) async fn answer_survey(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let form = page::form(&body);
    let page = match surveys::page(&app, &token).await {
        Ok(page) => page,
        Err(error) => return nothing_here(&headers, error),
    };
    let nothing = surveys_nothing();
    match surveys::answer(&app, &token, &form).await? {
        Answered::Stored => shown(StatusCode::OK, &page, Some(thanks(&page)), &[], &nothing),
        Answered::Before => shown(StatusCode::CONFLICT, &page, Some(thanks(&page)), &[], &nothing),
        Answered::Wrong(wrong) => shown(StatusCode::UNPROCESSABLE_ENTITY, &page, None, &form, &wrong),
    }
}

type Wrong = std::collections::BTreeMap<String, &'static str>;

fn surveys_nothing() -> Wrong {
    Wrong::new()
}

fn thanks(page: &Page) -> String {
    let own = page.survey.text(&page.survey.thanks, &page.language);
    if own.is_empty() { Words::of(&page.language).thanks.to_owned() } else { own.to_owned() }
}

#[derive(Template)]
#[template(path = "survey.html")]
struct SurveyPage<'a> {
    language: &'a str,
    title: &'a str,
    intro: &'a str,
    /// What stands in place of the questions.
    message: Option<String>,
    has_wrong: bool,
    words: &'static Words,
    questions: Vec<Shown<'a>>,
}

fn shown(
    status: StatusCode,
    page: &Page,
    message: Option<String>,
    form: &[(String, String)],
    wrong: &Wrong,
) -> Result<Response, ApiError> {
    let Page { survey, language, .. } = page;
    let words = Words::of(language);
    let questions = survey.questions.iter();
    let template = SurveyPage {
        language,
        title: survey.text(&survey.title, language),
        intro: survey.text(&survey.intro, language),
        message,
        has_wrong: !wrong.is_empty(),
        questions: questions.map(|question| page::shown(survey, question, language, form, wrong)).collect(),
        words,
    };
    people::page(status, &template)
}

/// A page for people, where there is none of a survey.
fn nothing_here(headers: &HeaderMap, error: Error) -> Result<Response, ApiError> {
    let words = people::words(headers);
    match error {
        Error::Unknown { .. } => people::notice(StatusCode::NOT_FOUND, words, words.gone, words.no_survey),
        error => Err(error.into()),
    }
}
