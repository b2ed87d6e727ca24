//! Taking the steps of a run again, with what they read then.

use communications::Event;
use communications::chains::{Facts, Run, Version, read, step};
use serde_json::Value;
use store::{ChainStep, Communications};

use super::outcome;

/// Steps of a run that are looked at, at most.
const STEPS_MAX: i64 = 100_000;

/// A step that was taken again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Its place in the run, from 1.
    pub revision: i64,
    /// When it was taken, in milliseconds since 1970.
    pub at: i64,
    /// The node before and after it.
    pub nodes: (String, String),
    /// Keys of its effects.
    pub effects: Vec<String>,
    /// What differs: what was answered then, and what is answered now; none if the bytes are the same.
    pub difference: Option<(String, String)>,
}

/// Why a run cannot be taken again.
#[derive(Debug, thiserror::Error)]
pub enum NotReplayed {
    /// There is no such run.
    #[error("there is no run {0}")]
    Unknown(i64),
    /// Its steps are not kept any more.
    #[error("no step of run {0} is kept any more (communications.chain_steps_days)")]
    Forgotten(i64),
    /// What is stored of it cannot be read.
    #[error("step {revision} of run {run} cannot be read: {what}")]
    Damaged {
        /// The run.
        run: i64,
        /// The step.
        revision: i64,
        /// What is wrong.
        what: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Takes the steps of a run again.
pub async fn replay(database: &Communications, run: i64) -> Result<Vec<Replayed>, NotReplayed> {
    let row = database.chain_run(run).await?.ok_or(NotReplayed::Unknown(run))?;
    let steps = database.chain_steps(run, STEPS_MAX).await?;
    if steps.is_empty() {
        return Err(NotReplayed::Forgotten(run));
    }
    let mut replayed = Vec::with_capacity(steps.len());
    for taken in steps {
        let damaged =
            |what: &str| NotReplayed::Damaged { run, revision: taken.revision, what: what.to_owned() };
        let stored = database.chain_version(row.chain, taken.version).await?;
        let stored = stored.ok_or_else(|| damaged("its version is missing"))?;
        let document = wire::json::parse(&stored.document).map_err(|_| damaged("its version is not JSON"))?;
        let version = read(&document).map_err(|_| damaged("its version has problems"))?;
        replayed.push(again(&version, &taken).map_err(damaged)?);
    }
    Ok(replayed)
}

fn again(version: &Version, taken: &ChainStep) -> Result<Replayed, &'static str> {
    let record: Value = serde_json::from_str(&taken.record).map_err(|_| "it is not JSON")?;
    let text = |name: &str| record.get(name).and_then(Value::as_str).ok_or("a field is missing");
    let before = text("node")?;
    let node = version.find(before).ok_or("its node is not in the version")?;
    let run = Run::decode(node, text("state")?).map_err(|_| "its state cannot be read")?;
    let facts: Facts = serde_json::from_value(record.get("facts").cloned().unwrap_or_default())
        .map_err(|_| "its facts cannot be read")?;
    let event: Option<Event> = match record.get("event") {
        None | Some(Value::Null) => None,
        Some(event) => Some(serde_json::from_value(event.clone()).map_err(|_| "its event cannot be read")?),
    };
    let outcome = step(version, &run, event.as_ref(), &facts, taken.at);
    let (then, now) = (record.get("answer").cloned().unwrap_or_default(), outcome::answer(version, &outcome));
    let after = now.get("node").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (then, now) = (then.to_string(), now.to_string());
    Ok(Replayed {
        revision: taken.revision,
        at: taken.at,
        nodes: (before.to_owned(), after),
        effects: outcome.effects.iter().map(|effect| effect.key.clone()).collect(),
        difference: (then != now).then_some((then, now)),
    })
}
