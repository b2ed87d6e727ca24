//! The state of the database of communications: there and up to date, or not yet. A host serves tills without it; until it
//! is there, calls of communications are refused and the loops wait.

use std::time::Duration;

use store::{Communications, StoreError};
use tokio::sync::watch;

/// How long a host that starts waits for the database.
const START: Duration = Duration::from_secs(10);
/// Pause before the database is tried again.
const PAUSE: Duration = Duration::from_secs(2);

/// Becomes true once, when the database is up to date.
#[derive(Debug)]
pub struct Readiness(watch::Sender<bool>);

impl Readiness {
    /// Brings the database up to date, if it is there.
    pub(crate) async fn of(communications: &Communications) -> Self {
        let is_ready = match tokio::time::timeout(START, bring_up_to_date(communications)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                told(&error);
                false
            }
            Err(_) => {
                tracing::error!("the database of communications takes long; tills are served without it");
                false
            }
        };
        Self(watch::channel(is_ready).0)
    }

    /// True if the database is there and up to date.
    pub fn is_ready(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when the database is there and up to date.
    pub(super) async fn wait(&self) {
        // The sender is alive as long as this is.
        let _ = self.0.subscribe().wait_for(|is_ready| *is_ready).await;
    }

    /// Tries again and again to bring the database up to date, and ends when it is.
    pub async fn keep_trying(&self, communications: &Communications) {
        while !self.is_ready() {
            match bring_up_to_date(communications).await {
                Ok(()) => {
                    tracing::info!("the database of communications is there");
                    self.0.send_replace(true);
                }
                Err(error) => {
                    tokio::time::sleep(PAUSE).await;
                    told(&error);
                }
            }
        }
    }
}

async fn bring_up_to_date(communications: &Communications) -> Result<(), StoreError> {
    // It may not have been there to be claimed when the host started.
    if let Err(error @ StoreError::InUse { .. }) = communications.claim() {
        return Err(error);
    }
    communications.migrate().await
}

fn told(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(
        %error,
        cause,
        "the database of communications (communications.database) cannot be used; tills are served without it, and it is \
         tried again"
    );
}
