//! Starting, pausing, resuming and stopping mailings.

use std::collections::BTreeMap;

use communications::mailing::cause;
use serde_json::json;
use store::{MailingStart, Versioned};

use super::audience::freeze;
use super::define::check_references;
use super::{Known, find, unknown};
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Messages of a stopped mailing that are skipped in one step.
pub(super) const SKIP_STEP: i64 = 1_000;
/// Why messages of a stopped mailing are skipped.
pub(super) const STOPPED: &str = "stopped";
/// Ids of one call to send again at most.
const AGAIN_MAX: usize = 1_000;

/// Freezes the audience of a mailing and starts it. The versions of its templates are those of now.
pub async fn start(app: App, name: String, actor: Actor) -> Result<Known, Error> {
    let Known { row, mailing } = find(&app, &name).await?;
    if row.state != "draft" {
        return Err(state(
            &name,
            &row.state,
            "only a draft can be started; define another one under a new name",
        ));
    }
    // A template may have a version for another channel since.
    check_references(&app, &mailing).await?;
    let mut versions = BTreeMap::new();
    for template in mailing.templates() {
        let version = app.communications.version(Versioned::Templates, template, None).await?;
        let what = || format!("template `{template}`");
        let version = version.ok_or_else(|| Error::Unknown { code: "unknown_template", what: what() })?;
        versions.insert(template.to_owned(), version.version);
    }
    let frozen = freeze(&app, &mailing.audience).await?;
    let start = MailingStart {
        name: name.clone(),
        version: row.version,
        queue: cause(&name),
        rate: mailing.throttle_per_second,
        priority: mailing.priority,
        template_versions: json!(versions).to_string(),
        audience: frozen.members,
        parts: frozen.parts,
        at: app.communications.now_ms().await?,
    };
    if !app.communications.start_mailing(&start).await? {
        return Err(state(&name, "changed", "it was started or changed at the same time; look at it again"));
    }
    app.hint.give();
    let audience = json!({"audience": start.audience});
    app.store.audit_append(&actor.entry("mailing.start", &name, audience)).await?;
    find(&app, &name).await
}

/// Stops looking at the messages of a mailing until it is resumed. What is on the wire ends.
pub async fn pause(app: App, name: String, actor: Actor) -> Result<Known, Error> {
    change(app, name, actor, "mailing.pause", (&["running"], "paused")).await
}

/// Goes on with a mailing that was paused.
pub async fn resume(app: App, name: String, actor: Actor) -> Result<Known, Error> {
    change(app, name, actor, "mailing.resume", (&["paused"], "running")).await
}

/// Ends a mailing for good: nobody else is written to. Messages that wait are skipped with the reason `stopped`.
pub async fn stop(app: App, name: String, actor: Actor) -> Result<Known, Error> {
    let queue = cause(&name);
    let stopped =
        change(app.clone(), name, actor, "mailing.stop", (&["running", "paused"], "stopped")).await?;
    let now = app.communications.now_ms().await?;
    while app.communications.skip_waiting(&queue, STOPPED, SKIP_STEP, now).await? > 0 {}
    Ok(stopped)
}

/// Sends messages again that were given up, refused or are unknown. Returns how many of these there are.
pub async fn send_again(app: App, name: String, ids: Vec<String>, actor: Actor) -> Result<u64, Error> {
    let Known { row, .. } = find(&app, &name).await?;
    if !["running", "paused", "done"].contains(&row.state.as_str()) {
        return Err(state(&name, &row.state, "nothing of it is sent"));
    }
    if ids.is_empty() || ids.len() > AGAIN_MAX {
        let detail = format!("name 1 to {AGAIN_MAX} ids of messages");
        return Err(Error::State { code: "too_many_messages", detail });
    }
    let now = app.communications.now_ms().await?;
    let again = app.communications.send_again(&cause(&name), &ids, now).await?;
    app.store.audit_append(&actor.entry("mailing.send_again", &name, json!({"messages": ids}))).await?;
    Ok(again)
}

async fn change(
    app: App,
    name: String,
    actor: Actor,
    action: &'static str,
    (from, to): (&[&str], &str),
) -> Result<Known, Error> {
    let now = app.communications.now_ms().await?;
    if !app.communications.change_mailing(&name, &cause(&name), (from, to), now).await? {
        let row = app.communications.mailing(&name).await?.ok_or_else(|| unknown(&name))?;
        return Err(state(&name, &row.state, &format!("it must be {}", from.join(" or "))));
    }
    app.store.audit_append(&actor.entry(action, &name, json!({}))).await?;
    find(&app, &name).await
}

fn state(name: &str, state: &str, advice: &str) -> Error {
    let detail = format!("mailing `{name}` is {state}: {advice}");
    Error::State { code: "mailing_state", detail }
}
