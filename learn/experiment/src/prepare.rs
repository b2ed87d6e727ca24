//! From rows to an experiment that can be judged: bins, propensities, costs, checks.

use causal::{Condition, Experiment, Propensity, Rule};
use choose::segments::Segmentation;
use choose::{FeatureSummary, peek};
use trees::Feature;

use crate::input::config::Config;
use crate::input::encoded;
use crate::input::plan::{ColumnPlan, FeatureValues};
use crate::input::rows::Rows;
use crate::refused::{Refused, nearest, refuse};
use crate::segmentation::segmentations;

/// A stated propensity that is further from the arm's share than so many standard errors is not the one
/// the arms were drawn with.
const MOST_DEVIATION: f64 = 6.0;

/// An experiment, and what is needed beside it.
pub(crate) struct Prepared {
    pub(crate) experiment: Experiment,
    pub(crate) features: Vec<Feature>,
    pub(crate) summaries: Vec<FeatureSummary>,
    /// How many features each column has become.
    pub(crate) widths: Vec<usize>,
    pub(crate) segmentations: Vec<Segmentation>,
    pub(crate) costs: Vec<f64>,
    pub(crate) rule: Option<Rule>,
}

/// Prepares rows.
///
/// # Errors
///
/// A feature that peeks at the outcome, a propensity that the shares of the arms contradict, a rule on
/// something that is no feature of numbers.
pub(crate) fn prepare(rows: &mut Rows, config: &Config, file: &str) -> Result<Prepared, Refused> {
    let values = std::mem::take(&mut rows.features);
    let features = encoded::features(&values);
    let summaries = summaries(rows, &values, &features, config, file)?;
    let bins = encoded::bins(&features, &values)?;
    let rule = rule(config, &features, file)?;
    let propensity = propensity(rows, config, file)?;
    let costs = rows.arms.iter().map(|arm| config.cost.get(arm).copied().unwrap_or(0.0)).collect();
    let experiment = Experiment {
        bins,
        arm: std::mem::take(&mut rows.arm),
        arms: rows.arms.clone(),
        outcome: std::mem::take(&mut rows.outcome),
        scale: rows.scale,
        propensity,
        cluster: std::mem::take(&mut rows.members),
    };
    let widths = rows.plans.iter().map(ColumnPlan::width).collect();
    let segmentations = segmentations(&rows.plans, &values);
    Ok(Prepared { experiment, features, summaries, widths, segmentations, costs, rule })
}

/// What the report says of each column, if none of them peeks.
fn summaries(
    rows: &Rows,
    values: &[FeatureValues],
    features: &[Feature],
    config: &Config,
    file: &str,
) -> Result<Vec<FeatureSummary>, Refused> {
    let mut pairs = features.iter().zip(values);
    let mut summaries = Vec::new();
    for plan in &rows.plans {
        let name = plan.column();
        let (mut tells, mut missing) = (0.0_f64, 0.0);
        for (feature, values) in pairs.by_ref().take(plan.width()) {
            let told = peek::tell(&encoded::column(feature, values), &rows.outcome);
            if told.peeks() && !config.trusted.iter().any(|trusted| trusted == name) {
                return Err(peeks(file, name, &config.outcome, told));
            }
            tells = tells.max(told.measure);
            missing =
                share(values.values.iter().filter(|value| value.is_none()).count(), values.values.len());
        }
        summaries.push(FeatureSummary {
            name: name.to_owned(),
            categories: plan.categories().and_then(|count| u64::try_from(count).ok()),
            missing,
            tells_outcome: (tells * 1e6).round() / 1e6,
            importance: 0.0,
        });
    }
    Ok(summaries)
}

fn peeks(file: &str, name: &str, outcome: &str, told: peek::Tell) -> Refused {
    let how = match told.pure {
        Some(rows) => format!("{rows} rows with the same value of it all have the rarer outcome"),
        None if told.binary => {
            format!("alone it tells it with AUC {:.3}; the limit is {}", told.measure, peek::MOST_AUC)
        }
        None => format!("alone it tells it with R² {:.3}; the limit is {}", told.measure, peek::MOST_R2),
    };
    Refused(format!(
        "{file}, column \"{name}\": peeks at the outcome \"{outcome}\" ({how}). A feature must have been known before \
         the treatment; take it off the features, or list it under `trusted` if it was"
    ))
}

/// `count` of `all`; rows are counted in 32 bits.
fn share(count: usize, all: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { (float(count) / float(all) * 1e6).round() / 1e6 }
}

/// The probabilities of each row, those that are stated for all, or the shares of the arms.
fn propensity(rows: &Rows, config: &Config, file: &str) -> Result<Propensity, Refused> {
    if !rows.chances.is_empty() {
        return Ok(Propensity::PerRow(rows.chances.clone()));
    }
    let all = f64::from(u32::try_from(rows.arm.len()).unwrap_or(u32::MAX));
    let mut chances = Vec::new();
    for (number, arm) in (0_u8..).zip(&rows.arms) {
        let count = rows.arm.iter().filter(|own| **own == number).count();
        let found = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / all;
        let stated = config.propensity.get(arm).copied().unwrap_or(found);
        if (stated - found).abs() > MOST_DEVIATION * (stated * (1.0 - stated) / all).sqrt() {
            refuse!(
                "{file}: {count} of {} rows have the arm \"{arm}\", which does not come by chance if it was drawn with the \
                 probability {stated} that `propensity` states",
                rows.arm.len()
            );
        }
        chances.push(stated);
    }
    Ok(Propensity::PerArm(chances.into_iter().filter_map(millionths).collect()))
}

/// The nearest whole number of millionths.
fn millionths(chance: f64) -> Option<u32> {
    format!("{:.0}", chance * 1e6).parse().ok()
}

/// The rule of thumb of the configuration.
fn rule(config: &Config, features: &[Feature], file: &str) -> Result<Option<Rule>, Refused> {
    let Some(rule) = &config.rule else { return Ok(None) };
    let condition = |name: &Option<String>| -> Result<Option<Condition>, Refused> {
        let Some(name) = name else { return Ok(None) };
        if !features.iter().any(|feature| feature.name == *name) {
            let near = nearest(name, features.iter().map(|feature| feature.name.as_str()));
            refuse!("{file}, `rule`: \"{name}\" is not among the features that are numbers{near}");
        }
        Ok(Some(Condition { feature: name.clone(), limit: None }))
    };
    Ok(Some(Rule {
        recency: condition(&rule.recency)?,
        frequency: condition(&rule.frequency)?,
        monetary: condition(&rule.monetary)?,
    }))
}
