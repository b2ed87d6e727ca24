//! Effects by segment: what each arm does with members of one kind, for columns of few values.

use causal::Scores;
use causal::bootstrap::Bootstrap;

use crate::error::ChooseError;
use crate::judge::rounded;
use crate::split::number;
use crate::verdict::{FeatureSummary, Segment, Segments};

/// Most columns that are looked at: the most important ones.
pub const MOST_COLUMNS: usize = 10;

/// Most values of such a column.
pub const MOST_VALUES: usize = 12;

/// Of fewer rows no effect is given.
pub const LEAST_ROWS: usize = 200;

/// A column of few values.
#[derive(Clone, Debug)]
pub struct Segmentation {
    pub column: String,
    pub values: Vec<String>,
    /// Position in `values` of each row; beyond them if the row has none.
    pub of_row: Vec<u8>,
}

/// Effects over the control by value of each column, the most important columns first, and how much of each
/// arm the rows get from a policy, one arm per row.
///
/// # Errors
///
/// Too few members for an interval.
pub(crate) fn segments(
    segmentations: &[Segmentation],
    features: &[FeatureSummary],
    scores: &Scores,
    policy: &[u8],
    bootstrap: &Bootstrap,
) -> Result<Vec<Segments>, ChooseError> {
    let importance = |one: &Segmentation| {
        let feature = features.iter().find(|feature| feature.name == one.column);
        feature.map_or(0.0, |feature| feature.importance)
    };
    let mut columns: Vec<Segmentation> =
        segmentations.iter().map(large_enough).filter(|one| one.values.len() > 1).collect();
    columns.sort_by(|a, b| importance(b).total_cmp(&importance(a)));
    columns.truncate(MOST_COLUMNS);
    let effects = (1..scores.arms()).map(|arm| scores.effect(arm)).collect::<Result<Vec<_>, _>>()?;
    let means = |weights: &[f64]| -> Vec<f64> {
        let of_column = |column: &Segmentation| {
            effects.iter().flat_map(|effect| column.means(weights, effect)).collect::<Vec<_>>()
        };
        columns.iter().flat_map(of_column).collect()
    };
    let mut intervals = bootstrap.statistics(scores.clusters(), &means)?.into_iter();
    let found = columns.iter().map(|column| {
        let mut values: Vec<Segment> = column
            .values
            .iter()
            .zip(0..)
            .map(|(value, place)| {
                let of_value = || column.of_row.iter().zip(policy).filter(move |(own, _)| **own == place);
                let rows = of_value().count();
                let share =
                    |arm: usize| share(of_value().filter(|(_, own)| usize::from(**own) == arm).count(), rows);
                Segment {
                    value: value.clone(),
                    rows: number(rows),
                    effects: Vec::new(),
                    shares: (0..scores.arms()).map(share).collect(),
                }
            })
            .collect();
        for _ in &effects {
            for (value, interval) in values.iter_mut().zip(intervals.by_ref()) {
                value.effects.push(interval.into());
            }
        }
        Segments { column: column.column.clone(), values }
    });
    Ok(found.collect())
}

/// The same without values of few rows.
fn large_enough(column: &Segmentation) -> Segmentation {
    let mut left =
        Segmentation { column: column.column.clone(), values: Vec::new(), of_row: column.of_row.clone() };
    let mut places = [u8::MAX; MOST_VALUES];
    for ((value, place), new) in column.values.iter().zip(0_u8..).zip(&mut places) {
        if column.of_row.iter().filter(|own| **own == place).count() >= LEAST_ROWS {
            *new = u8::try_from(left.values.len()).unwrap_or(u8::MAX);
            left.values.push(value.clone());
        }
    }
    for own in &mut left.of_row {
        *own = places.get(usize::from(*own)).copied().unwrap_or(u8::MAX);
    }
    left
}

impl Segmentation {
    /// The weighted mean of each value's rows.
    fn means(&self, weights: &[f64], effect: &[f64]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.values.len()];
        for ((place, weight), effect) in self.of_row.iter().zip(weights).zip(effect) {
            if let Some((sum, total)) = sums.get_mut(usize::from(*place)) {
                *sum += weight * effect;
                *total += weight;
            }
        }
        sums.into_iter().map(|(sum, total)| if total > 0.0 { sum / total } else { 0.0 }).collect()
    }
}

fn share(part: usize, all: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { rounded(float(part) / float(all)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 rows of "a" with effect 2, 400 of "b" with effect 0, 10 of "c" and 10 without a value.
    #[test]
    fn each_value_has_its_own_effect_and_small_ones_are_left_out() {
        let of_row: Vec<u8> = (0..820)
            .map(|row| {
                if row < 400 {
                    0
                } else if row < 800 {
                    1
                } else if row < 810 {
                    2
                } else {
                    9
                }
            })
            .collect();
        let treated: Vec<f64> = of_row.iter().map(|value| if *value == 0 { 3.0 } else { 1.0 }).collect();
        let scores = Scores::of(vec![vec![1.0; 820], treated], (0..820).collect()).unwrap();
        let column = Segmentation {
            column: "kind".to_owned(),
            values: ["a", "b", "c"].map(str::to_owned).to_vec(),
            of_row,
        };
        let alike =
            Segmentation { column: "alike".to_owned(), values: vec!["x".to_owned()], of_row: vec![0; 820] };
        let policy: Vec<u8> = (0..820).map(|row| u8::from(row < 100)).collect();
        let found = segments(&[alike, column], &[], &scores, &policy, &Bootstrap::default()).unwrap();
        let [kind] = found.as_slice() else { panic!("{found:?}") };
        let told: Vec<(&str, u64, f64, f64)> = kind
            .values
            .iter()
            .map(|value| {
                (
                    value.value.as_str(),
                    value.rows,
                    value.effects.first().unwrap().estimate,
                    *value.shares.last().unwrap(),
                )
            })
            .collect();
        assert_eq!(told, [("a", 400, 2.0, 0.25), ("b", 400, 0.0, 0.0)]);
    }
}
