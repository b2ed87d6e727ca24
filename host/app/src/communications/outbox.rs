//! Sending: messages that are due are decided, tried and settled, many at a time. What is about to go on the wire is
//! committed as an attempt right before it does, so that after a crash nobody is written to twice without being asked for,
//! and few are unknown.

pub mod at_the_till;
mod changes;
mod days;
mod decide;
mod facts;
mod failed;
mod isolate;
mod lanes;
mod limits;
pub mod recipients;
pub mod retention;
mod settle;
mod transmit;
mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use store::{MessageChange, MessageQueue, MessageRow};
use tokio::sync::Mutex;

use self::decide::{Decided, Ready};
use self::lanes::Lanes;
use self::limits::Allowed;
use self::transmit::Wire;
use self::waves::{Waiting, Wave};
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// One of the workers of a process.
#[derive(Debug, Clone, Default)]
pub struct Worker {
    memory: Arc<Mutex<Memory>>,
}

/// What a worker remembers between steps; whatever is lost with it is found again.
#[derive(Debug, Default)]
struct Memory {
    lanes: Lanes,
    /// True while a step is under way, and after one that failed or broke off.
    is_inside: bool,
    /// Queues that have to wait for their limit.
    blocked: BTreeMap<String, Instant>,
}

/// Messages of a queue, with the decision about each.
struct Batch<'a> {
    queue: &'a str,
    /// The lanes of all of them.
    lanes: Vec<i64>,
    /// The next states of those that are not sent.
    changes: Vec<MessageChange>,
    /// Those that are sent.
    waiting: Waiting<Ready>,
    /// The channels that have a limit.
    limited: BTreeSet<String>,
}

impl Worker {
    /// Sends what is due in each queue, as many as fit into a batch.
    pub async fn step(self, app: App) -> Result<Step, Error> {
        let mut memory = self.memory.lock().await;
        if std::mem::replace(&mut memory.is_inside, true) {
            // The last step did not come to its end.
            memory.lanes.forget();
        }
        let step = memory.step(&app).await;
        memory.is_inside = step.is_err();
        step
    }
}

impl Memory {
    async fn step(&mut self, app: &App) -> Result<Step, Error> {
        self.lanes.lease(app).await?;
        if self.lanes.held.is_empty() {
            return Ok(Step::Idle);
        }
        self.blocked.retain(|_, until| *until > Instant::now());
        let mut step = Step::Idle;
        for queue in app.communications.open_queues().await? {
            if self.blocked.contains_key(&queue.queue) {
                continue;
            }
            if self.queue(app, &queue).await? {
                step = Step::Worked;
            }
            self.lanes.lease(app).await?;
        }
        Ok(step)
    }

    /// Sends what is due in a queue. False if nothing was.
    async fn queue(&mut self, app: &App, queue: &MessageQueue) -> Result<bool, Error> {
        let now = app.communications.now_ms().await?;
        let most = limits::batch(app, queue.rate);
        let rows = app.communications.due_messages(&queue.queue, &self.lanes.held, now, most).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let lanes: BTreeSet<i64> = rows.iter().map(|row| row.lane).collect();
        let decided = self.lanes.holding(app, isolate::batch(app, rows, now)).await??;
        let Decided { ready, mut changes } = decided;
        let (ready, held) = days::within(ready, now).await?;
        changes.extend(held);
        let Allowed { lines, wait } = limits::within(app, queue, ready).await?;
        if let Some(until) = wait.and_then(|wait| Instant::now().checked_add(wait)) {
            self.blocked.insert(queue.queue.clone(), until);
        }
        let limited = lines.iter().filter(|(_, (_, times))| times.is_some());
        let batch = Batch {
            queue: &queue.queue,
            lanes: lanes.into_iter().collect(),
            changes,
            limited: limited.map(|(channel, _)| channel.clone()).collect(),
            waiting: Waiting::new(lines),
        };
        self.send(app, batch).await
    }

    /// Sends a batch, and writes what becomes of its messages as the answers come. False if nothing was to be done, or the
    /// queue was closed before anything was.
    async fn send(&mut self, app: &App, mut batch: Batch<'_>) -> Result<bool, Error> {
        let (mut wire, mut has_worked, mut failure) = (Wire::default(), false, None);
        loop {
            // Answers are written before more attempts begin: a kill would make these attempts unknown.
            let arrived = wire.arrived();
            if !arrived.is_empty()
                && let Err(error) = settle::all(app, arrived).await
            {
                batch.stop();
                failure.get_or_insert(error);
            }
            let wave = batch.waiting.next(Instant::now(), &wire.busy());
            if !wave.is_empty() || !batch.changes.is_empty() {
                match self.begin(app, &mut batch, wave).await {
                    Ok(Some(begun)) => {
                        has_worked = true;
                        wire.send(begun, |channel| batch.limited.contains(channel));
                    }
                    Ok(None) => batch.stop(),
                    Err(error) => {
                        batch.stop();
                        failure.get_or_insert(error);
                    }
                }
            } else if wire.is_done() && batch.waiting.is_empty() {
                return failure.map_or(Ok(has_worked), Err);
            } else {
                self.lanes.holding(app, wire.wait(batch.waiting.next_at())).await?;
            }
        }
    }

    /// Commits that the attempts of a wave begin, with whatever else was decided. Returns those that may go on the wire; none
    /// if the queue was closed, or the lanes are another worker's by now.
    async fn begin(
        &mut self,
        app: &App,
        batch: &mut Batch<'_>,
        mut wave: Wave<Ready>,
    ) -> Result<Option<Wave<Ready>>, Error> {
        let mut changes = std::mem::take(&mut batch.changes);
        changes.extend(wave.values().flatten().map(|(ready, _)| ready.attempt.clone()));
        let begun = self.lanes.begin(app, (batch.queue, batch.lanes.as_slice()), &changes).await?;
        if begun.is_empty() {
            return Ok(None);
        }
        for messages in wave.values_mut() {
            messages.retain(|(ready, _)| begun.contains(&ready.row.id));
        }
        wave.retain(|_, messages| !messages.is_empty());
        if wave.is_empty() || self.lanes.is_held() {
            return Ok(Some(wave));
        }
        // Paused for longer than the lease: whoever has the lanes now has written these off.
        let rows: Vec<MessageRow> = wave.into_values().flatten().map(|(ready, _)| ready.row).collect();
        let now = app.communications.now_ms().await?;
        app.communications.end_attempts(&settle::not_tried(&rows, now), now).await?;
        Ok(None)
    }
}

impl Batch<'_> {
    /// Begins nothing more of it: the rest is found again.
    fn stop(&mut self) {
        self.changes.clear();
        self.waiting.clear();
    }
}
