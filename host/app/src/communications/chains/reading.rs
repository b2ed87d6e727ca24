//! The reader of events: takes members further who wait for them, ends runs, and lets members in.

use std::collections::{BTreeMap, BTreeSet};

use communications::chains::{DATE_REACHED, EFFECT_DONE, EFFECT_FAILED, POINTS_EXPIRING, event_concerns};
use communications::{Event, Profile};
use store::{ChainRun, EventRow};

use super::CURSOR;
use super::batch::{Batch, Held, name};
use super::entries;
use super::facts::{self, Members};
use super::loaded::{Open, Versions, open};
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// How the cause of a message, or the key of an effect, of a chain begins in the payload of an event.
const CAUSE: &str = "\"chain/";

const MINUTE_MS: i64 = 60_000;

/// Reads the next events.
pub(super) async fn step(app: &App, versions: &Versions) -> Result<Step, Error> {
    let position = app.communications.cursor(CURSOR).await?;
    let rows = app.communications.events_after(position, app.config.communications.chain_batch).await?;
    let Some(last) = rows.last().map(|row| row.seq) else { return Ok(Step::Idle) };
    let chains = open(app, versions).await?;
    let heard = Heard::load(app, versions, &chains).await?;
    // Of each member one event at a time: the next one finds what this one has written.
    let (mut numbers, mut taken, mut end) = (BTreeSet::new(), Vec::new(), last);
    let now = app.communications.now_ms().await?;
    let since = now.saturating_sub(app.config.communications.chain_visitor_minutes.saturating_mul(MINUTE_MS));
    for row in &rows {
        let Some(number) = row.number.filter(|_| heard.hears(row) && !is_history(row, since)) else {
            continue;
        };
        // One that cannot be read, which is logged, would stop all that come after it.
        let Ok(event) = facts::event(row) else { continue };
        if !numbers.insert(number) {
            end = row.seq.saturating_sub(1);
            break;
        }
        taken.push((number, row, event));
    }
    let mut batch = Batch::new(now);
    if !taken.is_empty() && !chains.is_empty() {
        let members = Members::load(app, &numbers).await?;
        let ids: Vec<i64> = chains.iter().map(|open| open.row.id).collect();
        let wanted: Vec<u32> = numbers.iter().copied().collect();
        let mut runs: BTreeMap<u32, Vec<ChainRun>> = BTreeMap::new();
        for run in app.communications.runs_of_members(&wanted, &ids).await? {
            runs.entry(run.number).or_default().push(run);
        }
        for (number, row, event) in &taken {
            let Some(member) = members.get(*number) else { continue };
            let own = runs.remove(number).unwrap_or_default();
            for chain in &chains {
                let of_chain: Vec<ChainRun> =
                    own.iter().filter(|run| run.chain == chain.row.id).cloned().collect();
                told(app, versions, &mut batch, chain, &of_chain, member, event).await?;
                if !is_for(event, &chain.row.name) {
                    continue;
                }
                entries::enter(app, versions, &mut batch, chain, (row, event), member, &of_chain).await?;
            }
        }
    }
    let runs = batch.messages_of();
    if !runs.is_empty() {
        batch.give_events(&app.communications.first_chain_steps(&runs).await?);
    }
    let mut write = batch.finish();
    write.cursor = Some((position, end));
    // If another process was faster, the next step begins where that one has ended.
    app.communications.write_chains(&write).await?;
    Ok(Step::Worked)
}

/// True for what a visitor did so long before it said who it is that chains have nothing to say about it any more. What it
/// did lately is told like all else: the log has it once more as the member's, behind all that was read.
fn is_history(row: &EventRow, since: i64) -> bool {
    row.visitor.is_some() && row.at < since
}

/// False for a day that was told for another chain.
fn is_for(event: &Event, chain: &str) -> bool {
    let is_day = matches!(event.kind.as_str(), DATE_REACHED | POINTS_EXPIRING);
    !is_day || event.payload.get("chain").and_then(serde_json::Value::as_str) == Some(chain)
}

/// Tells a member's runs in a chain.
async fn told(
    app: &App,
    versions: &Versions,
    batch: &mut Batch,
    chain: &Open,
    runs: &[ChainRun],
    member: &Profile,
    event: &Event,
) -> Result<(), Error> {
    for row in runs.iter().filter(|run| run.wake_at.is_some()) {
        let version = versions.of(app, row.chain, row.version).await?;
        let Ok(held) = Held::read(row.clone(), version) else { continue };
        if event_concerns(&held.version, &held.run, event, &name(&chain.row.name, row.id)) {
            batch.step(app, &chain.row, held, member, Some(event)).await?;
        }
    }
    Ok(())
}

/// What some version of some chain listens to; members may still wait in older ones.
#[derive(Debug, Default)]
struct Heard {
    kinds: BTreeSet<String>,
    /// What becomes of messages decides where some runs go on.
    fates: bool,
}

impl Heard {
    async fn load(app: &App, versions: &Versions, chains: &[Open]) -> Result<Self, Error> {
        let mut heard = Self::default();
        for chain in chains {
            for number in 1..=chain.row.version {
                let version = versions.of(app, chain.row.id, number).await?;
                heard.kinds.extend(version.kinds().into_iter().map(str::to_owned));
                heard.fates |= version.reads_fates();
            }
        }
        Ok(heard)
    }

    fn hears(&self, row: &EventRow) -> bool {
        let is_fate =
            || row.kind.starts_with("message_") || [EFFECT_DONE, EFFECT_FAILED].contains(&row.kind.as_str());
        let of_chains = || is_fate() && row.payload.contains(CAUSE);
        self.kinds.contains(&row.kind) || (self.fates && of_chains())
    }
}
