//! Keeps what the host cannot decide about or make from stopping the messages beside it. Such a message is looked at again,
//! ever later, and given up after as many attempts as one that its provider does not take.

use store::MessageRow;

use super::decide::{self, Decided};
use super::failed::{failed, is_outage};
use crate::error::Error;
use crate::state::App;

/// Decides about messages that are due: together, or each alone if one of them makes the host fail.
pub(super) async fn batch(app: &App, rows: Vec<MessageRow>, now: i64) -> Result<Decided, Error> {
    match decide::batch(app, rows.clone(), now).await {
        Err(error) if !is_outage(&error) => one_by_one(app, rows, now).await,
        decided => decided,
    }
}

async fn one_by_one(app: &App, rows: Vec<MessageRow>, now: i64) -> Result<Decided, Error> {
    let mut all = Decided { ready: Vec::new(), changes: Vec::new() };
    for row in rows {
        match decide::batch(app, vec![row.clone()], now).await {
            Ok(Decided { ready, changes }) => {
                all.ready.extend(ready);
                all.changes.extend(changes);
            }
            Err(error) if !is_outage(&error) => {
                all.changes.push(failed(&row, &error, app.config.communications.send_attempts, now));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
