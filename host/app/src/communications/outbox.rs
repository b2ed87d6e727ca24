//! Sending: messages that are due are decided, tried and settled, many at a time. What is about to go on the wire is
//! committed as an attempt before it does, so that after a crash nobody is written to twice without being asked for.

pub mod at_the_till;
mod changes;
mod days;
mod decide;
mod facts;
mod failed;
mod isolate;
pub mod recipients;
pub mod retention;
mod settle;
mod transmit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::{LaneLease, MessageQueue, MessageRow, RateLimit, RateSlots};
use tokio::sync::Mutex;

use self::decide::{Decided, Ready};
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// How far ahead times of a limit are taken.
const AHEAD_MS: i64 = 250;

/// One of the workers of a process.
#[derive(Debug, Clone, Default)]
pub struct Worker {
    memory: Arc<Mutex<Memory>>,
}

/// What a worker remembers between steps; whatever is lost with it is found again.
#[derive(Debug, Default)]
struct Memory {
    /// Its name among the workers of all nodes; another one after a failure, so that the lanes of the old one are looked at.
    owner: String,
    lease: LaneLease,
    /// When lanes were shared out last; none if that has to be done anew.
    leased: Option<Instant>,
    /// When the lease of the lanes was lengthened last.
    renewed: Option<Instant>,
    /// True while a step is under way, and after one that failed or broke off.
    is_inside: bool,
    /// Queues that have to wait for their limit.
    blocked: BTreeMap<String, Instant>,
}

impl Worker {
    /// Sends what is due in each queue, as many as fit into a batch.
    pub async fn step(self, app: App) -> Result<Step, Error> {
        let mut memory = self.memory.lock().await;
        if std::mem::replace(&mut memory.is_inside, true) {
            // The last step did not come to its end. What was on the wire is settled by whoever takes the lanes next.
            memory.owner.clear();
        }
        let step = memory.step(&app).await;
        memory.is_inside = step.is_err();
        step
    }
}

impl Memory {
    async fn step(&mut self, app: &App) -> Result<Step, Error> {
        self.lease(app).await?;
        if self.lease.lanes.is_empty() {
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
            self.lease(app).await?;
        }
        Ok(step)
    }

    /// Leases lanes, if a third of the lease has gone by.
    async fn lease(&mut self, app: &App) -> Result<(), Error> {
        let lease_ms = app.config.communications.send_lease_ms;
        let third = Duration::from_millis(lease_ms.div_euclid(3));
        if !self.owner.is_empty() && self.leased.is_some_and(|leased| leased.elapsed() < third) {
            return Ok(());
        }
        if self.owner.is_empty() {
            let mut name = [0_u8; 16];
            getrandom::fill(&mut name).map_err(|error| Error::internal(&error))?;
            self.owner = hex::encode(name);
        }
        let leased = Instant::now();
        let lease_ms = i64::try_from(lease_ms).unwrap_or(i64::MAX);
        self.lease = app.communications.lease_lanes(&self.owner, lease_ms).await?;
        (self.leased, self.renewed) = (Some(leased), Some(leased));
        let LaneLease { unknown, repeated, .. } = self.lease;
        if unknown > 0 || repeated > 0 {
            tracing::warn!(
                unknown,
                repeated,
                "messages were on the wire when their worker went: unknown ones are listed and not sent again"
            );
        }
        Ok(())
    }

    /// True as long as the lanes are certainly this worker's, by its own clock.
    fn is_held(&self, app: &App) -> bool {
        let lease = Duration::from_millis(app.config.communications.send_lease_ms);
        self.renewed.is_some_and(|renewed| renewed.elapsed() < lease)
    }

    /// Sends what is due in a queue. False if nothing was.
    async fn queue(&mut self, app: &App, queue: &MessageQueue) -> Result<bool, Error> {
        let now = app.communications.now_ms().await?;
        let most = batch(app, queue.rate);
        let rows = app.communications.due_messages(&queue.queue, &self.lease.lanes, now, most).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let lanes: BTreeSet<i64> = rows.iter().map(|row| row.lane).collect();
        let lanes: Vec<i64> = lanes.into_iter().collect();
        let decided = self.holding(app, isolate::batch(app, rows, now)).await??;
        let Decided { ready, mut changes } = decided;
        let (ready, waiting) = days::within(ready, now).await?;
        changes.extend(waiting);
        let (ready, slots) = self.within_limits(app, queue, ready).await?;
        let begin: Vec<_> =
            changes.into_iter().chain(ready.iter().map(|ready| ready.attempt.clone())).collect();
        if begin.is_empty() {
            return Ok(false);
        }
        let now = app.communications.now_ms().await?;
        let lease_ms = i64::try_from(app.config.communications.send_lease_ms).unwrap_or(i64::MAX);
        let renewed = Instant::now();
        let owner = (self.owner.as_str(), lease_ms);
        let begun = app.communications.begin_attempts(owner, &queue.queue, &lanes, &begin, now).await?;
        if begun.is_empty() {
            // The queue was closed, or the lanes are another worker's by now.
            self.leased = None;
            return Ok(false);
        }
        self.renewed = Some(renewed);
        let ready: Vec<Ready> = ready.into_iter().filter(|ready| begun.contains(&ready.row.id)).collect();
        if ready.is_empty() {
            return Ok(true);
        }
        self.send(app, ready, slots).await?;
        Ok(true)
    }

    /// Sends messages whose attempts are committed, and writes what became of them.
    async fn send(&mut self, app: &App, ready: Vec<Ready>, slots: Slots) -> Result<(), Error> {
        let promises: Vec<_> = ready.iter().flat_map(|ready| ready.promises.clone()).collect();
        if !promises.is_empty() {
            app.communications.keep_promises(&promises).await?;
        }
        let links: Vec<_> = ready.iter().filter_map(|ready| ready.links.clone()).collect();
        if !links.is_empty() {
            app.communications.add_links(&links).await?;
        }
        if !self.is_held(app) {
            // Paused for longer than the lease: whoever has the lanes now has written these off.
            let rows: Vec<MessageRow> = ready.into_iter().map(|ready| ready.row).collect();
            let now = app.communications.now_ms().await?;
            app.communications.end_attempts(&settle::not_tried(&rows, now), now).await?;
            return Ok(());
        }
        let outcomes = self.holding(app, transmit::all(&ready, &slots)).await?;
        settle::all(app, &ready, outcomes).await
    }

    /// Does some work, and lengthens the lease of the lanes meanwhile.
    async fn holding<T>(&mut self, app: &App, work: impl Future<Output = T> + Send) -> Result<T, Error> {
        let lease_ms = app.config.communications.send_lease_ms;
        let third = Duration::from_millis(lease_ms.div_euclid(3));
        let lease_ms = i64::try_from(lease_ms).unwrap_or(i64::MAX);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(third) => {
                    let renewed = Instant::now();
                    match app.communications.renew_lanes(&self.owner, lease_ms).await {
                        Ok(lanes) if lanes > 0 => self.renewed = Some(renewed),
                        Ok(_) => {}
                        // What is on the wire goes on, or what became of it would be lost.
                        Err(error) => tracing::warn!(%error, "the lease of lanes cannot be lengthened now"),
                    }
                }
            }
        }
    }

    /// Leaves those out that a limit has no time for yet, and says when each of the others may go.
    async fn within_limits(
        &mut self,
        app: &App,
        queue: &MessageQueue,
        ready: Vec<Ready>,
    ) -> Result<(Vec<Ready>, Slots), Error> {
        let mut by_channel: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
        for ready in ready {
            by_channel.entry(ready.row.channel.clone()).or_default().push(ready);
        }
        let mut allowed = Vec::new();
        let mut slots = Slots::new();
        for (channel, mut ready) in by_channel {
            let account = ready.first().and_then(|ready| ready.route.per_1000_seconds);
            let queue_rate = queue.rate.map(|rate| (queue.queue.clone(), rate.saturating_mul(1_000)));
            let limits: Vec<RateLimit> = queue_rate
                .into_iter()
                .chain(account.map(|rate| (format!("channel/{channel}"), rate)))
                .map(|(name, per_1000_seconds)| RateLimit { name, per_1000_seconds })
                .collect();
            if limits.is_empty() {
                allowed.append(&mut ready);
                continue;
            }
            let taken = app.communications.take_slots(&limits, ready.len(), AHEAD_MS).await?;
            if taken.count == 0 {
                let wait = Duration::from_micros(u64::try_from(taken.wait_us).unwrap_or(0));
                self.blocked.insert(
                    queue.queue.clone(),
                    Instant::now().checked_add(wait).unwrap_or_else(Instant::now),
                );
            }
            ready.truncate(taken.count);
            slots.insert(channel, (Instant::now(), taken));
            allowed.append(&mut ready);
        }
        Ok((allowed, slots))
    }
}

/// When messages of a channel may go, if it has a limit.
type Slots = BTreeMap<String, (Instant, RateSlots)>;

/// Messages of one batch at most. Of a limited queue no more than it may send soon, since the others would be decided
/// about in vain.
fn batch(app: &App, rate: Option<i64>) -> i64 {
    let most = app.config.communications.send_batch;
    let soon = rate.map(|rate| rate.saturating_mul(AHEAD_MS).div_euclid(1_000).saturating_add(1));
    soon.map_or(most, |soon| soon.min(most))
}
