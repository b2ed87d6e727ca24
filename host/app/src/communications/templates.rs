//! Templates of messages: put as versions that never change, compiled once, and shown as they would be sent.

pub mod compiled;
mod read;

use std::sync::Arc;

use communications::templates::{Compiled, Limits, Problem as Found, Template, compile_within};
use serde_json::{Value, json};
use store::{VersionRow, Versioned};
use wire::json::Document;
use wire::problem::{Problem, Problems};

use super::profile::time;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// The most characters of a template's name.
const NAME_CHARACTERS_MAX: usize = 100;

/// A version of a template, as it was put.
pub struct PutTemplate {
    /// The latest version.
    pub version: i64,
    /// Digest of its document.
    pub digest: String,
    /// False if the document is that of the latest version already.
    pub is_new: bool,
    /// The template, compiled.
    pub compiled: Arc<Compiled>,
}

/// Puts a template: a new version, unless it is the latest one already.
pub async fn put(app: &App, name: &str, body: &Document, actor: Actor) -> Result<PutTemplate, Error> {
    check_name(name)?;
    let template = read::read(name, &body.value).map_err(refused)?;
    let compiled = Arc::new(compiled(app, template).await?);
    check_number(app, name).await?;
    let digest = wire::digest::of(body.text.as_bytes());
    let at = app.communications.now_ms().await?;
    let (row, is_new) =
        app.communications.put_version(Versioned::Templates, name, &digest, &body.text, at).await?;
    if is_new {
        let detail = json!({"version": row.version, "digest": row.digest});
        app.store.audit_append(&actor.entry("message_template.put", name, detail)).await?;
    }
    keep(app, (name.to_owned(), row.version), &compiled);
    Ok(PutTemplate { version: row.version, digest: row.digest, is_new, compiled })
}

/// A version of a template, compiled; the latest one if none is named.
pub async fn find(app: &App, name: &str, version: Option<i64>) -> Result<(i64, Arc<Compiled>), Error> {
    if let Some(version) = version
        && let Some(compiled) = app.message_templates.get(&(name.to_owned(), version))
    {
        return Ok((version, compiled));
    }
    let row = row(app, name, version).await?;
    let key = (name.to_owned(), row.version);
    if let Some(compiled) = app.message_templates.get(&key) {
        return Ok((row.version, compiled));
    }
    // It was checked when it was put: what is refused now was damaged, or is of a release that knew less.
    let damaged = |_| Error::damaged(&format!("message template {name} version {}", row.version));
    let document = wire::json::parse(&row.document).map_err(damaged)?;
    let template = read::read(name, &document).map_err(damaged)?;
    let compiled = Arc::new(compiled(app, template).await?);
    keep(app, key, &compiled);
    Ok((row.version, compiled))
}

/// A version of a template as it was sent, with what it needs and what is unwise about it.
pub async fn show(app: &App, name: &str, version: Option<i64>) -> Result<Value, Error> {
    let row = row(app, name, version).await?;
    let (_, compiled) = find(app, name, Some(row.version)).await?;
    let document = wire::json::parse(&row.document).map_err(|_| Error::damaged("message template"))?;
    Ok(json!({
        "name": row.name,
        "version": row.version,
        "digest": row.digest,
        "created_at": time(row.created_at),
        "template": document,
        "needs": compiled.needs(),
        "warnings": warnings(&compiled),
    }))
}

/// The templates after a name, at their latest versions.
pub async fn list(app: &App, after: &str, most: i64) -> Result<Vec<VersionRow>, Error> {
    Ok(app.communications.latest_versions(Versioned::Templates, after, most).await?)
}

/// What is unwise about a template.
pub fn warnings(compiled: &Compiled) -> Vec<Problem> {
    compiled.warnings().iter().map(problem).collect()
}

async fn row(app: &App, name: &str, version: Option<i64>) -> Result<VersionRow, Error> {
    let row = app.communications.version(Versioned::Templates, name, version).await?;
    row.ok_or_else(|| {
        let what = match version {
            Some(version) => format!("version {version} of message template `{name}`"),
            None => format!("message template `{name}`"),
        };
        Error::Unknown { code: "unknown_message_template", what }
    })
}

/// Compiles a template, which takes milliseconds: not where calls are answered.
async fn compiled(app: &App, template: Template) -> Result<Compiled, Error> {
    let settings = &app.config.communications;
    let limits = Limits { fuel: settings.render_steps, output_bytes: settings.render_bytes };
    let compiled = app.threads.run_piece(move || compile_within(&template, limits)).await?;
    compiled.map_err(|found| refused(found.iter().map(problem).collect()))
}

fn problem(found: &Found) -> Problem {
    let line = found.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    Problem {
        pointer: found.pointer.clone(),
        code: found.code.into(),
        detail: format!("{line}{}", found.detail),
    }
}

pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "message_template_refused", what: "the message template has problems", problems }
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_one = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    if !name.is_empty() && name.chars().count() <= NAME_CHARACTERS_MAX && name.chars().all(is_one) {
        return Ok(());
    }
    let detail = format!("the name must be 1 to {NAME_CHARACTERS_MAX} letters, digits, `-`, `_` or `.`");
    Err(refused(Problems::of_document("bad_name", detail)))
}

async fn check_number(app: &App, name: &str) -> Result<(), Error> {
    if app.communications.version(Versioned::Templates, name, None).await?.is_some() {
        return Ok(());
    }
    let most = app.config.communications.templates;
    let listed = app.communications.latest_versions(Versioned::Templates, "", most).await?;
    if i64::try_from(listed.len()).unwrap_or(i64::MAX) < most {
        return Ok(());
    }
    let detail =
        format!("there are {most} message templates, and no more are taken (communications.templates)");
    Err(Error::State { code: "too_many_message_templates", detail })
}

fn keep(app: &App, key: (String, i64), compiled: &Arc<Compiled>) {
    app.message_templates.keep(key, compiled, app.config.communications.templates_compiled);
}
