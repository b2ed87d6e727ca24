//! Publishing a version and stopping a chain: what becomes of the members who wait in it is shown first, and is then done
//! exactly as shown.

use communications::chains::{NodeIndex, Version};
use serde_json::{Value, json};
use store::{ChainRow, MovedRuns, WaitingRuns};
use wire::reader::Report;

use super::definitions::{find, listed, problems, refused};
use super::loaded::{OfChain, load};
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// What becomes of members who wait in older versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// They finish the version that they are in.
    Finish,
    /// They go on in the new version, at the node of the same name.
    Move,
    /// They leave.
    Leave,
}

/// What a call of publish says.
struct Asked {
    version: Option<i64>,
    waiting: Option<Waiting>,
    gone: Waiting,
    dry_run: bool,
}

/// Publishes the latest version, or another one that the body names. Returns who waits where and what becomes of them.
pub async fn publish(app: &App, name: &str, body: &Value, actor: Actor) -> Result<Value, Error> {
    let asked = asked(body)?;
    let row = find(app, name).await?;
    let number = asked.version.unwrap_or(row.version);
    if !(1..=row.version).contains(&number) {
        let what = format!("version {number} of chain `{name}`, whose latest is {}", row.version);
        return Err(Error::Unknown { code: "unknown_chain_version", what });
    }
    let version = load(app, row.id, number).await?;
    let found = problems(app, &version).await?;
    if !found.is_empty() {
        return Err(refused(listed(found)));
    }
    let (lines, moved, undecided) = plan(app, &row, number, &version, &asked).await?;
    let at = app.communications.now_ms().await?;
    if !asked.dry_run {
        if undecided > 0 {
            let detail = format!(
                "{undecided} members wait in older versions; say what becomes of them with \"waiting\": \"finish\", \
                 \"move\" or \"leave\" (\"dry_run\": true shows where they are)"
            );
            return Err(Error::State { code: "members_waiting", detail });
        }
        if !app.communications.publish_chain(&row, number, &moved, at).await? {
            let detail =
                "members have moved on since they were counted; nothing was published: try again".to_owned();
            return Err(Error::State { code: "chain_changed", detail });
        }
        let detail = json!({"version": number, "digest": version.digest, "waiting": lines});
        app.store.audit_append(&actor.entry("chain.publish", name, detail)).await?;
    }
    Ok(json!({
        "name": row.name,
        "version": number,
        "digest": version.digest,
        "published": !asked.dry_run,
        "waiting": lines,
    }))
}

/// Who waits where, what is to be moved, and how many nothing is decided about.
async fn plan(
    app: &App,
    row: &ChainRow,
    number: i64,
    version: &Version,
    asked: &Asked,
) -> Result<(Vec<Value>, Vec<MovedRuns>, i64), Error> {
    let (mut lines, mut moved, mut undecided) = (Vec::new(), Vec::new(), 0_i64);
    let mut older = OfChain::default();
    for from in app.communications.waiting_runs(row.id).await? {
        if from.version == number {
            continue;
        }
        let node = name_of(older.get(app, row.id, from.version).await?, from);
        let to = node.as_deref().and_then(|node| version.find(node));
        let wanted = match (asked.waiting, to) {
            (Some(Waiting::Move), None) => Some(asked.gone),
            (wanted, _) => wanted,
        };
        let becomes = match (wanted, to) {
            (None, _) => {
                undecided = undecided.saturating_add(from.runs);
                "undecided"
            }
            (Some(Waiting::Move), Some(NodeIndex(to))) => {
                moved.push(MovedRuns { from, to: Some(i64::from(to)) });
                "move"
            }
            (Some(Waiting::Leave), _) => {
                moved.push(MovedRuns { from, to: None });
                "leave"
            }
            (Some(Waiting::Finish | Waiting::Move), _) => "finish",
        };
        lines.push(json!({
            "version": from.version,
            "node": node,
            "members": from.runs,
            "in_new_version": to.is_some(),
            "becomes": becomes,
        }));
    }
    Ok((lines, moved, undecided))
}

/// The name of the node that runs wait at.
pub(super) fn name_of(version: &Version, waiting: WaitingRuns) -> Option<String> {
    let index = u16::try_from(waiting.node).ok()?;
    version.node(NodeIndex(index)).map(|place| place.name.clone())
}

fn asked(body: &Value) -> Result<Asked, Error> {
    let report = Report::default();
    let read = || {
        let document = report.root(body).object()?;
        let version = document.integer("version");
        let choices = [("finish", Waiting::Finish), ("move", Waiting::Move), ("leave", Waiting::Leave)];
        let waiting = document.choice("waiting", &choices);
        let gone = document.choice("gone", &[("finish", Waiting::Finish), ("leave", Waiting::Leave)]);
        let gone = gone.unwrap_or(Waiting::Finish);
        let dry_run = document.boolean("dry_run").unwrap_or(false);
        document.refuse_unknown();
        Some(Asked { version, waiting, gone, dry_run })
    };
    let asked = read();
    report.finish(asked).map(|(asked, _)| asked).map_err(refused)
}

/// Stops a chain: nobody enters any more. Members who wait leave, or finish if the body says so.
pub async fn stop(app: &App, name: &str, body: &Value, actor: Actor) -> Result<Value, Error> {
    let asked = asked(body)?;
    let row = find(app, name).await?;
    let leave = asked.waiting != Some(Waiting::Finish);
    let at = app.communications.now_ms().await?;
    let left = app.communications.stop_chain(&row, leave, at).await?;
    app.store.audit_append(&actor.entry("chain.stop", name, json!({"left": left}))).await?;
    Ok(json!({ "name": row.name, "state": "stopped", "left": left }))
}
