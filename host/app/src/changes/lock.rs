//! The lock of changes: they are validated one after the other, on all nodes, each against what the one before left.

use tokio::sync::MutexGuard;

use crate::error::Error;
use crate::nodes;
use crate::state::App;

/// HeldLock while what is live is changed.
pub struct HeldLock<'a> {
    _here: MutexGuard<'a, ()>,
    _everywhere: store::ChangesLock,
}

/// Waits for the lock, on this node and then on all; what is live is then the latest that is stored.
pub async fn acquire(app: &App) -> Result<HeldLock<'_>, Error> {
    let here = app.changes.lock().await;
    let everywhere = app.store.lock_changes().await?;
    nodes::catch_up(app).await?;
    Ok(HeldLock { _here: here, _everywhere: everywhere })
}
