//! The gates of a version: the limits beyond which it is rolled back.

use std::collections::BTreeMap;

use wire::rollout::Gates;

use super::{Counts, Inner};
use crate::mechanics::faults::{self, FaultSummary};

/// Factor on `min_receipts` for the gates of fuel and money, which vary more from receipt to receipt than
/// faults.
const MIN_RECEIPTS_FACTOR: u64 = 5;

/// A gate that a version has broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenGate {
    /// For people: the version, the limit and the numbers.
    pub reason: String,
    /// The most frequent fault of the trial on this node, if faults were too many.
    pub fault: Option<FaultSummary>,
}

/// Fuel of a version over its receipts.
#[derive(Debug, Clone, Copy)]
pub(super) struct FuelLevel {
    /// Number of receipts.
    receipts: u64,
    /// Fuel that 99 of 100 receipts do not exceed.
    percentile_99: u64,
}

impl Inner {
    pub(super) fn fuel_level(&self) -> FuelLevel {
        let fuel = &self.counts.fuel;
        FuelLevel { receipts: fuel.count(), percentile_99: fuel.percentile(99) }
    }

    /// True if the gate of fuel has to be checked.
    pub(super) fn needs_baseline(&self, gates: &Gates) -> bool {
        !self.gate_broken && gates.fuel_percent.is_some() && self.counts.receipts >= enough_receipts(gates)
    }

    /// The gate that the version with this number has broken.
    pub(super) fn broken_gate(
        &self,
        version: &str,
        gates: &Gates,
        baseline: Option<FuelLevel>,
    ) -> Option<BrokenGate> {
        let faults = self.too_many_faults(version, gates);
        let counts = &self.counts;
        if faults.is_some() || counts.receipts < enough_receipts(gates) {
            return faults;
        }
        let fuel = baseline
            .filter(|baseline| baseline.receipts >= enough_receipts(gates))
            .and_then(|baseline| too_much_fuel(self.fuel_level(), baseline, gates.fuel_percent?));
        let reason = fuel.or_else(|| out_of_band(counts, gates.money_per_receipt?))?;
        Some(BrokenGate { reason: format!("version {version} {reason}"), fault: None })
    }

    fn too_many_faults(&self, version: &str, gates: &Gates) -> Option<BrokenGate> {
        let most = u64::try_from(gates.fault_percent?).ok()?;
        let receipts = u64::try_from(self.window.len()).unwrap_or(u64::MAX);
        let mut by_kind: BTreeMap<String, u64> = BTreeMap::new();
        for kind in self.window.iter().flatten() {
            let count = by_kind.entry(kind.name().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        let faults: u64 = by_kind.values().sum();
        let is_too_many =
            receipts >= min_receipts(gates) && faults.saturating_mul(10_000) > most.saturating_mul(receipts);
        is_too_many.then(|| {
            let latest = faults::list(&faults::summaries(&by_kind, &self.counts.texts));
            let fault = self.counts.fault_summaries().into_iter().next();
            let text = fault.as_ref().and_then(|fault| fault.text.as_deref()).unwrap_or_default();
            let text = if text.is_empty() { String::new() } else { format!("; most often: {text}") };
            let reason = format!(
                "version {version} failed on {faults} of the last {receipts} receipts: {latest}{text}"
            );
            BrokenGate { reason, fault }
        })
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
        format!(
            "takes up to {now} units of fuel on 99 of 100 receipts; with the version before it was {before}"
        )
    })
}

fn out_of_band(counts: &Counts, (from, to): (Option<i64>, Option<i64>)) -> Option<String> {
    let receipts = i64::try_from(counts.receipts).ok().filter(|receipts| *receipts > 0)?;
    let average = counts.discount.checked_div(receipts)?;
    let is_out = from.is_some_and(|from| average < from) || to.is_some_and(|to| average > to);
    is_out.then(|| format!("gives {average} minor units a receipt on average, which is out of its band"))
}
