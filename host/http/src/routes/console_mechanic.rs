//! `/admin/mechanics/{name}`: a page with the versions of a mechanic, and its parameters as a form that composes an
//! offer. The form sends nothing: the composed offer is to be copied.

use app::changes::mechanics;
use app::error::Error;
use app::keys::Caller;
use app::mechanics::form::{self, Row};
use app::mechanics::rollout::Rollout;
use app::mechanics::status::{self, VersionWords};
use app::mechanics::versions;
use app::state::App;
use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::MechanicVersion;

use crate::error::ApiError;
use crate::query::Query;

const SCRIPT: &str = include_str!("../../templates/mechanic.js");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    version: Option<String>,
}

#[derive(Template)]
#[template(path = "mechanic.html")]
struct Page {
    name: String,
    version: String,
    heading: String,
    description: String,
    versions: Vec<Shown>,
    rows: Vec<Row>,
}

/// The part of a stored description that the form is made of.
#[derive(Deserialize)]
struct Described<'a> {
    #[serde(borrow)]
    params_schema: &'a RawValue,
}

struct Shown {
    version: String,
    /// The version, escaped for the query of an address.
    link: String,
    digest: String,
    short: String,
    state: &'static str,
    /// Faults and the roll-back, each in words.
    troubles: Vec<String>,
    /// Warnings of its admission.
    warnings: Vec<String>,
    class: String,
    origin: String,
    signed: String,
    created: String,
    is_chosen: bool,
}

pub(super) async fn mechanic(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(chosen): Query<Chosen>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiError> {
    let mut versions = mechanics::visible(&app, &name, &caller).await?;
    versions.sort_by(|one, other| (one.created_at, &one.version).cmp(&(other.created_at, &other.version)));
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let rollout = rollouts.get(&name);
    let shown = find(&versions, chosen.version.as_deref(), rollout)
        .ok_or_else(|| Error::NotFound("such version of the mechanic".to_owned()))?;
    let described: Described<'_> = serde_json::from_str(&shown.description)
        .map_err(|_| ApiError::damaged("description of a mechanic"))?;
    let schema = form::schema(described.params_schema.get());
    let (heading, description) = form::heading(&schema);
    let words = status::of(&app, name.clone(), versions.clone(), rollout).await?.version_words();
    let page = Page {
        version: shown.version.clone(),
        heading: if heading.is_empty() { name.clone() } else { heading },
        description,
        rows: form::rows(&schema),
        versions: versions.iter().rev().map(|known| show(known, shown, &words)).collect(),
        name,
    };
    page.render().map(Html).map_err(|error| ApiError::internal(&error))
}

/// The script of the form.
pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}

/// The version that the query names, else the active one, else the latest.
fn find<'a>(
    versions: &'a [MechanicVersion],
    asked: Option<&str>,
    rollout: Option<&Rollout>,
) -> Option<&'a MechanicVersion> {
    if let Some(asked) = asked {
        return versions.iter().rev().find(|known| known.version == asked);
    }
    let active = rollout.map(|rollout| rollout.active.digest.as_str());
    versions.iter().find(|known| Some(known.digest.as_str()) == active).or_else(|| versions.last())
}

fn show(known: &MechanicVersion, chosen: &MechanicVersion, words: &[VersionWords]) -> Shown {
    let words = words.iter().find(|words| words.digest == known.digest);
    Shown {
        version: known.version.clone(),
        link: known.version.replace('+', "%2B"),
        short: known.digest.chars().take("sha256:".len().saturating_add(12)).collect(),
        digest: known.digest.clone(),
        state: words.map_or("ready", |words| words.state),
        troubles: words.map(|words| words.troubles.clone()).unwrap_or_default(),
        warnings: versions::warnings(&serde_json::from_str(&known.steps).unwrap_or_default()),
        class: known.class.clone(),
        origin: match (&known.uploader, known.origin.as_str()) {
            (Some(uploader), _) => uploader.clone(),
            (None, "builtin") => "comes with the host".to_owned(),
            (None, _) => "–".to_owned(),
        },
        signed: known.signing_key.clone().unwrap_or_else(|| "–".to_owned()),
        created: Timestamp::from_second(known.created_at).map(|at| at.to_string()).unwrap_or_default(),
        is_chosen: known.digest == chosen.digest,
    }
}
