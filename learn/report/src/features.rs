//! What models look at.

use choose::{FeatureSummary, Verdict};

use crate::number::{fixed, percent};
use crate::scale::{Place, Scale};

/// Columns that the page shows; `leaderboard.json` has all.
pub(crate) const MOST: usize = 30;

/// Length of the longest bar.
const LENGTH: f64 = 100.0;

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) missing: String,
    pub(crate) tells_outcome: String,
    pub(crate) importance: String,
    pub(crate) bar: Place,
}

/// The most important columns first; the rest in the order of the configuration.
pub(crate) fn rows(verdict: &Verdict) -> Vec<Row> {
    let mut features: Vec<&FeatureSummary> = verdict.features.iter().collect();
    features.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let most = features.first().map_or(1.0, |feature| feature.importance.max(1e-9));
    let scale = Scale::exact(0.0, most, 0.0, LENGTH);
    let row = |feature: &FeatureSummary| Row {
        name: feature.name.clone(),
        kind: feature
            .categories
            .map_or_else(|| "number".to_owned(), |number| format!("text, {number} categories")),
        missing: percent(feature.missing, 1),
        tells_outcome: fixed(feature.tells_outcome, 3),
        importance: percent(feature.importance, 1),
        bar: scale.at(feature.importance),
    };
    features.into_iter().take(MOST).map(row).collect()
}
