//! Changes of what is live: validated whole, written in one transaction, then swapped in. A change
//! that is refused leaves everything as it was.

pub mod attributes;
pub mod audiences;
pub mod catalog;
pub mod member_state;
pub mod members;
pub mod merge;
pub mod offers;

use std::time::{SystemTime, UNIX_EPOCH};

use store::{OfferRecord, Revision};

use crate::error::ApiError;
use crate::live::{self, Built, Documents};
use crate::state::App;
use crate::wire::problem::Problems;

/// Sees a change through even if the client hangs up: the database and the plan must not part.
pub async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(change).await.map_err(|lost| ApiError::internal(&lost))?
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A plan that was built of stored documents and an edit of them, and is not live yet.
struct Candidate {
    built: Built,
}

impl Candidate {
    /// Builds it. The caller holds the lock of changes.
    async fn build(
        app: &App,
        edit: impl FnOnce(&mut Documents) -> Result<(), Problems> + Send + 'static,
    ) -> Result<Result<Self, Problems>, ApiError> {
        let (rows, offers) = (app.store.catalog_rows().await?, app.store.offers().await?);
        let audiences = app.store.audiences().await?;
        let app = app.clone();
        let edit = move |documents: &mut Documents| {
            documents.put_audiences(audiences)?;
            edit(documents)
        };
        let build = move || build(&app, rows, &offers, edit);
        tokio::task::spawn_blocking(build).await.map_err(|lost| ApiError::internal(&lost))
    }

    fn warnings(&self) -> Problems {
        Problems(self.built.warnings.clone())
    }

    fn go_live(self, app: &App, revision: Revision) {
        let live = self.built.at(revision);
        tracing::info!(revision, plan = live.plan.plan.hash, "plan is live");
        app.live.store(live);
    }
}

fn build(
    app: &App,
    rows: Vec<store::CatalogRow>,
    offers: &[OfferRecord],
    edit: impl FnOnce(&mut Documents) -> Result<(), Problems>,
) -> Result<Candidate, Problems> {
    let mut documents = Documents::stored(rows, offers)?;
    edit(&mut documents)?;
    let built = live::build(&documents, app.config.plan_settings(), &app.mechanics)?;
    Ok(Candidate { built })
}
