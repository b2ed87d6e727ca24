//! The expiry job: expires calculations and lots of points, and removes old tokens of members, unfinished audience lists
//! and coupon codes that expired long ago. It also lets go of components and plans that were loaded for nothing to come.
//! Everything else that grows old is removed by `retention`.

use std::time::Duration;

use crate::state::App;

/// Time between two runs.
const EVERY: Duration = Duration::from_secs(15);
/// Plans that were loaded for replays stay in memory for a minute after the last one.
const PLANS_KEPT: Duration = Duration::from_secs(60);

/// A component that was uploaded or prepared stays in memory for ten minutes, unless it goes live.
const COMPONENTS_KEPT: Duration = Duration::from_secs(600);

/// Tokens of members are kept for a day after their end, so that a call with one is told that it has expired.
const TOKENS_KEPT_SECONDS: i64 = 24 * 60 * 60;

/// An audience list that is not in force a day after its upload began was given up.
const UPLOAD_SECONDS_MAX: i64 = 24 * 60 * 60;

/// Runs for as long as the service.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.replays.forget_after(PLANS_KEPT).await;
        app.registry.let_go_after(COMPONENTS_KEPT);
        // By the clock of the database: a node whose own clock is wrong must not expire anything.
        let now = match app.store.now().await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(%error, "the expiry job has no time; it runs again");
                continue;
            }
        };
        match app.store.expire(now).await {
            Ok(expiry) if expiry == store::Expiry::default() => {}
            Ok(store::Expiry { calculations, lots }) => tracing::info!(calculations, lots, "expired"),
            Err(error) => tracing::warn!(%error, "the expiry job failed; it runs again"),
        }
        if let Err(error) = app.store.sweep_member_tokens(now.saturating_sub(TOKENS_KEPT_SECONDS)).await {
            tracing::warn!(%error, "could not remove old tokens of members; the job runs again");
        }
        sweep_coupons(&app, now).await;
        if let Err(error) = app.store.sweep_audience_lists(now.saturating_sub(UPLOAD_SECONDS_MAX)).await {
            tracing::warn!(%error, "could not remove unfinished audience lists; the job runs again");
        }
    }
}

const DAY_SECONDS: i64 = 24 * 60 * 60;

async fn sweep_coupons(app: &App, now: i64) {
    let days = app.config.coupons.kept_days;
    if days == 0 {
        return;
    }
    match app.store.sweep_coupons(now.saturating_sub(days.saturating_mul(DAY_SECONDS))).await {
        Ok(0) => {}
        Ok(codes) => tracing::info!(codes, "removed expired coupon codes"),
        Err(error) => tracing::warn!(%error, "could not remove expired coupon codes; the job runs again"),
    }
}
