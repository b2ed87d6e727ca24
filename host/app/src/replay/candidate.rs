//! Sold purchases of a bundle, priced with a candidate in place of the version of then.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::mechanics::{MechanicId, Outcome};
use domain::pricing::PricedReceipt;
use serde::Serialize;
use serde_json::Value;
use wire::answer;

use super::ReplayError;
use super::recorded::Recorded;
use crate::live::{Edition, Live};
use crate::purchases::pricing;

/// What a purchase comes to with the candidate.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// The till's id, masked.
    pub purchase_id: String,
    /// Of the money.
    pub currency: String,
    /// Lines that come out otherwise.
    pub lines: Vec<LineChange>,
    /// Name to what was answered, and what comes out.
    pub totals: BTreeMap<&'static str, (String, String)>,
    /// How the candidate failed: outcome, and which limit.
    pub faults: Vec<(&'static str, String)>,
    /// Whether the candidate was asked.
    pub asked: bool,
    /// The fuel that it took.
    pub fuel: u64,
}

/// A line that comes out otherwise; what was answered first.
#[derive(Debug, Serialize)]
pub struct LineChange {
    /// Its position.
    pub position: u64,
    /// Money off.
    pub discount: (String, String),
    /// Points.
    pub points: (String, String),
}

const TOTALS: [&str; 3] = ["discount", "payable", "points_earned"];

/// Prices a purchase with the candidate, which is the shadow of its plan.
pub(super) fn try_candidate(
    live: &Live,
    recorded: &Recorded,
    (name, digest): (&str, &str),
) -> Result<Tried, ReplayError> {
    let with_candidate = |edition: &&Arc<Edition>| {
        edition.plan.plan.mechanics.iter().any(|mechanic| mechanic.name == name && mechanic.digest == digest)
    };
    let shadows = live.shadows.iter().map(|(_, edition)| edition);
    // Where the candidate is what prices already, it shadows nothing.
    let edition = shadows
        .chain([&live.usual])
        .find(with_candidate)
        .ok_or_else(|| ReplayError::NotReproducible(format!("its plan does not know mechanic `{name}`")))?;
    let input = recorded.input(live, edition)?;
    let priced = pricing::again(&input, &[]);
    let text = answer::write(&edition.plan.plan, &input.read, &priced)
        .map_err(|problems| ReplayError::NotReproducible(problems.to_string()))?;
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (then, now) = (parse(&recorded.answer), parse(&text));
    let told = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let both = |name| {
        let pointer = format!("/totals/{name}");
        (name, (told(&then, &pointer), told(&now, &pointer)))
    };
    let (asked, fuel, faults) = reports(edition, &priced, digest);
    Ok(Tried {
        purchase_id: recorded.id.clone(),
        currency: edition.plan.plan.currency.code.clone(),
        lines: changes(&then, &now),
        totals: TOTALS.into_iter().map(both).collect(),
        faults,
        asked,
        fuel,
    })
}

fn reports(
    edition: &Edition,
    priced: &PricedReceipt,
    digest: &str,
) -> (bool, u64, Vec<(&'static str, String)>) {
    let is_candidate =
        |id: MechanicId| edition.plan.plan.mechanic(id).is_some_and(|mechanic| mechanic.digest == digest);
    let own = || priced.mechanics.iter().filter(|report| is_candidate(report.mechanic));
    let fault = |report: &domain::pricing::MechanicReport| {
        (report.outcome != Outcome::Ok)
            .then(|| (report.outcome.name(), report.detail.clone().unwrap_or_default()))
    };
    (own().next().is_some(), own().map(|report| report.fuel).sum(), own().filter_map(fault).collect())
}

fn changes(then: &Value, now: &Value) -> Vec<LineChange> {
    let lines = |answer: &Value| answer.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let change = |(then, now): (Value, Value)| {
        let both = |name| (text(&then, name), text(&now, name));
        let (discount, points) = (both("discount"), both("points_earned"));
        let same = discount.0 == discount.1 && points.0 == points.1;
        let position = now.get("position").and_then(Value::as_u64).unwrap_or_default();
        (!same).then_some(LineChange { position, discount, points })
    };
    lines(then).into_iter().zip(lines(now)).filter_map(change).collect()
}
