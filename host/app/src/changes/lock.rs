//! The lock of changes: one change at a time on all nodes, each validated against the result of the one
//! before.

use tokio::sync::MutexGuard;

use crate::error::Error;
use crate::nodes;
use crate::state::App;

/// The lock of changes, until it is dropped.
pub struct HeldLock<'a> {
    _here: MutexGuard<'a, ()>,
    _everywhere: store::ChangesLock,
}

/// Waits for the lock, on this node and then on all nodes, and makes the latest stored revision live.
pub async fn acquire(app: &App) -> Result<HeldLock<'_>, Error> {
    let here = app.changes.lock().await;
    let everywhere = app.store.lock_changes().await?;
    nodes::catch_up(app).await?;
    Ok(HeldLock { _here: here, _everywhere: everywhere })
}
