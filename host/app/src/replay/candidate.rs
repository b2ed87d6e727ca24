//! Purchases of a bundle, priced with a candidate in place of the version that priced them.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::mechanics::{MechanicId, Outcome};
use domain::pricing::PricedReceipt;
use serde::Serialize;
use serde_json::Value;
use wire::answer;

use super::ReplayError;
use super::recorded::Recorded;
use crate::live::{Live, PlanVariant};
use crate::purchases::pricing;

/// The differences between a purchase's answer and its price with the candidate.
#[derive(Debug, Serialize)]
pub struct CandidateRun {
    /// The purchase's id, masked.
    pub purchase_id: String,
    /// Currency of all money.
    pub currency: String,
    /// Lines that are priced otherwise.
    pub lines: Vec<CandidateLine>,
    /// Totals by name: value of the answer, value with the candidate.
    pub totals: BTreeMap<&'static str, (String, String)>,
    /// Faults of the candidate: outcome and detail.
    pub faults: Vec<(&'static str, String)>,
    /// True if the candidate was asked.
    pub asked: bool,
    /// Fuel that it used.
    pub fuel: u64,
}

/// A line that is priced otherwise: values of the answer, then with the candidate.
#[derive(Debug, Serialize)]
pub struct CandidateLine {
    /// The till's number of the line.
    pub position: u64,
    /// Discount.
    pub discount: (String, String),
    /// Points.
    pub points: (String, String),
}

const TOTALS: [&str; 3] = ["discount", "payable", "points_earned"];

/// Prices a purchase with the candidate, which is the shadow of its plan.
pub(super) fn price_with_candidate(
    live: &Live,
    recorded: &Recorded,
    (name, digest): (&str, &str),
) -> Result<CandidateRun, ReplayError> {
    let with_candidate = |variant: &&Arc<PlanVariant>| {
        variant.plan.plan.mechanics.iter().any(|mechanic| mechanic.name == name && mechanic.digest == digest)
    };
    let shadows = live.shadows.iter().map(|(_, variant)| variant);
    // A candidate that is already the active version has no shadow plan.
    let variant = shadows
        .chain([&live.active])
        .find(with_candidate)
        .ok_or_else(|| ReplayError::NotReproducible(format!("its plan does not know mechanic `{name}`")))?;
    let input = recorded.input(live, variant)?;
    let priced = pricing::reprice(&input, &[]);
    let text = answer::write(&variant.plan.plan, &input.read, &priced)
        .map_err(|problems| ReplayError::NotReproducible(problems.to_string()))?;
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (then, now) = (parse(&recorded.answer), parse(&text));
    let total = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let both = |name| {
        let pointer = format!("/totals/{name}");
        (name, (total(&then, &pointer), total(&now, &pointer)))
    };
    let (asked, fuel, faults) = reports(variant, &priced, digest);
    Ok(CandidateRun {
        purchase_id: recorded.id.clone(),
        currency: variant.plan.plan.currency.code.clone(),
        lines: changes(&then, &now),
        totals: TOTALS.into_iter().map(both).collect(),
        faults,
        asked,
        fuel,
    })
}

fn reports(
    variant: &PlanVariant,
    priced: &PricedReceipt,
    digest: &str,
) -> (bool, u64, Vec<(&'static str, String)>) {
    let is_candidate =
        |id: MechanicId| variant.plan.plan.mechanic(id).is_some_and(|mechanic| mechanic.digest == digest);
    let own = || priced.mechanics.iter().filter(|report| is_candidate(report.mechanic));
    let fault = |report: &domain::pricing::MechanicReport| {
        (report.outcome != Outcome::Ok)
            .then(|| (report.outcome.name(), report.detail.clone().unwrap_or_default()))
    };
    (own().next().is_some(), own().map(|report| report.fuel).sum(), own().filter_map(fault).collect())
}

fn changes(then: &Value, now: &Value) -> Vec<CandidateLine> {
    let lines = |answer: &Value| answer.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let change = |(then, now): (Value, Value)| {
        let both = |name| (text(&then, name), text(&now, name));
        let (discount, points) = (both("discount"), both("points_earned"));
        let same = discount.0 == discount.1 && points.0 == points.1;
        let position = now.get("position").and_then(Value::as_u64).unwrap_or_default();
        (!same).then_some(CandidateLine { position, discount, points })
    };
    lines(then).into_iter().zip(lines(now)).filter_map(change).collect()
}
