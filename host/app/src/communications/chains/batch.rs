//! A batch of steps, and all that comes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use communications::Event;
use communications::Profile;
use communications::chains::{BadState, Facts, NodeIndex, Run, Stage, Version, step, wants};
use store::{ChainCount, ChainRow, ChainRun, ChainStep, ChainWrite, NewEvent, Subject};

use super::outcome::{self, Context};
use super::{SOURCE, facts};
use crate::error::Error;
use crate::state::App;

/// A run that a step is taken of.
pub(super) struct Held {
    /// As it was read; for a new one, as it will be written.
    pub(super) row: ChainRun,
    pub(super) run: Run,
    pub(super) version: Arc<Version>,
}

impl Held {
    /// Reads a stored run.
    pub(super) fn read(row: ChainRun, version: Arc<Version>) -> Result<Self, Error> {
        let run = decode(&row)?;
        Ok(Self { row, run, version })
    }
}

fn decode(row: &ChainRun) -> Result<Run, Error> {
    let node = u16::try_from(row.node).map(NodeIndex);
    let node = node.map_err(|_| Error::damaged(&format!("the node of run {}", row.id)))?;
    Run::decode(node, &row.state)
        .map_err(|BadState(state)| Error::damaged(&format!("state `{state}` of run {}", row.id)))
}

/// The name of a run: what its effects, messages and events begin with.
pub(super) fn name(chain: &str, run: i64) -> String {
    format!("chain/{chain}/{run}")
}

/// Steps that are written together.
pub(super) struct Batch {
    pub(super) now: i64,
    write: ChainWrite,
    counts: BTreeMap<ChainCount, i64>,
}

impl Batch {
    pub(super) fn new(now: i64) -> Self {
        Self { now, write: ChainWrite { at: now, ..ChainWrite::default() }, counts: BTreeMap::new() }
    }

    /// Adds to a number of the statistics.
    pub(super) fn count(&mut self, chain: i64, what: &str, name: &str) {
        let counted = ChainCount { chain, what: what.to_owned(), name: name.to_owned() };
        let count = self.counts.entry(counted).or_default();
        *count = count.saturating_add(1);
    }

    /// Takes a step of a stored run.
    pub(super) async fn step(
        &mut self,
        app: &App,
        chain: &ChainRow,
        held: Held,
        member: &Profile,
        event: Option<&Event>,
    ) -> Result<(), Error> {
        let (row, moved) = self.walk(app, chain, held, member, event).await?;
        if moved {
            self.write.moved.push(row);
        }
        Ok(())
    }

    /// Begins a run and takes its first step.
    pub(super) async fn begin(
        &mut self,
        app: &App,
        chain: &ChainRow,
        held: Held,
        member: &Profile,
        event: &Event,
    ) -> Result<(), Error> {
        self.count(chain.id, "entered", "");
        if held.run.ghost {
            self.count(chain.id, "ghosts", "");
        }
        self.tell(chain, &held.row, "chain_entered", "0", serde_json::json!({ "ghost": held.run.ghost }));
        let (row, _) = self.walk(app, chain, held, member, Some(event)).await?;
        self.write.begun.push(ChainRun { revision: 1, ..row });
        Ok(())
    }

    /// Ends a run before its time.
    pub(super) fn end(&mut self, chain: &ChainRow, held: Held, why: &str) {
        self.end_run(chain, held.row, held.run, why);
    }

    /// Ends a run whose state cannot be read.
    pub(super) fn give_up(&mut self, chain: &ChainRow, row: ChainRun) {
        let run = Run::begin(NodeIndex(0), self.now, false);
        self.end_run(chain, row, run, "damaged");
    }

    fn end_run(&mut self, chain: &ChainRow, mut row: ChainRun, mut run: Run, why: &str) {
        run.stage = Stage::Left;
        row.state = run.encode();
        row.wake_at = None;
        self.count(chain.id, "left", why);
        self.tell(chain, &row, "chain_left", "left", serde_json::json!({ "reason": why }));
        self.write.moved.push(row);
    }

    /// True if a run has left in this batch.
    pub(super) fn has_ended(&self, run: i64) -> bool {
        self.write.moved.iter().any(|moved| moved.id == run && moved.wake_at.is_none())
    }

    /// Ends a run that this batch has moved. False if it has not.
    pub(super) fn end_moved(&mut self, chain: &ChainRow, run: i64, why: &str) -> Result<bool, Error> {
        let Some(place) = self.write.moved.iter().position(|moved| moved.id == run) else { return Ok(false) };
        let row = self.write.moved.swap_remove(place);
        let ended = decode(&row)?;
        self.end_run(chain, row, ended, why);
        Ok(true)
    }

    /// The run after the step, and whether it has changed.
    async fn walk(
        &mut self,
        app: &App,
        chain: &ChainRow,
        held: Held,
        member: &Profile,
        event: Option<&Event>,
    ) -> Result<(ChainRun, bool), Error> {
        let Held { mut row, run, version } = held;
        let wanted = wants(&version, &run);
        let facts: Facts = facts::of(app, member, &name(&chain.name, row.id), &wanted, self.now).await?;
        let outcome = step(&version, &run, event, &facts, self.now);
        if outcome.run == run {
            return Ok((row, false));
        }
        let revision = row.revision.saturating_add(1);
        let record = outcome::record(&version, &run, event, &facts, &outcome)?;
        self.write.steps.push(ChainStep {
            run: row.id,
            revision,
            number: row.number,
            at: self.now,
            version: row.version,
            record,
        });
        let context = Context {
            chain,
            row: &row,
            version: &version,
            member: &member.id,
            is_universal: app.config.communications.control_group().contains(&member.id),
            event,
            now: self.now,
        };
        outcome::add(&mut self.write, &context, &outcome)?;
        for (what, name) in outcome::counted(&version, &outcome) {
            self.count(chain.id, what, &name);
        }
        if let Some(why) = outcome.left {
            self.tell(chain, &row, "chain_left", "left", serde_json::json!({ "reason": why }));
        }
        row.node = i64::from(outcome.run.node.0);
        row.state = outcome.run.encode();
        row.wake_at = outcome.wake;
        Ok((row, true))
    }

    /// Adds an event about a run.
    fn tell(
        &mut self,
        chain: &ChainRow,
        row: &ChainRun,
        kind: &str,
        id: &str,
        mut payload: serde_json::Value,
    ) {
        if let Some(payload) = payload.as_object_mut() {
            payload.insert("chain".to_owned(), chain.name.clone().into());
            payload.insert("run".to_owned(), row.id.into());
        }
        self.write.events.push(NewEvent {
            source: SOURCE.to_owned(),
            id: format!("{}/{id}", name(&chain.name, row.id)),
            subject: Subject::Number(row.number),
            kind: kind.to_owned(),
            at: self.now,
            received_at: self.now,
            payload: payload.to_string(),
        });
    }

    /// Runs with messages in this batch that did not begin in it: their templates may show the event that let them in.
    pub(super) fn messages_of(&self) -> Vec<i64> {
        let begun: Vec<i64> = self.write.begun.iter().map(|run| run.id).collect();
        let causes = self.write.messages.iter().filter_map(|message| outcome::run_of(&message.cause));
        causes.filter(|run| !begun.contains(run)).collect()
    }

    /// Gives messages the event that let their members in.
    pub(super) fn give_events(&mut self, steps: &[ChainStep]) {
        for message in &mut self.write.messages {
            let run = outcome::run_of(&message.cause);
            if let Some(step) = steps.iter().find(|step| Some(step.run) == run) {
                outcome::give_event(message, &step.record);
            }
        }
    }

    /// What is to be written.
    pub(super) fn finish(mut self) -> ChainWrite {
        self.write.counts = self.counts.into_iter().collect();
        self.write
    }
}
