//! Chains: definitions, and the workers that take members through them. What a step does is decided by
//! `communications::chains::step`, which knows no database; here its facts are read, and what comes of a batch of steps is
//! written in one transaction, on condition that nobody else has moved the same runs.

pub mod definitions;
pub mod offline;
pub mod publishing;
pub mod replay;
pub mod reports;

mod batch;
mod days;
mod effects;
mod entries;
mod facts;
mod history;
mod loaded;
mod outcome;
mod personal;
mod reading;
mod served;
mod timers;
mod webhooks;

use std::sync::Arc;

use tokio::sync::Mutex;

use self::loaded::Versions;
use self::timers::Shards;
pub use self::webhooks::Webhooks;
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Source of the events that chains write themselves.
pub const SOURCE: &str = "chains";
/// Name of the cursor of the reader of events.
pub(super) const CURSOR: &str = "chains";

/// What a process remembers between steps; whatever is lost with it is found again.
#[derive(Debug, Clone, Default)]
pub struct Worker {
    versions: Arc<Versions>,
    shards: Arc<Mutex<Shards>>,
}

impl Worker {
    /// Takes members further by the next events.
    pub async fn read(self, app: App) -> Result<Step, Error> {
        reading::step(&app, &self.versions).await
    }

    /// Takes members further whose waits are over.
    pub async fn wake(self, app: App) -> Result<Step, Error> {
        let mut shards = self.shards.lock().await;
        timers::step(&app, &self.versions, &mut shards).await
    }

    /// Tells members' days to the chains that begin with them.
    pub async fn tell_days(self, app: App) -> Result<Step, Error> {
        days::step(&app, &self.versions).await
    }

    /// Does what steps have caused outside of the database of communications.
    pub async fn act(self, app: App) -> Result<Step, Error> {
        effects::step(&app).await
    }
}

/// Removes steps that are older than a setting says.
pub async fn forget(app: App) -> Result<Step, Error> {
    history::forget(&app).await
}
