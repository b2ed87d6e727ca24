//! The reader of the results feed: what the tills sold becomes events of members. It reads the database of tills and writes
//! that of communications, where its cursor moves with the events, in one transaction: each row has its effect once,
//! whenever the process is killed. Rows that were restored or copied get other places; then the reader begins anew, and
//! finds that the log has their events already.

pub mod cancelled;
mod events;

use std::collections::{BTreeSet, HashMap};

use store::{Cursor, FeedRow, NewEvent};

use super::erasure;
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Name of the cursor.
const CURSOR: &str = "results";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Makes the next rows of the feed into events.
pub async fn step(app: App) -> Result<Step, Error> {
    let cursor = app.communications.marked_cursor(CURSOR).await?;
    let after = if is_of_this_feed(&app, &cursor).await? { cursor.position } else { 0 };
    let rows = app.store.feed_after(after, app.config.communications.feed_rows).await?;
    let Some(last) = rows.last() else { return Ok(Step::Idle) };
    let to = Cursor { position: last.position, mark: last.id.clone() };
    let events = events_of(&app, &rows).await?;
    // If another process was faster, the next step begins where that one has ended.
    app.communications.append_events_of(&events, CURSOR, cursor.position, &to).await?;
    Ok(Step::Worked)
}

/// Tells that the purchase of a member was cancelled, by its stored id. The feed has only what was sold, so it is told
/// by the call that cancels; if the process is killed in between, [`cancelled`] finds it.
pub async fn tell_cancelled(app: &App, member: String, purchase: &str) -> Result<(), Error> {
    let event = events::of_cancelled(member, purchase, app.communications.now_ms().await?);
    app.communications.append_events(&[event]).await?;
    app.hint.give();
    Ok(())
}

/// False if the row that was read last has another place now, or is not there yet.
async fn is_of_this_feed(app: &App, cursor: &Cursor) -> Result<bool, Error> {
    if cursor.position == 0 {
        return Ok(true);
    }
    match app.store.feed_id(cursor.position).await? {
        Some(id) => Ok(id == cursor.mark),
        // Retention has removed it, unless the feed is one that has not come so far.
        None => Ok(app.store.feed_end().await? >= cursor.position),
    }
}

async fn events_of(app: &App, rows: &[FeedRow]) -> Result<Vec<NewEvent>, Error> {
    let now = app.communications.now_ms().await?;
    let kept_from = match app.config.communications.events_days {
        0 => i64::MIN,
        days => now.saturating_sub(days.saturating_mul(DAY_MS)),
    };
    let erased = erased_at(app, rows.iter().filter_map(|row| row.member_id.as_ref())).await?;
    let live = app.live.load_full();
    let mut events = Vec::new();
    for row in rows {
        let erased = row.member_id.as_ref().and_then(|id| erased.get(id)).copied().unwrap_or(i64::MIN);
        match events::of_row(row, &live.active.plan.plan, now) {
            Ok(of_row) => {
                events.extend(of_row.into_iter().filter(|event| event.at >= kept_from && event.at > erased))
            }
            // The row would stop all that come after it.
            Err(reason) => {
                tracing::error!(
                    row = row.id,
                    reason,
                    "a row of the results feed cannot be read, and is left out"
                );
            }
        }
    }
    Ok(events)
}

/// When some members were erased last: what happened before stays erased, also when the feed is read again.
async fn erased_at(
    app: &App,
    members: impl Iterator<Item = &String> + Send,
) -> Result<HashMap<String, i64>, Error> {
    let ids: BTreeSet<&String> = members.collect();
    let ids: HashMap<String, &String> = ids.into_iter().map(|id| (erasure::digest(id), id)).collect();
    let digests: Vec<String> = ids.keys().cloned().collect();
    let erased = app.communications.erased_at(&digests).await?;
    Ok(erased.into_iter().filter_map(|(digest, at)| Some(((*ids.get(&digest)?).clone(), at))).collect())
}
