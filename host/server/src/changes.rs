//! Changes of what is live: validated whole, written in one transaction, then swapped in. A change
//! that is refused leaves everything as it was.

pub mod attributes;
pub mod audiences;
pub mod catalog;
pub mod member_state;
pub mod members;
pub mod merge;
pub mod offers;
pub mod templates;

use std::time::{SystemTime, UNIX_EPOCH};

use store::{OfferRecord, OfferState, Revision};

use crate::error::ApiError;
use crate::live::{self, Built, CatalogDocuments, Documents, GoodsDocuments, Origin};
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
    /// With offers as they would stand. The caller holds the lock of changes.
    async fn with_offers(
        app: &App,
        offers: Vec<(OfferRecord, Origin)>,
    ) -> Result<Result<Self, Problems>, ApiError> {
        let edit = move |documents: &mut Documents| {
            for (offer, origin) in offers {
                documents.offers.remove(&offer.external_id);
                if !matches!(offer.state, OfferState::Stopped | OfferState::Archived) {
                    documents.put_offer(offer, origin);
                }
            }
        };
        Self::edited(app, edit).await
    }

    /// With anything but goods changed. The caller holds the lock of changes.
    async fn edited(
        app: &App,
        edit: impl FnOnce(&mut Documents) + Send + 'static,
    ) -> Result<Result<Self, Problems>, ApiError> {
        let live = app.live.load_full();
        // Somebody else may have changed the catalogue of a shared database.
        let revision = app.store.catalog_revision().await?;
        let rows = if live.parts.catalog_revision == Some(revision) {
            None
        } else {
            Some(app.store.catalog_rows().await?)
        };
        let (running, audiences) = (app.store.running_offers().await?, app.store.audiences().await?);
        let build = move || {
            let goods = match rows {
                None => GoodsDocuments::Read(live.parts.goods.clone(), revision),
                Some(rows) => GoodsDocuments::Rows(CatalogDocuments::stored(rows)?, Some(revision)),
            };
            let mut documents = Documents::stored(goods, running);
            documents.put_audiences(audiences)?;
            edit(&mut documents);
            Ok(documents)
        };
        Self::build(app, build).await
    }

    /// With goods as they would be. The caller holds the lock of changes.
    async fn with_catalog(app: &App, catalog: CatalogDocuments) -> Result<Result<Self, Problems>, ApiError> {
        let (running, audiences) = (app.store.running_offers().await?, app.store.audiences().await?);
        let build = move || {
            let mut documents = Documents::stored(GoodsDocuments::Rows(catalog, None), running);
            documents.put_audiences(audiences)?;
            Ok(documents)
        };
        Self::build(app, build).await
    }

    async fn build(
        app: &App,
        documents: impl FnOnce() -> Result<Documents, Problems> + Send + 'static,
    ) -> Result<Result<Self, Problems>, ApiError> {
        let app = app.clone();
        let build = move || {
            let live = app.live.load_full();
            let settings = app.config.plan_settings();
            let built = live::build(documents()?, Some(live.as_ref()), settings, &app.mechanics)?;
            Ok(Self { built })
        };
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
