//! Retention: what is older than the settings say is removed, by one node at a time, a few rows a transaction. What the
//! books, running limits, the audit log, or the replay of a stored purchase need is never removed.

mod components;
mod files;
mod trials;

use std::time::{Duration, Instant};

use serde::Serialize;
use store::{Aged, Store};
use tokio::sync::Mutex;

use crate::config::Config;
use crate::config::retention::before;
use crate::error::Error;
use crate::state::App;

/// Name of the job in the database.
const JOB: &str = "retention";
/// How long a node has the job without saying so again.
const LEASE: Duration = Duration::from_secs(60);
/// Rows of one transaction.
const BATCH: i64 = 200;
/// Pause after a transaction, so that others get their turn.
const PAUSE: Duration = Duration::from_millis(10);
/// Time from the start of a node to its first run.
const FIRST_AFTER: Duration = Duration::from_secs(600);

/// The job, with what it works on.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The database.
    pub store: &'a Store,
    /// The settings.
    pub config: &'a Config,
    /// The node, or the command, that works on it.
    pub node: &'a str,
    /// This node's part of the lock of changes, if there is one.
    pub changes: Option<&'a Mutex<()>>,
}

/// A kind of rows or files, and how many of it were removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The kind, as metrics name it.
    pub what: &'static str,
    /// Days that it is kept for; 0 keeps it for ever. Of components, the number of versions that are kept.
    pub kept: i64,
    /// Rows, components or files.
    pub removed: u64,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// All kinds, in the order in which they are removed.
    pub removed: Vec<Removed>,
    /// True if another node has the job, so that only files of this node were removed.
    pub by_another: bool,
}

/// Removal, or only a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Removes.
    Run,
    /// Counts what would be removed.
    Show,
}

/// Runs for as long as the service.
pub async fn run(app: App) {
    let every = Duration::from_secs(app.config.retention.every_minutes.saturating_mul(60));
    tokio::time::sleep(FIRST_AFTER.min(every)).await;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let job =
            Job { store: &app.store, config: &app.config, node: &app.node.id, changes: Some(&app.changes) };
        match job.work(Mode::Run).await {
            Ok(done) => {
                for Removed { what, removed, .. } in done.removed.iter().filter(|kind| kind.removed > 0) {
                    app.metrics.removed(what, *removed);
                    tracing::info!(what, removed, "retention has removed what is old");
                }
            }
            Err(error) => tracing::warn!(%error, "retention failed; it runs again"),
        }
    }
}

impl Job<'_> {
    /// Removes everything that is old, or counts it. While another node has the job, only the files of this node.
    pub async fn work(&self, mode: Mode) -> Result<Outcome, Error> {
        let rows = match mode {
            Mode::Show => Some(self.rows(mode, &mut Lease::none()).await?),
            Mode::Run => match Lease::take(self).await? {
                Some(mut lease) => {
                    let removed = self.rows(mode, &mut lease).await;
                    self.store.end_job(JOB, self.node).await?;
                    Some(removed?)
                }
                None => None,
            },
        };
        let by_another = rows.is_none();
        let mut removed = rows.unwrap_or_default();
        removed.extend(files::work(self, mode).await?);
        Ok(Outcome { removed, by_another })
    }

    async fn rows(&self, mode: Mode, lease: &mut Lease) -> Result<Vec<Removed>, Error> {
        // By the clock of the database: a node whose own clock is wrong must not remove anything.
        let now = self.store.now().await?;
        let mut all = Vec::new();
        for (what, kind, days) in self.kinds() {
            let removed = match before(now, days) {
                None => 0,
                Some(time) => {
                    let bound = self.bound(kind, time).await?;
                    match mode {
                        Mode::Show => self.store.count_aged(kind, bound).await?,
                        Mode::Run => self.remove(kind, bound, lease).await?,
                    }
                }
            };
            all.push(Removed { what, kept: days, removed });
        }
        all.push(trials::work(self, now, mode, lease).await?);
        // Last: what purchases need is known once their inputs are removed.
        all.push(components::work(self, now, mode).await?);
        Ok(all)
    }

    /// The kinds of rows, in the order in which they are removed, with the days that they are kept for.
    fn kinds(&self) -> [(&'static str, Aged, i64); 9] {
        let settings = &self.config.retention;
        [
            ("idempotency_keys", Aged::IdempotencyKeys, settings.idempotency_days),
            ("unconfirmed_purchases", Aged::UnconfirmedPurchases, settings.unconfirmed_days),
            ("replay_inputs", Aged::PurchaseInputs, settings.replay_days),
            ("purchase_texts", Aged::PurchaseTexts, settings.purchases_days),
            ("attribute_values", Aged::AttributeValues, settings.days_of_values()),
            ("personal_answers", Aged::PersonalAnswers, settings.days_of_values()),
            ("results", Aged::Results, settings.results_days),
            ("imports", Aged::Imports, settings.imports_days),
            ("backtests", Aged::Backtests, settings.backtests_days),
        ]
    }

    /// The time itself, or the revision of that time for what ends at one.
    async fn bound(&self, kind: Aged, time: i64) -> Result<i64, Error> {
        Ok(match kind {
            Aged::AttributeValues | Aged::PersonalAnswers => {
                self.store.revision_at(time.saturating_sub(MARGIN_SECONDS)).await?
            }
            _ => time,
        })
    }

    async fn remove(&self, kind: Aged, bound: i64, lease: &mut Lease) -> Result<u64, Error> {
        let mut removed = 0_u64;
        loop {
            if !lease.renew(self).await? {
                return Ok(removed);
            }
            match self.store.remove_aged(kind, bound, BATCH).await? {
                0 => return Ok(removed),
                rows => removed = removed.saturating_add(rows),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A purchase is calculated by the plan and the values of a moment before: a receipt takes seconds, and an open purchase
/// keeps the values that it was first calculated with.
const MARGIN_SECONDS: i64 = 24 * 60 * 60;

/// The lease on the job.
struct Lease {
    /// When it was last renewed; none if nothing is removed.
    renewed: Option<Instant>,
}

impl Lease {
    fn none() -> Self {
        Self { renewed: None }
    }

    /// Takes the job; none while another node has it.
    async fn take(job: &Job<'_>) -> Result<Option<Self>, Error> {
        let mut lease = Self::none();
        Ok(lease.write(job).await?.then_some(lease))
    }

    /// Renews the lease in time. False if another node has the job: this one was stopped for too long.
    async fn renew(&mut self, job: &Job<'_>) -> Result<bool, Error> {
        match self.renewed {
            Some(renewed) if renewed.elapsed() < LEASE / 4 => Ok(true),
            _ => self.write(job).await,
        }
    }

    async fn write(&mut self, job: &Job<'_>) -> Result<bool, Error> {
        let milliseconds = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        let started = Instant::now();
        let taken = job.store.lease_job(JOB, job.node, milliseconds).await?;
        self.renewed = Some(started);
        Ok(taken)
    }
}
