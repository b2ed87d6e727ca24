//! Last year's rule: recent, frequent and valuable customers get the offer.

use serde::{Deserialize, Serialize};
use trees::Bins;

use crate::error::CausalError;
use crate::learner::baseline::average_effect;
use crate::learner::{Fitted, Task};

/// Conditions that a row must all meet: bought recently, often, and for much. A row without a value does
/// not meet a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// At most the limit, for example days since the last purchase.
    pub recency: Option<Condition>,
    /// At least the limit, for example receipts in a year.
    pub frequency: Option<Condition>,
    /// At least the limit, for example spend in a year.
    pub monetary: Option<Condition>,
}

/// A limit on a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub feature: String,
    /// Compared by bin: exact if the limit is a cut of the feature, otherwise its whole bin counts as
    /// equal. None means the median bin of the rows trained on.
    pub limit: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fixed {
    conditions: Vec<BinCondition>,
    /// Average effect of each arm among those who meet the rule.
    #[serde(with = "crate::store::floats")]
    effects: Vec<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct BinCondition {
    column: usize,
    at_least: u8,
    at_most: u8,
}

/// The effect of those who meet the rule is their average effect in the experiment; that of all others
/// is 0.
pub(super) fn fit(task: &Task<'_>, rule: &Rule) -> Result<Fixed, CausalError> {
    let bins = &task.experiment.bins;
    let mut conditions = Vec::new();
    for (condition, recency) in [(&rule.recency, true), (&rule.frequency, false), (&rule.monetary, false)] {
        if let Some(condition) = condition {
            conditions.push(bin_condition(bins, task.rows, condition, recency)?);
        }
    }
    if conditions.is_empty() {
        return Err(CausalError::EmptyRule);
    }
    let mut fixed = Fixed { conditions, effects: Vec::new() };
    let meeting: Vec<u32> = task
        .rows
        .iter()
        .zip(fixed.meets(bins, task.rows))
        .filter(|(_, meets)| *meets)
        .map(|(row, _)| *row)
        .collect();
    if meeting.is_empty() {
        return Err(CausalError::TooFew {
            what: "the effect of a rule that no row meets",
            found: 0,
            wanted: 1,
        });
    }
    fixed.effects = task.arms().map(|arm| average_effect(task.experiment, &meeting, arm)).collect();
    Ok(fixed)
}

fn bin_condition(
    bins: &Bins,
    rows: &[u32],
    condition: &Condition,
    recency: bool,
) -> Result<BinCondition, CausalError> {
    let found = bins.features().iter().enumerate().find(|(_, feature)| feature.name == condition.feature);
    let (column, feature) = found.ok_or_else(|| CausalError::UnknownFeature {
        name: condition.feature.clone(),
        known: bins.features().iter().map(|feature| feature.name.as_str()).collect::<Vec<_>>().join(", "),
    })?;
    let limit = condition.limit.map_or_else(|| median(bins, rows, column), |limit| feature.bin(Some(limit)));
    Ok(if recency {
        BinCondition { column, at_least: 1, at_most: limit }
    } else {
        BinCondition { column, at_least: limit.max(1), at_most: u8::MAX }
    })
}

/// The median bin of the rows that have a value; 1 if none has.
fn median(bins: &Bins, rows: &[u32], column: usize) -> u8 {
    let mut row_bins = Vec::new();
    let mut values = Vec::with_capacity(rows.len());
    for row in rows {
        bins.row(crate::numbers::index(*row), &mut row_bins);
        values.extend(row_bins.get(column).copied().filter(|bin| *bin > 0));
    }
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(1)
}

impl Fixed {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.effects.len()
    }

    /// Whether all conditions are on features that exist.
    pub(super) fn fits(&self, features: usize) -> bool {
        self.conditions.iter().all(|condition| condition.column < features)
    }

    fn meets(&self, bins: &Bins, rows: &[u32]) -> Vec<bool> {
        let mut of_row = Vec::new();
        rows.iter()
            .map(|row| {
                bins.row(crate::numbers::index(*row), &mut of_row);
                self.conditions.iter().all(|condition| {
                    let bin = of_row.get(condition.column).copied().unwrap_or_default();
                    (condition.at_least..=condition.at_most).contains(&bin)
                })
            })
            .collect()
    }
}

impl Fitted for Fixed {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let meets = self.meets(bins, rows);
        let of_arm = |effect: &f64| meets.iter().map(|meets| if *meets { *effect } else { 0.0 }).collect();
        Ok(self.effects.iter().map(of_arm).collect())
    }
}
