//! What happens by itself: calculations, points and keys whose time is over go.

use std::time::Duration;

use crate::clock::now;
use crate::state::App;

const EVERY: Duration = Duration::from_secs(15);
/// Answers are kept for 30 days.
const KEYS_KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A list that is not in force after a day is not being uploaded any more.
const UPLOAD_SECONDS_MAX: i64 = 24 * 60 * 60;

/// Runs for as long as the service.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = now();
        match app.store.expire(now, now.saturating_sub(KEYS_KEPT_SECONDS)).await {
            Ok(expiry) if expiry == store::Expiry::default() => {}
            Ok(store::Expiry { calculations, lots, keys }) => {
                tracing::info!(calculations, lots, keys, "time was over");
            }
            Err(error) => tracing::warn!(%error, "expiry has to wait"),
        }
        if let Err(error) = app.store.sweep_audience_lists(now.saturating_sub(UPLOAD_SECONDS_MAX)).await {
            tracing::warn!(%error, "lists that were given up have to wait");
        }
    }
}
