//! How long things are kept.

use serde::Deserialize;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Days that things are kept for; 0 keeps them for ever.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub every_minutes: u64,
    pub idempotency_days: i64,
    pub unconfirmed_days: i64,
    pub replay_days: i64,
    pub purchases_days: i64,
    pub attributes_days: i64,
    pub results_days: i64,
    pub imports_days: i64,
    pub backtests_days: i64,
    pub trials_days: i64,
    pub mechanic_versions: usize,
}

impl Retention {
    /// Days after which no stored purchase can be replayed any more; 0 if one always can.
    pub fn days_of_replays(&self) -> i64 {
        let confirmed = match (self.replay_days, self.purchases_days) {
            (0, days) | (days, 0) => days,
            (inputs, texts) => inputs.min(texts),
        };
        if confirmed == 0 || self.unconfirmed_days == 0 { 0 } else { confirmed.max(self.unconfirmed_days) }
    }

    /// Days after which replaced values of attributes are removed: never before the last replay that reads them.
    pub fn days_of_values(&self) -> i64 {
        let replays = self.days_of_replays();
        if replays == 0 || self.attributes_days == 0 { 0 } else { replays.max(self.attributes_days) }
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let days = [
            ("idempotency_days", self.idempotency_days),
            ("unconfirmed_days", self.unconfirmed_days),
            ("replay_days", self.replay_days),
            ("purchases_days", self.purchases_days),
            ("attributes_days", self.attributes_days),
            ("results_days", self.results_days),
            ("imports_days", self.imports_days),
            ("backtests_days", self.backtests_days),
            ("trials_days", self.trials_days),
        ];
        let negative = days.into_iter().filter(|(_, days)| *days < 0);
        let mut problems: Vec<String> =
            negative.map(|(key, _)| format!("retention.{key}: must be at least 0")).collect();
        if self.every_minutes == 0 {
            problems.push("retention.every_minutes: must be above 0".to_owned());
        }
        problems
    }
}

/// The time so many days before `now`, in seconds; none if things are kept for ever.
pub fn before(now: i64, days: i64) -> Option<i64> {
    (days > 0).then(|| now.saturating_sub(days.saturating_mul(DAY_SECONDS)))
}
