//! Changes of plans and stored documents: each is validated whole, written in one transaction, then swapped
//! in. A refused change leaves everything as it was.

pub mod attributes;
pub mod audiences;
pub mod catalog;
pub mod lock;
pub mod mechanics;
pub mod member_state;
pub mod merge;
pub mod offers;
pub mod partners;
pub mod templates;

use std::collections::BTreeMap;

use store::{OfferRecord, OfferState, Revision};
use wire::problem::Problems;

use crate::error::Error;
use crate::live::source::{Materials, SourceError};
use crate::live::{self, BuiltVariants, CatalogDocuments, GoodsDocuments, Origin};
use crate::mechanics::rollout::Rollout;
use crate::nodes;
use crate::state::App;

/// Runs a change to its end even if the client hangs up: the database and the plan must not disagree.
pub async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(change).await.map_err(|lost| Error::internal(&lost))?
}

/// Plans built from the stored documents and an edit of them, before they are committed.
struct ProposedPlans {
    built: BuiltVariants,
    /// The plan revision that the edit was made on.
    base_revision: Revision,
}

impl ProposedPlans {
    /// With offers added, replaced, or removed if they are stopped or archived. The caller holds the lock of
    /// changes.
    async fn with_offers(
        app: &App,
        offers: Vec<(OfferRecord, Origin)>,
    ) -> Result<Result<Self, Problems>, Error> {
        let edit = move |materials: &mut Materials| {
            let documents = &mut materials.documents;
            for (offer, origin) in offers {
                documents.offers.remove(&offer.external_id);
                if !matches!(offer.state, OfferState::Stopped | OfferState::Archived) {
                    documents.put_offer(offer, origin);
                }
            }
        };
        Self::edited(app, edit).await
    }

    /// With another catalogue. The caller holds the lock of changes.
    async fn with_catalog(app: &App, catalog: CatalogDocuments) -> Result<Result<Self, Problems>, Error> {
        let edit =
            |materials: &mut Materials| materials.documents.goods = GoodsDocuments::Rows(catalog, None);
        Self::edited(app, edit).await
    }

    /// With roll-outs added or replaced. The caller holds the lock of changes.
    async fn with_rollouts(
        app: &App,
        rollouts: BTreeMap<String, Rollout>,
    ) -> Result<Result<Self, Problems>, Error> {
        Self::edited(app, |materials: &mut Materials| materials.rollouts.extend(rollouts)).await
    }

    /// With any edit of the documents. The caller holds the lock of changes.
    async fn edited(
        app: &App,
        edit: impl FnOnce(&mut Materials) + Send,
    ) -> Result<Result<Self, Problems>, Error> {
        let live = app.live.load_full();
        let source = app.source();
        let mut materials = source.read(app.store.plan_revision().await?, Some(&live)).await?;
        edit(&mut materials);
        let base_revision = materials.revision;
        match materials.build(source, Some(live)).await {
            Ok(built) => Ok(Ok(Self { built, base_revision })),
            Err(SourceError::Refused(problems)) => Ok(Err(problems)),
            Err(error) => Err(error.into()),
        }
    }

    fn warnings(&self) -> Problems {
        Problems(self.built.warnings.clone())
    }

    /// Makes the plans live, after they were committed as this revision.
    async fn go_live(self, app: &App, revision: Revision) -> Result<(), Error> {
        // A node that lost the lock with its connection may have committed a change in between.
        if app.store.plan_revision_before(revision).await? == self.base_revision {
            live::swap(&app.live, &self.built.at(revision));
            return Ok(());
        }
        nodes::catch_up(app).await
    }
}
