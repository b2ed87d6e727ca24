//! Follows mergers of members, in the order in which the tills made them.

use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Name of the cursor, whose position is the revision of the last merger.
const CURSOR: &str = "mergers";
/// Mergers of one transaction.
const BATCH: i64 = 100;

/// Follows the next mergers.
pub async fn step(app: App) -> Result<Step, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    // A restored database of tills is back at an earlier revision: following a merger again changes nothing.
    let after = if app.store.revision().await? < from { 0 } else { from };
    let merged = app.store.merged_after(after, BATCH).await?;
    let Some(last) = merged.last() else { return Ok(Step::Idle) };
    let to = last.revision;
    let pairs: Vec<(String, String)> = merged.into_iter().map(|merged| (merged.from, merged.into)).collect();
    app.communications.follow_mergers(&pairs, CURSOR, from, to).await?;
    Ok(Step::Worked)
}

/// True if all mergers up to a revision are followed.
pub(super) async fn are_followed(app: &App, revision: i64) -> Result<bool, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    let next = app.store.merged_after(from, 1).await?;
    Ok(next.first().is_none_or(|next| next.revision > revision))
}
