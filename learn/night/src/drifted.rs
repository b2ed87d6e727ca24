//! Whether the world has moved since the last assignment: features as PSI, which warns, and predicted against
//! realised effects, which is red. Red stops promotion, never payment.

use std::path::Path;

use causal::Bootstrap;
use drift::LEAST_ROWS;
use experiment::input::encoded;
use experiment::input::plan::ColumnPlan;
use experiment::input::rows::Unseen;
use experiment::input::table::Table;
use serde::{Deserialize, Serialize};

/// A member of the last assignment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Realised {
    pub(crate) cluster: u64,
    /// Effect that was predicted of what the champion chose, in units of the outcome.
    pub(crate) predicted: f64,
    /// An unbiased estimate of it.
    pub(crate) gain: f64,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drift {
    pub(crate) red: bool,
    /// For people.
    pub(crate) warnings: Vec<String>,
    /// Population stability index by column, the largest first.
    pub(crate) psi: Vec<(String, f64)>,
    pub(crate) predicted: Option<f64>,
    /// Estimate, low and high end.
    pub(crate) realised: Option<[f64; 3]>,
}

/// Looks at the members of the last assignment, and at features of then and now (CSV files of the same columns).
pub(crate) fn drift(
    members: &[Realised],
    features: Option<(&Path, &Path)>,
    seed: u64,
) -> anyhow::Result<Drift> {
    let mut found = Drift::default();
    if let Some((then, now)) = features {
        moved(&mut found, then, now)?;
    }
    if members.len() < LEAST_ROWS {
        return Ok(found);
    }
    let column = |of: fn(&Realised) -> f64| members.iter().map(of).collect::<Vec<f64>>();
    let clusters: Vec<u64> = members.iter().map(|member| member.cluster).collect();
    let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
    let effects = drift::uplift(
        &column(|member| member.predicted),
        &column(|member| member.gain),
        &clusters,
        &bootstrap,
    )?;
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let all = effects.all.realised;
    found.predicted = Some(round(effects.all.predicted));
    found.realised = Some([round(all.estimate), round(all.low), round(all.high)]);
    if effects.drifted() {
        found.red = true;
        found.warnings.push(format!(
            "the champion's effects are not what was predicted: {:.4} a member was, and {:.4} ({:.4} to {:.4}) came; no \
             other model is promoted tonight",
            effects.all.predicted, all.estimate, all.low, all.high
        ));
    }
    Ok(found)
}

fn moved(found: &mut Drift, then: &Path, now: &Path) -> anyhow::Result<()> {
    let mut reader = csv::Reader::from_path(then)?;
    let names: Vec<String> =
        reader.headers()?.iter().filter(|name| *name != "member").map(str::to_owned).collect();
    let mut table = Table::read(then, &names)?;
    let (mut plans, mut values) = (Vec::new(), Vec::new());
    for name in &names {
        let column = table.take_column(name);
        if column.values().all(str::is_empty) {
            continue;
        }
        let Ok(plan) = ColumnPlan::of(&table, &column, false) else { continue };
        values.extend(plan.features(&table, &column)?);
        plans.push(plan);
    }
    if table.lines.len() < LEAST_ROWS || plans.is_empty() {
        return Ok(());
    }
    let unseen = Unseen::read(now, &plans, None)?;
    if unseen.ids.len() < LEAST_ROWS {
        return Ok(());
    }
    let cuts = encoded::features(&values);
    let (before, after) = (encoded::bins(&cuts, &values)?, encoded::bins(&cuts, &unseen.features)?);
    for feature in drift::stability(&before, &after)? {
        if feature.moved {
            found.warnings.push(format!(
                "\"{}\" is distributed differently than at the last assignment: PSI {:.2}",
                feature.feature, feature.psi
            ));
        }
        found.psi.push((feature.feature, (feature.psi * 1e6).round() / 1e6));
    }
    found.psi.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(())
}
