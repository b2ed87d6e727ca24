//! Columns of few values, for effects by segment.

use std::collections::BTreeMap;

use choose::segments::{MOST_VALUES, Segmentation};

use crate::input::plan::{ColumnPlan, FeatureValues};

/// What rows without a value are called.
const MISSING: &str = "(missing)";

/// The columns with at most [`MOST_VALUES`] values, a missing one counted. `values` are the features of all
/// columns, in the order of the columns.
pub(crate) fn segmentations(plans: &[ColumnPlan], values: &[FeatureValues]) -> Vec<Segmentation> {
    let mut features = values.iter();
    let of_column = |plan: &ColumnPlan| {
        let features: Vec<&FeatureValues> = features.by_ref().take(plan.width()).collect();
        segmentation(plan, &features)
    };
    plans.iter().filter_map(of_column).collect()
}

/// None if there are too many values.
fn segmentation(plan: &ColumnPlan, features: &[&FeatureValues]) -> Option<Segmentation> {
    let first = features.first()?;
    let codes: Vec<Option<i64>> = match plan {
        ColumnPlan::Numbers { .. } => first.values.clone(),
        ColumnPlan::Ordered { .. } => return None,
        ColumnPlan::Spread { categories, .. } => {
            let skipped = i64::try_from(categories.len() - features.len()).ok()?;
            (0..first.values.len()).map(|row| category(features, row, skipped)).collect()
        }
    };
    let mut places: BTreeMap<Option<i64>, u8> = BTreeMap::new();
    for code in &codes {
        places.insert(*code, 0);
        if places.len() > MOST_VALUES {
            return None;
        }
    }
    // A missing value is the last one.
    let present = places.keys().flatten().copied().map(Some);
    let order: Vec<Option<i64>> = present.chain(places.contains_key(&None).then_some(None)).collect();
    for (place, code) in (0_u8..).zip(&order) {
        places.insert(*code, place);
    }
    let of_row = codes.iter().map(|code| places.get(code).copied().unwrap_or(u8::MAX)).collect();
    let values = order.iter().map(|code| code.map_or_else(|| MISSING.to_owned(), |code| label(plan, code)));
    Some(Segmentation { column: plan.column().to_owned(), values: values.collect(), of_row })
}

/// Which category a row has; none if it has no value. Of two categories only the second has a feature.
fn category(features: &[&FeatureValues], row: usize, skipped: i64) -> Option<i64> {
    let value = |feature: &FeatureValues| feature.values.get(row).copied().flatten();
    value(features.first()?)?;
    let set = (skipped..).zip(features).find(|(_, feature)| value(feature) == Some(1));
    Some(set.map_or(0, |(category, _)| category))
}

fn label(plan: &ColumnPlan, code: i64) -> String {
    match plan {
        ColumnPlan::Numbers { digits, .. } => decimal(code, *digits),
        ColumnPlan::Spread { categories, .. } | ColumnPlan::Ordered { categories, .. } => {
            let category = usize::try_from(code).ok().and_then(|code| categories.get(code));
            category.cloned().unwrap_or_default()
        }
    }
}

/// `code / 10^digits`.
fn decimal(code: i64, digits: u32) -> String {
    let (unit, sign) = (10_u64.saturating_pow(digits), if code < 0 { "-" } else { "" });
    let (whole, rest) = (code.unsigned_abs() / unit, code.unsigned_abs() % unit);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(digits).unwrap_or(0);
    format!("{sign}{whole}.{rest:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(values: &[Option<i64>]) -> FeatureValues {
        FeatureValues { name: String::new(), values: values.to_vec() }
    }

    #[test]
    fn numbers_and_texts_of_few_values_become_segments() {
        let categories = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let column = |name: &str| name.to_owned();
        let plans = [
            ColumnPlan::Numbers { column: column("half"), digits: 1 },
            ColumnPlan::Spread { column: column("two"), categories: categories(&["no", "yes"]) },
            ColumnPlan::Spread { column: column("three"), categories: categories(&["a", "b", "c"]) },
            ColumnPlan::Numbers { column: column("many"), digits: 0 },
        ];
        let many: Vec<Option<i64>> = (0..40).map(Some).collect();
        let repeated =
            |values: &[Option<i64>]| feature(&values.iter().copied().cycle().take(40).collect::<Vec<_>>());
        let values = [
            repeated(&[Some(15), Some(-5), None, Some(0)]),
            repeated(&[Some(1), Some(0), None, Some(1)]),
            repeated(&[Some(1), Some(0), None, Some(0)]),
            repeated(&[Some(0), Some(1), None, Some(0)]),
            repeated(&[Some(0), Some(0), None, Some(1)]),
            feature(&many),
        ];
        let found = segmentations(&plans, &values);
        let told: Vec<(&str, Vec<&str>, &[u8])> = found
            .iter()
            .map(|one| {
                (one.column.as_str(), one.values.iter().map(String::as_str).collect(), &one.of_row[..4])
            })
            .collect();
        assert_eq!(
            told,
            [
                ("half", vec!["-0.5", "0.0", "1.5", "(missing)"], &[2, 0, 3, 1][..]),
                ("two", vec!["no", "yes", "(missing)"], &[1, 0, 2, 1]),
                ("three", vec!["a", "b", "c", "(missing)"], &[0, 1, 3, 2]),
            ]
        );
    }
}
