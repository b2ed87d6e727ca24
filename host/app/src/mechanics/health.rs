//! Health of a version on this node since its trial began: its faults, its costs and its rewards. Kept in
//! memory, and stored at intervals.

mod breaker;
mod gates;
mod histogram;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::{Blame, Outcome};
use domain::pricing::{MechanicReport, PricedReceipt};
use serde::{Deserialize, Serialize};

use self::breaker::Breaker;
pub use self::gates::BrokenGate;
pub use self::histogram::Histogram;
use super::faults::{self, Fault, FaultKind, FaultSummary, FaultTexts};
use super::rollout::TrialKind;
use wire::rollout::Gates;

/// The number of latest receipts that the fault rate is computed on.
const WINDOW: usize = 200;

/// The work of a version on one receipt.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The first fault of its calls, if any.
    pub fault: Option<Fault>,
    /// True if that is the host's fault: no free instance, no memory, a machine that is too busy.
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
    /// Receipts on which it failed, by the kind of the fault.
    pub faults: BTreeMap<String, u64>,
    /// Texts of those faults. Earlier releases do not write them.
    #[serde(default, skip_serializing_if = "FaultTexts::is_empty")]
    pub texts: FaultTexts,
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
    /// The latest receipts, each with its fault, if there was one.
    window: VecDeque<Option<FaultKind>>,
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
            fault: fault_of(report),
            is_hosts_fault: report.blame == Some(Blame::Host),
            fuel: report.fuel,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            // Statistics: a sum at the end of the scale is as good as one beyond it.
            discount: own().map(|reward| reward.discount.0).fold(0, i64::saturating_add),
            points: own().map(|reward| reward.points.0).fold(0, i64::saturating_add),
        }
    }

    /// The fault, unless it is the host's.
    pub fn own_fault(&self) -> Option<&Fault> {
        self.fault.as_ref().filter(|_| !self.is_hosts_fault)
    }
}

fn fault_of(report: &MechanicReport) -> Option<Fault> {
    if report.outcome != Outcome::Ok {
        let text = report.detail.clone().unwrap_or_default();
        return Some(Fault { kind: FaultKind::Call(report.outcome), text });
    }
    report.gave_up.clone().map(|text| Fault { kind: FaultKind::GaveUp, text })
}

impl Counts {
    /// Number of receipts with a fault.
    pub fn faulty(&self) -> u64 {
        self.faults.values().sum()
    }

    /// The faults by kind, the most frequent cause first.
    pub fn fault_summaries(&self) -> Vec<FaultSummary> {
        faults::summaries(&self.faults, &self.texts)
    }

    /// Adds the counts of another node.
    pub fn add(&mut self, other: &Self) {
        self.receipts = self.receipts.saturating_add(other.receipts);
        for (outcome, count) in &other.faults {
            let sum = self.faults.entry(outcome.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.texts.add(&other.texts);
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
    /// gate, and neither opens nor closes the circuit. An answer that it has failed counts towards the gates, but does
    /// not open the circuit: the offers may be the cause.
    pub fn record(&self, observation: Observation, now: Instant) {
        let mut inner = self.inner();
        let Inner { counts, window, breaker, changed, .. } = &mut *inner;
        *changed = true;
        if observation.is_hosts_fault {
            counts.host_faults = counts.host_faults.saturating_add(1);
            return;
        }
        let kind = observation.fault.as_ref().map(|fault| fault.kind);
        counts.receipts = counts.receipts.saturating_add(1);
        if let Some(Fault { kind, text }) = &observation.fault {
            let count = counts.faults.entry(kind.name().to_owned()).or_default();
            *count = count.saturating_add(1);
            counts.texts.record(kind.name(), text);
        }
        if !kind.is_some_and(FaultKind::is_left_alone) {
            counts.fuel.record(observation.fuel);
            counts.micros.record(observation.micros);
            breaker.record(matches!(kind, Some(FaultKind::Call(_))), now);
        }
        counts.discount = counts.discount.saturating_add(observation.discount);
        counts.points = counts.points.saturating_add(observation.points);
        if window.len() >= WINDOW {
            window.pop_front();
        }
        window.push_back(kind);
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

    /// The gate that this version has broken, if there is one: returned once. `baseline` is the version that its fuel
    /// is compared with.
    pub fn check_gates(&self, gates: &Gates, baseline: Option<&Self>) -> Option<BrokenGate> {
        // The locks are taken one after the other: two versions may be each other's baseline.
        let needs_baseline = self.inner().needs_baseline(gates);
        let baseline = baseline.filter(|_| needs_baseline).map(|baseline| baseline.inner().fuel_level());
        let mut inner = self.inner();
        if inner.gate_broken {
            return None;
        }
        let broken = inner.broken_gate(&self.version, gates, baseline);
        inner.gate_broken = broken.is_some();
        broken
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes after one receipt with a fault.
    const STRICT: Gates =
        Gates { min_receipts: Some(1), fault_percent: Some(1), fuel_percent: None, money_per_receipt: None };

    fn observed(outcome: Outcome, is_hosts_fault: bool) -> Observation {
        observed_fault(FaultKind::Call(outcome), is_hosts_fault)
    }

    fn observed_fault(kind: FaultKind, is_hosts_fault: bool) -> Observation {
        let fault = Some(Fault { kind, text: "why".to_owned() });
        Observation { fault, is_hosts_fault, fuel: 1, micros: 1, discount: 0, points: 0 }
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
            let broken = health.check_gates(&STRICT, None).expect("a broken gate");
            let name = outcome.name();
            let reason = format!(
                "version 1.0.0 failed on 200 of the last 200 receipts: {name} on 200; most often: why"
            );
            assert_eq!(broken.reason, reason);
            let summary =
                FaultSummary { outcome: name.to_owned(), text: Some("why".to_owned()), receipts: 200 };
            assert_eq!(broken.fault, Some(summary));
            assert!(health.is_circuit_open(), "{outcome:?}");
            assert_eq!((health.counts().faulty(), health.counts().host_faults), (200, 0), "{outcome:?}");
        }
    }

    #[test]
    fn a_version_that_answers_that_it_failed_breaks_a_gate_and_is_asked_on() {
        let health = Health::new("m", "1.0.0", "sha256:0", (TrialKind::Active, 1));
        for _ in 0..WINDOW {
            health.record(observed_fault(FaultKind::GaveUp, false), Instant::now());
        }
        assert!(!health.is_circuit_open());
        let fault = health.check_gates(&STRICT, None).expect("a broken gate").fault.expect("its fault");
        assert_eq!((fault.outcome.as_str(), fault.receipts), ("failed", 200));
    }

    #[test]
    fn the_cause_is_told_and_not_that_it_was_left_alone() {
        let health = Health::new("m", "1.0.0", "sha256:0", (TrialKind::Active, 1));
        for outcome in [Outcome::Trap; 5].into_iter().chain([Outcome::Disabled; 15]) {
            health.record(observed(outcome, false), Instant::now());
        }
        let broken = health.check_gates(&STRICT, None).expect("a broken gate");
        assert_eq!(
            broken.reason,
            "version 1.0.0 failed on 20 of the last 20 receipts: trap on 5, not asked on 15 after repeated \
             faults; most often: why"
        );
        assert_eq!(broken.fault.map(|fault| fault.outcome), Some("trap".to_owned()));
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
