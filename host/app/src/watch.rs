//! Watches over background work: no import or back-test counts as running while nobody works on it.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::state::App;
use crate::{backtests, imports};

/// Time between two looks, and between two signs of life of the imports of this node.
const EVERY: Duration = Duration::from_secs(1);

/// Runs for as long as the service.
pub async fn run(app: App) {
    let (mut has_resumed, mut heard_since) = (false, Instant::now());
    loop {
        if let Err(error) = look(&app, &mut has_resumed, heard_since.elapsed()).await {
            tracing::debug!(%error, "cannot look for work that nobody does");
            heard_since = Instant::now();
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Looks once. `heard_for` is the time for which the database has answered without a break.
async fn look(app: &App, has_resumed: &mut bool, heard_for: Duration) -> Result<(), Error> {
    if !*has_resumed {
        imports::resume_own(app).await?;
        *has_resumed = true;
    }
    imports::look(app, heard_for).await?;
    backtests::fail_lost(app, heard_for).await
}
