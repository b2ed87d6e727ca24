//! The reader of events: takes members further who wait for them, ends runs, and lets members in.

use std::collections::{BTreeMap, BTreeSet};

use communications::chains::event_concerns;
use communications::{Event, Profile};
use store::{ChainRun, EventRow};

use super::batch::{Batch, Held, name};
use super::entries;
use super::facts::{self, Members};
use super::loaded::{Open, Versions, open};
use super::{CURSOR, SOURCE};
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Reads the next events.
pub(super) async fn step(app: &App, versions: &Versions) -> Result<Step, Error> {
    let position = app.communications.cursor(CURSOR).await?;
    let rows = app.communications.events_after(position, app.config.communications.chain_batch).await?;
    let Some(last) = rows.last().map(|row| row.seq) else { return Ok(Step::Idle) };
    let chains = open(app, versions).await?;
    let kinds = kinds(&chains);
    // Of each member one event at a time: the next one finds what this one has written.
    let (mut numbers, mut taken, mut end) = (BTreeSet::new(), Vec::new(), last);
    for row in &rows {
        let Some(number) = row.number.filter(|_| kinds.hear(row)) else { continue };
        if !numbers.insert(number) {
            end = row.seq.saturating_sub(1);
            break;
        }
        taken.push((number, row, facts::event(row)?));
    }
    let now = app.communications.now_ms().await?;
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
        let held = Held::read(row.clone(), version)?;
        if event_concerns(&held.version, &held.run, event, &name(&chain.row.name, row.id)) {
            batch.step(app, &chain.row, held, member, Some(event)).await?;
        }
    }
    Ok(())
}

/// The kinds of events that some chain listens to.
struct Kinds {
    named: BTreeSet<String>,
    /// Members may wait in other versions, of which only some are known here.
    any: bool,
}

impl Kinds {
    fn hear(&self, row: &EventRow) -> bool {
        // What chains tell of themselves is heard by those only that name it.
        let own = row.source == SOURCE
            && matches!(row.kind.as_str(), "chain_entered" | "chain_left" | "goal_reached");
        if own { self.named.contains(&row.kind) } else { self.any }
    }
}

fn kinds(chains: &[Open]) -> Kinds {
    let versions = chains.iter().filter_map(|open| open.entered.as_ref());
    let named = versions.flat_map(|(_, version)| version.kinds()).map(str::to_owned).collect();
    Kinds { named, any: !chains.is_empty() }
}
