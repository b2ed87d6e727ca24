//! Cancelled purchases, which the results feed does not have. The call that cancels one tells of it at once; what was not
//! told, because a process was killed right then, is found here by the state of the purchase. The log knows each by its id.

use std::time::Duration;

use store::{Cursor, NewEvent};

use super::{erased_at, events};
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Name of the cursor: seconds since 1970 up to which all are told.
const CURSOR: &str = "cancelled";
/// Time between two looks.
pub const EVERY: Duration = Duration::from_secs(5);
/// Purchases of one transaction.
const BATCH: u16 = 500;
/// How long a transaction that cancels may take, in seconds: what it wrote shows late, with the time of its beginning.
const LATE_S: i64 = 120;

/// How far the cursor is behind before it is moved, in seconds: what is read again is known already.
const MOVED_S: i64 = 60;

/// Tells of the purchases that were cancelled since the last look.
pub async fn step(app: App) -> Result<Step, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    let now = app.store.now().await?;
    // Purchases that were cancelled before anybody listened are not told.
    let since = if from == 0 { now } else { from }.saturating_sub(LATE_S);
    let mut after = (since, String::new());
    loop {
        let found = app.store.cancelled_after((after.0, &after.1), i64::from(BATCH)).await?;
        let Some(last) = found.last() else { break };
        after = (last.at, last.id.clone());
        let erased = erased_at(&app, found.iter().map(|cancelled| &cancelled.member_id)).await?;
        let told: Vec<NewEvent> = found
            .iter()
            .map(|cancelled| (cancelled, cancelled.at.saturating_mul(1_000)))
            .filter(|(cancelled, at)| erased.get(&cancelled.member_id).is_none_or(|erased| at > erased))
            .map(|(cancelled, at)| events::of_cancelled(cancelled.member_id.clone(), &cancelled.id, at))
            .collect();
        app.communications.append_events(&told).await?;
        if found.len() < usize::from(BATCH) {
            break;
        }
    }
    if now.saturating_sub(from) >= MOVED_S {
        let to = Cursor { position: now, mark: String::new() };
        // If another process was faster, it has told the same.
        app.communications.append_events_of(&[], CURSOR, from, &to).await?;
    }
    Ok(Step::Idle)
}
