//! Keeps the write-ahead logs of embedded databases small. SQLite itself shrinks it only when a writer finds nobody
//! reading it, which tills prevent for hours after a large import.

use std::time::Duration;

use crate::state::App;

/// Time between two looks at its size.
const EVERY: Duration = Duration::from_secs(2);

/// Runs for as long as the service.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let of_communications = if app.communications_ready.is_ready() {
            app.communications.shrink_log().await
        } else {
            Ok(None)
        };
        for shrunk in [app.store.shrink_log().await, of_communications] {
            match shrunk {
                Ok(None) => {}
                Ok(Some(bytes)) => tracing::debug!(bytes, "shrank the write-ahead log"),
                Err(error) => tracing::warn!(%error, "cannot shrink the write-ahead log; it is tried again"),
            }
        }
    }
}
