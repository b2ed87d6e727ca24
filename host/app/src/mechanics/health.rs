//! What this node has seen of a version since it became active, or was tried: how often it failed, what
//! it costs and what it gives. Kept in memory, and told to the store now and then.

mod breaker;
mod histogram;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::Outcome;
use domain::pricing::{MechanicReport, PricedReceipt};
use serde::{Deserialize, Serialize};

use self::breaker::Breaker;
pub use self::histogram::Histogram;
use super::rollout::TrialKind;
use wire::rollout::Gates;

/// The receipts that the fault rate looks at.
const WINDOW: usize = 200;
/// Fuel and money vary from receipt to receipt: so many times as many are needed.
const MORE_RECEIPTS: u64 = 5;

/// What a version did on one receipt.
#[derive(Debug, Clone, Copy)]
pub struct Observation {
    /// The worst that happened.
    pub outcome: Outcome,
    /// Of all its calls.
    pub fuel: u64,
    /// Of all its calls, in microseconds.
    pub micros: u64,
    /// What it took off, in minor units of money.
    pub discount: i64,
    /// What it gave, in smallest steps of points.
    pub points: i64,
}

/// Sums over receipts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Receipts that it was asked about.
    pub receipts: u64,
    /// Receipts on which it failed, by how.
    pub faults: BTreeMap<String, u64>,
    /// Units of fuel a receipt.
    pub fuel: Histogram,
    /// Microseconds a receipt.
    pub micros: Histogram,
    /// Minor units of money.
    pub discount: i64,
    /// Smallest steps of points.
    pub points: i64,
    /// Of a shadow: receipts that it would have priced otherwise.
    pub differences: u64,
    /// Of a shadow: receipts that were not compared, because the host was busy.
    pub skipped: u64,
}

/// One version in one trial.
#[derive(Debug)]
pub struct Health {
    /// Of the mechanic.
    pub name: String,
    /// As its author numbers it.
    pub version: String,
    /// Of the component.
    pub digest: String,
    /// What is tried.
    pub kind: TrialKind,
    /// Which trial of the mechanic this is.
    pub trial: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    /// Whether each of the last receipts had a fault.
    window: VecDeque<bool>,
    breaker: Breaker,
    tripped: bool,
    changed: bool,
}

impl Observation {
    /// What a priced receipt tells of one of its mechanics, whose calls took so long together.
    pub fn of(report: &MechanicReport, priced: &PricedReceipt, took: Duration) -> Self {
        let rewards = || priced.lines.iter().flat_map(|line| &line.offers);
        let own = || rewards().filter(|reward| reward.mechanic == report.mechanic);
        Self {
            outcome: report.outcome,
            fuel: report.fuel,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            discount: own().map(|reward| reward.discount.0).sum(),
            points: own().map(|reward| reward.points.0).sum(),
        }
    }
}

impl Counts {
    /// All receipts with a fault.
    pub fn faulty(&self) -> u64 {
        self.faults.values().sum()
    }

    /// Adds what another node has seen.
    pub fn add(&mut self, other: &Self) {
        self.receipts = self.receipts.saturating_add(other.receipts);
        for (outcome, count) in &other.faults {
            let sum = self.faults.entry(outcome.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.fuel.add(&other.fuel);
        self.micros.add(&other.micros);
        self.discount = self.discount.saturating_add(other.discount);
        self.points = self.points.saturating_add(other.points);
        self.differences = self.differences.saturating_add(other.differences);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl Health {
    /// Of a trial that begins.
    pub fn new(name: &str, version: &str, digest: &str, (kind, trial): (TrialKind, u64)) -> Self {
        let (name, version, digest) = (name.to_owned(), version.to_owned(), digest.to_owned());
        Self { name, version, digest, kind, trial, inner: Mutex::default() }
    }

    /// True if the version may be asked now. After repeated faults its circuit is open for a while; then
    /// one receipt tries it.
    pub fn may_be_asked(&self, now: Instant) -> bool {
        self.inner().breaker.lets_through(now)
    }

    /// True while the version is not asked after repeated faults.
    pub fn is_circuit_open(&self) -> bool {
        self.inner().breaker.is_open()
    }

    /// Notes a receipt.
    pub fn note(&self, seen: Observation, now: Instant) {
        let mut inner = self.inner();
        let Inner { counts, window, breaker, changed, .. } = &mut *inner;
        let is_fault = seen.outcome != Outcome::Ok;
        counts.receipts = counts.receipts.saturating_add(1);
        if is_fault {
            let count = counts.faults.entry(seen.outcome.name().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        if seen.outcome != Outcome::Disabled {
            counts.fuel.note(seen.fuel);
            counts.micros.note(seen.micros);
            breaker.note(is_fault, now);
        }
        counts.discount = counts.discount.saturating_add(seen.discount);
        counts.points = counts.points.saturating_add(seen.points);
        if window.len() >= WINDOW {
            window.pop_front();
        }
        window.push_back(is_fault);
        *changed = true;
    }

    /// Notes what came of a comparison.
    pub fn record_comparison(&self, differs: bool) {
        let mut inner = self.inner();
        if differs {
            inner.counts.differences = inner.counts.differences.saturating_add(1);
        }
        inner.changed = true;
    }

    /// Notes a receipt that was not compared.
    pub fn record_skipped(&self) {
        let mut inner = self.inner();
        inner.counts.skipped = inner.counts.skipped.saturating_add(1);
        inner.changed = true;
    }

    /// What was seen until now.
    pub fn counts(&self) -> Counts {
        self.inner().counts.clone()
    }

    /// What was seen, if it is more than the last time that this was asked.
    pub fn news(&self) -> Option<Counts> {
        let mut inner = self.inner();
        std::mem::take(&mut inner.changed).then(|| inner.counts.clone())
    }

    /// Why it must be taken back, if so: told once.
    pub fn trips(&self, gates: &Gates, before: Option<&Self>) -> Option<String> {
        let fuel_before = gates.fuel_percent.and(before).map(|before| before.inner().counts.fuel.clone());
        let mut inner = self.inner();
        if inner.tripped {
            return None;
        }
        let reason = inner.out_of_gate(gates, fuel_before.as_ref());
        inner.tripped = reason.is_some();
        reason
    }

    /// It could not be taken back: the next receipt tells again.
    pub fn try_again(&self) {
        self.inner().tripped = false;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whole after every step, also of a thread that panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn out_of_gate(&self, gates: &Gates, fuel_before: Option<&Histogram>) -> Option<String> {
        let least = gates.min_receipts.unwrap_or(1);
        let enough = least.saturating_mul(MORE_RECEIPTS);
        let faults = self.too_many_faults(gates, least);
        let counts = &self.counts;
        if faults.is_some() || counts.receipts < enough {
            return faults;
        }
        let fuel = fuel_before
            .filter(|before| before.count() >= enough)
            .and_then(|before| too_much_fuel(&counts.fuel, before, gates.fuel_percent?));
        fuel.or_else(|| out_of_band(counts, gates.money_per_receipt?))
    }

    fn too_many_faults(&self, gates: &Gates, least: u64) -> Option<String> {
        let (most, receipts) = (u64::try_from(gates.fault_percent?).ok()?, self.window.len());
        let receipts = u64::try_from(receipts).unwrap_or(u64::MAX);
        let faults =
            u64::try_from(self.window.iter().filter(|is_fault| **is_fault).count()).unwrap_or(u64::MAX);
        let is_too_many = receipts >= least && faults.saturating_mul(10_000) > most.saturating_mul(receipts);
        is_too_many.then(|| format!("it failed on {faults} of the last {receipts} receipts"))
    }
}

fn too_much_fuel(fuel: &Histogram, before: &Histogram, percent: i32) -> Option<String> {
    let (now, before) = (fuel.percentile(99), before.percentile(99));
    let most = u128::from(before).saturating_mul(u128::try_from(percent).ok()?);
    (u128::from(now).saturating_mul(10_000) > most).then(|| {
        format!("99 of 100 receipts take up to {now} units of fuel; with the version before it was {before}")
    })
}

fn out_of_band(counts: &Counts, (from, to): (Option<i64>, Option<i64>)) -> Option<String> {
    let receipts = i64::try_from(counts.receipts).ok().filter(|receipts| *receipts > 0)?;
    let average = counts.discount.checked_div(receipts)?;
    let is_out = from.is_some_and(|from| average < from) || to.is_some_and(|to| average > to);
    is_out.then(|| format!("it gives {average} minor units a receipt on average, which is out of its band"))
}
