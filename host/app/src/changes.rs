//! Changes of plans and stored documents: each is validated whole, written in one transaction, then swapped
//! in. A refused change leaves everything as it was.

pub mod attributes;
pub mod audiences;
pub mod catalog;
pub mod coupon_pools;
pub mod keys;
pub mod lock;
pub mod mechanics;
pub mod member_state;
pub mod merge;
pub mod offers;
pub mod partners;
pub mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use store::{OfferRecord, OfferState, Revision};
use wire::problem::{Problem, Problems};

use crate::error::Error;
use crate::live::source::{Materials, SourceError};
use crate::live::{BuiltVariants, CatalogDocuments, GoodsDocuments, Live, Origin};
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
        let live = app.live.load_full();
        let origins = offers.iter().map(|(offer, origin)| (offer.external_id.clone(), origin.clone()));
        let origins: BTreeMap<String, Origin> = origins.collect();
        let edit = move |materials: &mut Materials| {
            let documents = &mut materials.documents;
            for (offer, origin) in offers {
                documents.offers.remove(&offer.external_id);
                if !matches!(offer.state, OfferState::Stopped | OfferState::Archived) {
                    documents.put_offer(offer, origin);
                }
            }
        };
        let proposed = match Self::edited(app, edit).await? {
            Ok(proposed) => proposed,
            Err(problems) => return Ok(Err(problems)),
        };
        let equal = proposed.built.equal_codes(&live, &origins);
        Ok(equal.or(proposed))
    }

    /// With another catalogue. The caller holds the lock of changes.
    async fn with_catalog(app: &App, catalog: CatalogDocuments) -> Result<Result<Self, Problems>, Error> {
        let edit =
            |materials: &mut Materials| materials.documents.goods = GoodsDocuments::Rows(catalog, None);
        Self::edited_without_goods(app, edit).await
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
        let materials = app.source().read(app.store.plan_revision().await?, Some(&live)).await?;
        Self::built(app, live, materials, edit).await
    }

    /// With an edit that brings all goods, so that the stored ones are not read.
    async fn edited_without_goods(
        app: &App,
        edit: impl FnOnce(&mut Materials) + Send,
    ) -> Result<Result<Self, Problems>, Error> {
        let live = app.live.load_full();
        let materials = app.source().read_without_goods(app.store.plan_revision().await?).await?;
        Self::built(app, live, materials, edit).await
    }

    async fn built(
        app: &App,
        live: Arc<Live>,
        mut materials: Materials,
        edit: impl FnOnce(&mut Materials) + Send,
    ) -> Result<Result<Self, Problems>, Error> {
        edit(&mut materials);
        let base_revision = materials.revision;
        match materials.build(app.source(), Some(live)).await {
            Ok(built) => Ok(Ok(Self { built, base_revision })),
            Err(SourceError::Refused(problems)) => Ok(Err(problems)),
            Err(error) => Err(error.into()),
        }
    }

    fn warnings(&self) -> Vec<Problem> {
        self.built.warnings.clone()
    }

    /// Makes the plans live, after they were committed as this revision.
    async fn go_live(self, app: &App, revision: Revision) -> Result<(), Error> {
        // A node that lost the lock with its connection may have committed a change in between.
        if app.store.plan_revision_before(revision).await? == self.base_revision {
            nodes::make_live(app, &self.built.at(revision)).await;
            return Ok(());
        }
        nodes::catch_up(app).await
    }
}
