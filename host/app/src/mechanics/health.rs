//! Health of a version on this node since its trial began: its faults, its costs and its rewards. Kept in
//! memory, and stored at intervals.

mod breaker;
mod histogram;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::{Blame, Outcome};
use domain::pricing::{MechanicReport, PricedReceipt};
use serde::{Deserialize, Serialize};

use self::breaker::Breaker;
pub use self::histogram::Histogram;
use super::rollout::TrialKind;
use wire::rollout::Gates;

/// The number of latest receipts that the fault rate is computed on.
const WINDOW: usize = 200;
/// Factor on `min_receipts` for the gates of fuel and money, which vary more from receipt to receipt than
/// faults.
const MIN_RECEIPTS_FACTOR: u64 = 5;

/// The work of a version on one receipt.
#[derive(Debug, Clone, Copy)]
pub struct Observation {
    /// The first outcome of its calls other than [`Outcome::Ok`], if any.
    pub outcome: Outcome,
    /// True if that outcome is the host's fault: no free instance, no memory, a machine that is too busy.
    pub is_hosts_fault: bool,
    /// Fuel of all its calls.
    pub fuel: u64,
    /// Duration of all its calls, in microseconds.
    pub micros: u64,
    /// Discount that it gave, in smallest units of money.
    pub discount: i64,
    /// Points that it gave, in smallest steps.
    pub points: i64,
}

/// Sums over receipts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Receipts that it was asked about, but those on which the host failed.
    pub receipts: u64,
    /// Receipts on which it failed, by the name of the outcome.
    pub faults: BTreeMap<String, u64>,
    /// Receipts on which the host failed instead. Earlier releases do not write it.
    #[serde(default)]
    pub host_faults: u64,
    /// Fuel per receipt.
    pub fuel: Histogram,
    /// Microseconds per receipt.
    pub micros: Histogram,
    /// Discount, in smallest units of money.
    pub discount: i64,
    /// Points, in smallest steps.
    pub points: i64,
    /// Of a shadow: receipts that it prices differently from the active version.
    pub differences: u64,
    /// Of a shadow: receipts that were not compared, because the host was busy.
    pub skipped: u64,
}

/// Health of one version in one trial.
#[derive(Debug)]
pub struct Health {
    /// Name of the mechanic.
    pub name: String,
    /// Version number, as its author gave it.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
    /// Kind of the trial.
    pub kind: TrialKind,
    /// Number of the trial among those of the mechanic.
    pub trial: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    /// The latest receipts: true for each with a fault.
    window: VecDeque<bool>,
    breaker: Breaker,
    /// True once a broken gate was reported.
    gate_broken: bool,
    /// True if the counts have changed since they were last taken.
    changed: bool,
}

impl Observation {
    /// The work of a mechanic on a priced receipt. `took` is the duration of all its calls.
    pub fn of(report: &MechanicReport, priced: &PricedReceipt, took: Duration) -> Self {
        let rewards = || priced.lines.iter().flat_map(|line| &line.offers);
        let own = || rewards().filter(|reward| reward.mechanic == report.mechanic);
        Self {
            outcome: report.outcome,
            is_hosts_fault: report.blame == Some(Blame::Host),
            fuel: report.fuel,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            // Statistics: a sum at the end of the scale is as good as one beyond it.
            discount: own().map(|reward| reward.discount.0).fold(0, i64::saturating_add),
            points: own().map(|reward| reward.points.0).fold(0, i64::saturating_add),
        }
    }
}

impl Counts {
    /// Number of receipts with a fault.
    pub fn faulty(&self) -> u64 {
        self.faults.values().sum()
    }

    /// Adds the counts of another node.
    pub fn add(&mut self, other: &Self) {
        self.receipts = self.receipts.saturating_add(other.receipts);
        for (outcome, count) in &other.faults {
            let sum = self.faults.entry(outcome.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.host_faults = self.host_faults.saturating_add(other.host_faults);
        self.fuel.add(&other.fuel);
        self.micros.add(&other.micros);
        self.discount = self.discount.saturating_add(other.discount);
        self.points = self.points.saturating_add(other.points);
        self.differences = self.differences.saturating_add(other.differences);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl Health {
    /// Health at the beginning of a trial.
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

    /// Records the work on a receipt. One on which the host failed says nothing about the version: it counts towards no
    /// gate, and neither opens nor closes the circuit.
    pub fn record(&self, observation: Observation, now: Instant) {
        let mut inner = self.inner();
        let Inner { counts, window, breaker, changed, .. } = &mut *inner;
        *changed = true;
        if observation.is_hosts_fault {
            counts.host_faults = counts.host_faults.saturating_add(1);
            return;
        }
        let is_fault = observation.outcome != Outcome::Ok;
        counts.receipts = counts.receipts.saturating_add(1);
        if is_fault {
            let count = counts.faults.entry(observation.outcome.name().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        if observation.outcome != Outcome::Disabled {
            counts.fuel.record(observation.fuel);
            counts.micros.record(observation.micros);
            breaker.record(is_fault, now);
        }
        counts.discount = counts.discount.saturating_add(observation.discount);
        counts.points = counts.points.saturating_add(observation.points);
        if window.len() >= WINDOW {
            window.pop_front();
        }
        window.push_back(is_fault);
    }

    /// Records a comparison of a shadow with the active version.
    pub fn record_comparison(&self, differs: bool) {
        let mut inner = self.inner();
        if differs {
            inner.counts.differences = inner.counts.differences.saturating_add(1);
        }
        inner.changed = true;
    }

    /// Records a receipt that a shadow was not compared on.
    pub fn record_skipped(&self) {
        let mut inner = self.inner();
        inner.counts.skipped = inner.counts.skipped.saturating_add(1);
        inner.changed = true;
    }

    /// The counts until now.
    pub fn counts(&self) -> Counts {
        self.inner().counts.clone()
    }

    /// The counts, if they have changed since this was called last.
    pub fn take_changed_counts(&self) -> Option<Counts> {
        let mut inner = self.inner();
        std::mem::take(&mut inner.changed).then(|| inner.counts.clone())
    }

    /// The gate that this version has broken, in words, if there is one: returned once. `baseline` is the
    /// version that its fuel is compared with.
    pub fn check_gates(&self, gates: &Gates, baseline: Option<&Self>) -> Option<String> {
        // The locks are taken one after the other: two versions may be each other's baseline.
        let needs_baseline = self.inner().needs_baseline(gates);
        let baseline = baseline.filter(|_| needs_baseline).map(|baseline| baseline.inner().fuel_level());
        let mut inner = self.inner();
        if inner.gate_broken {
            return None;
        }
        let reason = inner.broken_gate(gates, baseline);
        inner.gate_broken = reason.is_some();
        reason
    }

    /// Reports a broken gate again after the next receipt, because the roll-back has failed.
    pub fn check_again(&self) {
        self.inner().gate_broken = false;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // The counts are consistent after every statement, also if a thread has panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fuel of a version over its receipts.
#[derive(Debug, Clone, Copy)]
struct FuelLevel {
    /// Number of receipts.
    receipts: u64,
    /// Fuel that 99 of 100 receipts do not exceed.
    percentile_99: u64,
}

impl Inner {
    fn fuel_level(&self) -> FuelLevel {
        let fuel = &self.counts.fuel;
        FuelLevel { receipts: fuel.count(), percentile_99: fuel.percentile(99) }
    }

    /// True if the gate of fuel has to be checked.
    fn needs_baseline(&self, gates: &Gates) -> bool {
        !self.gate_broken && gates.fuel_percent.is_some() && self.counts.receipts >= enough_receipts(gates)
    }

    fn broken_gate(&self, gates: &Gates, baseline: Option<FuelLevel>) -> Option<String> {
        let faults = self.too_many_faults(gates, min_receipts(gates));
        let counts = &self.counts;
        if faults.is_some() || counts.receipts < enough_receipts(gates) {
            return faults;
        }
        let fuel = baseline
            .filter(|baseline| baseline.receipts >= enough_receipts(gates))
            .and_then(|baseline| too_much_fuel(self.fuel_level(), baseline, gates.fuel_percent?));
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

/// The least number of receipts before the fault rate is checked.
fn min_receipts(gates: &Gates) -> u64 {
    gates.min_receipts.unwrap_or(1)
}

/// The least number of receipts before fuel and money are checked.
fn enough_receipts(gates: &Gates) -> u64 {
    min_receipts(gates).saturating_mul(MIN_RECEIPTS_FACTOR)
}

fn too_much_fuel(now: FuelLevel, before: FuelLevel, percent: i32) -> Option<String> {
    let (now, before) = (now.percentile_99, before.percentile_99);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes after one receipt with a fault.
    const STRICT: Gates =
        Gates { min_receipts: Some(1), fault_percent: Some(1), fuel_percent: None, money_per_receipt: None };

    fn observed(outcome: Outcome, is_hosts_fault: bool) -> Observation {
        Observation { outcome, is_hosts_fault, fuel: 1, micros: 1, discount: 0, points: 0 }
    }

    fn health_after(outcome: Outcome, is_hosts_fault: bool) -> Health {
        let health = Health::new("m", "1.0.0", "sha256:0", (TrialKind::Active, 1));
        for _ in 0..WINDOW {
            health.record(observed(outcome, is_hosts_fault), Instant::now());
        }
        health
    }

    #[test]
    fn faults_of_the_host_break_no_gate_and_open_no_circuit() {
        for outcome in [Outcome::Disabled, Outcome::Deadline, Outcome::OutOfMemory] {
            let health = health_after(outcome, true);
            assert_eq!(health.check_gates(&STRICT, None), None, "{outcome:?}");
            assert!(!health.is_circuit_open() && health.may_be_asked(Instant::now()), "{outcome:?}");
            let counts = health.take_changed_counts().expect("they are told");
            assert_eq!((counts.receipts, counts.faulty(), counts.host_faults), (0, 0, 200), "{outcome:?}");
        }
    }

    #[test]
    fn faults_of_the_mechanic_break_a_gate_and_open_the_circuit() {
        for outcome in
            [Outcome::Trap, Outcome::OutOfFuel, Outcome::OutOfMemory, Outcome::Deadline, Outcome::BadOutput]
        {
            let health = health_after(outcome, false);
            let reason = health.check_gates(&STRICT, None).expect("a broken gate");
            assert_eq!(reason, "it failed on 200 of the last 200 receipts", "{outcome:?}");
            assert!(health.is_circuit_open(), "{outcome:?}");
            assert_eq!((health.counts().faulty(), health.counts().host_faults), (200, 0), "{outcome:?}");
        }
    }

    #[test]
    fn an_open_circuit_stays_open_when_the_host_fails_on_the_attempt() {
        let health = health_after(Outcome::Trap, false);
        health.record(observed(Outcome::Disabled, true), Instant::now());
        assert!(health.is_circuit_open());
    }

    #[test]
    fn counts_of_an_earlier_release_can_be_read() {
        let mut counts = serde_json::to_value(Counts::default()).expect("JSON");
        counts.as_object_mut().expect("an object").remove("host_faults");
        assert_eq!(serde_json::from_value::<Counts>(counts).expect("counts"), Counts::default());
    }
}
