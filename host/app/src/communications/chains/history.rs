//! Steps and effects are removed when they are old. Runs that have left stay, since they say who has been there.

use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Steps of one transaction, so that other writers wait for a short time only.
const BATCH: u16 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Removes some of the oldest.
pub(super) async fn forget(app: &App) -> Result<Step, Error> {
    let kept = app.config.communications.chain_steps_days.saturating_mul(DAY_MS);
    let before = app.communications.now_ms().await?.saturating_sub(kept);
    let steps = app.communications.remove_chain_steps(before, i64::from(BATCH)).await?;
    let effects = app.communications.remove_chain_effects(before, i64::from(BATCH)).await?;
    if steps > 0 || effects > 0 {
        tracing::info!(steps, effects, "old steps and effects of chains are removed");
    }
    Ok(if steps.max(effects) == u64::from(BATCH) { Step::Worked } else { Step::Idle })
}
