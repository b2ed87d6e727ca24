//! Shadow versions: computed beside the active ones, they pay nothing; the lines that they would price otherwise are
//! stored.

use std::sync::Arc;
use std::time::Duration;

use domain::decimal::format_scaled;
use domain::mechanics::MechanicId;
use domain::plan::Plan;
use domain::pricing::{PricedLine, PricedReceipt, price};
use serde::Serialize;
use store::ShadowDifference;
use tokio::runtime::Handle;

use super::pricing::Input;
use crate::clock::now;
use crate::live::PlanVariant;
use crate::mechanics::guard;
use crate::mechanics::health::{Health, Observation};
use crate::state::App;

/// Receipts with differences that are stored for one trial; all are counted.
const DIFFERENCES_KEPT: u64 = 1_000;

/// A line that the shadow version prices otherwise.
#[derive(Debug, Serialize)]
struct LineDifference<'a> {
    position: u32,
    goods_id: &'a str,
    discount: Both,
    points: Both,
}

#[derive(Debug, Serialize)]
struct Both {
    active: String,
    shadow: String,
}

/// Prices a receipt by the shadow versions, once a calculation thread has nothing else to do, and compares.
pub(super) fn compare(
    app: &App,
    shadows: &[(MechanicId, Arc<PlanVariant>)],
    input: &Arc<Input>,
    priced: &PricedReceipt,
    stored_id: &str,
) {
    let is_asked = |mechanic: MechanicId| priced.mechanics.iter().any(|report| report.mechanic == mechanic);
    for (mechanic, variant) in shadows.iter().filter(|(mechanic, _)| is_asked(*mechanic)) {
        let Some(monitored) = variant.monitored.get(mechanic.0) else { continue };
        let (app, input, variant) = (app.clone(), Arc::clone(input), Arc::clone(variant));
        let stored_id = stored_id.to_owned();
        let (mechanic, lines, runtime) = (*mechanic, priced.lines.clone(), Handle::current());
        let threads = app.threads.clone();
        let job = move || {
            let _runtime = runtime.enter();
            compute(&app, (mechanic, &variant), &input, &lines, &stored_id);
        };
        if !threads.run_in_background(job) {
            monitored.health.record_skipped();
        }
    }
}

fn compute(
    app: &App,
    (mechanic, variant): (MechanicId, &PlanVariant),
    input: &Input,
    lines: &[PricedLine],
    stored_id: &str,
) {
    let Some(monitored) = variant.monitored.get(mechanic.0) else { return };
    let calculation = input.calculation(&variant.mechanics);
    let shadow = price(domain::pricing::Calculation { plan: &variant.plan.plan, ..calculation });
    if let Some(report) = shadow.mechanics.iter().find(|report| report.mechanic == mechanic) {
        // Computed at low priority, so that its time says nothing about the version.
        guard::record(&app.metrics, &monitored.health, Observation::of(report, &shadow, Duration::ZERO));
    }
    let found = differences(&variant.plan.plan, input, lines, &shadow.lines);
    monitored.health.record_comparison(!found.is_empty());
    if !found.is_empty() && monitored.health.counts().differences <= DIFFERENCES_KEPT {
        keep(app, &monitored.health, stored_id, &found);
    }
    guard::check_gates(app, std::slice::from_ref(monitored));
}

fn differences<'a>(
    plan: &Plan,
    input: &'a Input,
    active: &[PricedLine],
    shadow: &[PricedLine],
) -> Vec<LineDifference<'a>> {
    let money = |one: &PricedLine, other: &PricedLine| Both {
        active: format_scaled(one.discount.0, plan.currency.exponent),
        shadow: format_scaled(other.discount.0, plan.currency.exponent),
    };
    let points = |one: &PricedLine, other: &PricedLine| Both {
        active: format_scaled(one.points_earned.0, plan.points.exponent),
        shadow: format_scaled(other.points_earned.0, plan.points.exponent),
    };
    let differs = |(one, other): &(&PricedLine, &PricedLine)| {
        one.discount != other.discount || one.points_earned != other.points_earned
    };
    let line = |(one, other): (&PricedLine, &PricedLine)| {
        let line = input.read.receipt.lines.iter().find(|line| line.position == one.position)?;
        let (discount, points) = (money(one, other), points(one, other));
        Some(LineDifference { position: one.position, goods_id: &line.goods_id, discount, points })
    };
    active.iter().zip(shadow).filter(differs).filter_map(line).collect()
}

fn keep(app: &App, health: &Health, purchase_id: &str, found: &[LineDifference<'_>]) {
    let Ok(lines) = serde_json::to_string(found) else { return };
    let difference = ShadowDifference {
        digest: health.digest.clone(),
        since: i64::try_from(health.trial).unwrap_or(i64::MAX),
        purchase_id: purchase_id.to_owned(),
        created_at: now(),
        lines,
    };
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = app.store.put_shadow_difference(&difference).await {
            tracing::warn!(%error, "could not store a difference of a shadow version");
        }
    });
}
