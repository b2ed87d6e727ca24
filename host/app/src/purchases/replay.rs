//! The replay of a stored purchase.

use super::find;
use crate::error::Error;
use crate::replay::recorded::Recorded;
use crate::replay::{self, ReplayError, Replayed};
use crate::state::App;

/// Replays a purchase, by its stored id, on the calculation threads of the host.
pub async fn replay(app: &App, id: &str) -> Result<Replayed, Error> {
    let recorded = Recorded::read(&app.store, find(app, id).await?).await?;
    let live = app.live.load_full();
    let live = app.replays.of(app.source(), recorded.plan_key(), Some(&live)).await;
    let live = live.map_err(ReplayError::from)?;
    Ok(app.threads.run_piece(move || replay::replay(&live, &recorded)).await??)
}
