//! Defining mailings, and showing them.

use communications::mailing::{Audience, Mailing, Variant, parse};
use serde_json::{Value, json};
use store::Versioned;

use super::audience::read_rule;
use super::{Known, find, known, refused};
use crate::audit::Actor;
use crate::communications::fitting;
use crate::communications::profile::time;
use crate::error::Error;
use crate::state::App;

/// Characters of a name at most.
const NAME_MAX: usize = 100;
/// Mailings of one page of the list.
const PAGE: i64 = 100;

/// Stores a mailing, or changes it if it was not started yet.
pub async fn put(app: App, name: String, document: Value, actor: Actor) -> Result<Known, Error> {
    check_name(&name)?;
    let mailing = parse(&document).map_err(|problems| {
        refused(problems.into_iter().map(|problem| (problem.pointer, problem.code, problem.detail)))
    })?;
    check_references(&app, &mailing).await?;
    let now = app.communications.now_ms().await?;
    if !app.communications.put_mailing(&name, &document.to_string(), now).await? {
        let detail =
            format!("mailing `{name}` was started: what it says stays. Define another one under a new name");
        return Err(Error::State { code: "mailing_started", detail });
    }
    app.store.audit_append(&actor.entry("mailing.put", &name, document)).await?;
    find(&app, &name).await
}

/// Shows a mailing.
pub async fn get(app: &App, name: &str) -> Result<Value, Error> {
    shown(&find(app, name).await?)
}

/// Mailings after a name, by their names.
pub async fn list(app: &App, after: &str) -> Result<Vec<Value>, Error> {
    let rows = app.communications.mailings_after(after, PAGE).await?;
    rows.into_iter().map(|row| shown(&known(row)?)).collect()
}

/// A mailing as it is shown.
pub fn shown(known: &Known) -> Result<Value, Error> {
    let row = &known.row;
    let document: Value =
        serde_json::from_str(&row.document).map_err(|_| Error::damaged(&format!("mailing {}", row.name)))?;
    Ok(json!({
        "name": row.name,
        "version": row.version,
        "state": row.state,
        "reason": row.reason,
        "created_at": time(row.created_at),
        "changed_at": time(row.changed_at),
        "started_at": row.started_at.and_then(time),
        "audience": row.audience,
        "planned": row.is_planned,
        "document": document,
    }))
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_good = (1..=NAME_MAX).contains(&name.chars().count())
        && !name.chars().any(|letter| letter == '/' || letter.is_control());
    if is_good {
        return Ok(());
    }
    let detail = format!("a name has 1 to {NAME_MAX} characters, and no slash among them");
    Err(refused([(String::new(), "bad_name", detail)]))
}

/// Refuses what a mailing names that is not there, and templates that are made for another kind of channel.
pub(super) async fn check_references(app: &App, mailing: &Mailing) -> Result<(), Error> {
    let mut problems = Vec::new();
    for template in mailing.templates() {
        if app.communications.version(Versioned::Templates, template, None).await?.is_none() {
            let detail =
                format!("there is no template `{template}`: PUT /v1/message-templates/{template} first");
            problems.push((place(mailing, template), "unknown_template", detail));
        }
        if let Some((detail, advice)) = fitting::problem(app, template, &[mailing.channel.as_str()]).await? {
            problems.push((place(mailing, template), fitting::CODE, format!("{detail}; {advice}")));
        }
    }
    if app.communications.channel(&mailing.channel).await?.is_none() {
        let name = &mailing.channel;
        let detail = format!("there is no channel `{name}`: PUT /v1/channels/{name} first");
        problems.push(("/channel".to_owned(), "unknown_channel", detail));
    }
    if let Audience::Segments(names) = &mailing.audience {
        let segments = app.communications.segments().await?;
        for (number, name) in names.iter().enumerate() {
            if !segments.iter().any(|segment| segment.name == *name) {
                let detail = format!("there is no segment `{name}`: PUT /v1/segments/{name} first");
                problems.push((format!("/audience/segments/{number}"), "unknown_segment", detail));
            }
        }
    }
    if let Audience::Rule(rule) = &mailing.audience {
        read_rule(app, rule).await?;
    }
    if problems.is_empty() { Ok(()) } else { Err(refused(problems)) }
}

/// Where a mailing names a template.
fn place(mailing: &Mailing, template: &str) -> String {
    let of_variant = |variant: &Variant| variant.template.as_deref() == Some(template);
    match mailing.variants.iter().position(of_variant) {
        Some(number) if mailing.template != template => format!("/variants/{number}/template"),
        _ => "/template".to_owned(),
    }
}
