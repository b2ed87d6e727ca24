//! Removes events that are older than a setting says, visitors of whom none is left, and rows of erased members that were
//! written while these were erased.

use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Events of one transaction, so that other writers wait for a short time only.
const BATCH: u16 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Milliseconds after an erasure in which writers that had read of the member before may still write: many times as long as
/// any of them takes, and as the time between two steps.
const LATE_MS: i64 = 60 * 60 * 1000;

/// Removes what was written late of members who were erased, and some of the oldest events and visitors.
pub async fn step(app: App) -> Result<Step, Error> {
    let now = app.communications.now_ms().await?;
    let late = app.communications.erase_again(now.saturating_sub(LATE_MS)).await?;
    if late > 0 {
        tracing::info!(rows = late, "rows that were written late of erased members are removed");
    }
    let days = app.config.communications.events_days;
    if days == 0 {
        return Ok(Step::Idle);
    }
    let before = now.saturating_sub(days.saturating_mul(DAY_MS));
    let removed = app.communications.remove_events_before(before, i64::from(BATCH)).await?;
    if removed > 0 {
        app.metrics.removed("events", removed);
        tracing::info!(removed, "old events of members are removed");
    }
    if removed == u64::from(BATCH) {
        return Ok(Step::Worked);
    }
    let visitors = app.communications.remove_visitors_before(before, i64::from(BATCH)).await?;
    Ok(if visitors == u64::from(BATCH) { Step::Worked } else { Step::Idle })
}
