//! Removing messages that are older than the settings say.

use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Messages that are removed in one step.
const STEP: i64 = 1_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Removes some old messages.
pub async fn step(app: App) -> Result<Step, Error> {
    let days = app.config.communications.messages_days;
    let now = app.communications.now_ms().await?;
    let before = now.saturating_sub(days.saturating_mul(DAY_MS));
    let removed = app.communications.sweep_messages(before, STEP).await?;
    Ok(if removed > 0 { Step::Worked } else { Step::Idle })
}
