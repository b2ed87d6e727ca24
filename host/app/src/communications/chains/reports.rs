//! What a chain has done: numbers, and the runs of members.

use std::collections::BTreeMap;

use communications::chains::{NodeIndex, Run, Version};
use serde_json::{Map, Value, json};
use store::ChainRun;

use super::definitions::find;
use super::loaded::{OfChain, load};
use super::publishing::name_of;
use crate::communications::profile::time;
use crate::error::Error;
use crate::state::App;

/// Runs of one page at most.
const RUNS_MAX: i64 = 200;

/// The numbers of a chain.
pub async fn statistics(app: &App, name: &str) -> Result<Value, Error> {
    let row = find(app, name).await?;
    let mut numbers: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut totals: Map<String, Value> = Map::new();
    for what in ["entered", "ghosts", "joined", "refused"] {
        totals.insert(what.to_owned(), 0.into());
    }
    for (counted, count) in app.communications.chain_counts(row.id).await? {
        if counted.name.is_empty() {
            totals.insert(counted.what, count.into());
        } else {
            numbers.entry(counted.what).or_default().insert(counted.name, count.into());
        }
    }
    let mut versions = OfChain::default();
    let mut waiting = Vec::new();
    for runs in app.communications.waiting_runs(row.id).await? {
        let node = name_of(versions.get(app, row.id, runs.version).await?, runs);
        waiting.push(json!({ "version": runs.version, "node": node, "members": runs.runs }));
    }
    let messages = app.communications.count_queue(&format!("chain/{name}")).await?;
    let messages: Vec<Value> = messages
        .into_iter()
        .map(|(state, reason, messages)| json!({ "state": state, "reason": reason, "messages": messages }))
        .collect();
    let effects = app.communications.count_effects(name).await?;
    let dead = effects.iter().filter(|(_, state, ..)| state == "dead");
    totals.insert("dead_letters".to_owned(), dead.map(|(.., count)| count).sum::<i64>().into());
    let effects: Vec<Value> = effects
        .into_iter()
        .map(|(kind, state, reason, count)| json!({ "kind": kind, "state": state, "reason": reason, "count": count }))
        .collect();
    let mut of = |what: &str| Value::Object(numbers.remove(what).unwrap_or_default());
    totals.insert("name".to_owned(), row.name.clone().into());
    totals.insert("state".to_owned(), row.state.clone().into());
    totals.insert("published_version".to_owned(), row.published.into());
    for (key, what) in [("nodes", "visited"), ("left", "left"), ("goals", "goal"), ("too_late", "too_late")] {
        totals.insert(key.to_owned(), of(what));
    }
    totals.insert("waiting".to_owned(), waiting.into());
    totals.insert("messages".to_owned(), messages.into());
    totals.insert("effects".to_owned(), effects.into());
    Ok(Value::Object(totals))
}

/// When a chain was made, and up to how many days after a message a purchase counts: by the version that members enter, or
/// by the latest if none was published.
pub async fn credited(app: &App, name: &str) -> Result<(i64, u16), Error> {
    let row = find(app, name).await?;
    let version = load(app, row.id, row.published.unwrap_or(row.version)).await?;
    Ok((row.created_at, version.attribution_days))
}

/// The runs of a chain, the latest first; only those of a member if one is named.
pub async fn runs(app: &App, name: &str, member: Option<&str>, before: Option<i64>) -> Result<Value, Error> {
    let row = find(app, name).await?;
    let number = match member {
        None => None,
        Some(id) => match app.communications.member_number(id).await? {
            Some(number) => Some(number),
            None => return Ok(json!({ "runs": [], "next": null })),
        },
    };
    let found = app.communications.chain_runs(row.id, number, before.unwrap_or(i64::MAX), RUNS_MAX).await?;
    let next =
        (i64::try_from(found.len()).ok() == Some(RUNS_MAX)).then(|| found.last().map(|run| run.id)).flatten();
    let numbers: Vec<u32> = found.iter().map(|run| run.number).collect();
    let members = app.communications.members_of(&numbers).await?;
    let ids: BTreeMap<u32, String> =
        members.into_iter().map(|member| (member.number, member.member_id)).collect();
    let mut versions = OfChain::default();
    let mut shown = Vec::new();
    for run in found {
        let version = versions.get(app, row.id, run.version).await?;
        shown.push(show(&run, version, ids.get(&run.number)));
    }
    Ok(json!({ "runs": shown, "next": next }))
}

fn show(run: &ChainRun, version: &Version, member: Option<&String>) -> Value {
    let index = u16::try_from(run.node).map(NodeIndex).ok();
    let node = index.and_then(|index| version.node(index)).map(|place| place.name.clone());
    let state = index.and_then(|index| Run::decode(index, &run.state).ok());
    json!({
        "run": run.id,
        "member_id": member,
        "version": run.version,
        "node": node,
        "active": run.wake_at.is_some(),
        "wakes_at": run.wake_at.and_then(time),
        "entered_at": state.as_ref().and_then(|state| time(state.entered_at)),
        "steps": state.as_ref().map(|state| state.steps),
        "ghost": state.as_ref().map(|state| state.ghost),
    })
}
