//! Builds plans from the database. A plan is a function of one revision, whenever and on whichever node it is
//! built.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use store::{OfferRecord, OfferState, Revision, Store, StoreError};
use wire::json;
use wire::problem::Problems;

use super::{BuiltVariants, CatalogDocuments, Documents, GoodsDocuments, Live, Origin, build};
use crate::mechanics::lineup::Lineup;
use crate::mechanics::registry::{LoadError, Registry};
use crate::mechanics::rollout::Rollout;

/// The source of plans: stored documents and loaded components.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The database.
    pub store: &'a Store,
    /// The components that this node has loaded.
    pub registry: &'a Registry,
}

/// Everything that the plans of one revision are built from. A change edits it before it is built.
pub struct Materials {
    /// Offers, goods and audiences.
    pub documents: Documents,
    /// The settings that price.
    pub settings: Arc<Value>,
    /// Roll-outs by the name of their mechanic.
    pub rollouts: BTreeMap<String, Rollout>,
    /// The revision that everything was read at.
    pub revision: Revision,
}

/// A plan that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A component cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The documents have problems.
    #[error("{0}")]
    Refused(#[from] Problems),
    /// The thread that built it has panicked.
    #[error("building the plan was cut off")]
    Lost(#[from] tokio::task::JoinError),
}

impl Source<'_> {
    /// The plans of a revision.
    pub async fn live_at(
        self,
        revision: Revision,
        before: Option<Arc<Live>>,
    ) -> Result<Arc<Live>, SourceError> {
        let materials = self.read(revision, before.as_deref()).await?;
        Ok(materials.build(self, before).await?.at(revision))
    }

    /// Reads the materials of a revision. Goods that `before` has are not read again.
    pub async fn read(self, revision: Revision, before: Option<&Live>) -> Result<Materials, SourceError> {
        let settings = self.settings(revision).await?;
        let goods = self.goods(revision, &settings, before).await?;
        self.read_others(revision, settings, goods).await
    }

    /// Reads the materials of a revision but the goods, for an edit that brings others.
    pub async fn read_without_goods(self, revision: Revision) -> Result<Materials, SourceError> {
        let settings = self.settings(revision).await?;
        self.read_others(revision, settings, GoodsDocuments::Rows(CatalogDocuments::default(), None)).await
    }

    async fn settings(self, revision: Revision) -> Result<Arc<Value>, SourceError> {
        Ok(Arc::new(match self.store.settings_at(revision).await? {
            Some(settings) => json::parse(&settings)?,
            None => Value::Object(serde_json::Map::new()),
        }))
    }

    async fn read_others(
        self,
        revision: Revision,
        settings: Arc<Value>,
        goods: GoodsDocuments,
    ) -> Result<Materials, SourceError> {
        let mut documents = Documents::stored(goods, self.running_at(revision).await?);
        documents.put_audiences(self.store.audiences_at(revision).await?)?;
        let pools = self.store.coupon_pools_at(revision).await?;
        documents.coupon_pools = pools.into_iter().map(|pool| (pool.name, pool.offer)).collect();
        let rollouts = self.rollouts_at(revision).await?;
        Ok(Materials { documents, settings, rollouts, revision })
    }

    /// The plans for a late receipt: offers and audiences as of revision `then`, with those that were first
    /// written since; everything else as of `today`, pools of coupon codes too: an offer that has got one needs a code.
    pub async fn late(self, today: &Arc<Live>, then: Revision) -> Result<Arc<Live>, SourceError> {
        let materials = self.read_late((today.revision, then), Some(today)).await?;
        Ok(materials.build(self, Some(Arc::clone(today))).await?.late(then, today.revision))
    }

    /// Reads the materials of plans for late receipts, by the revisions of today and of then.
    pub async fn read_late(
        self,
        (today, then): (Revision, Revision),
        before: Option<&Live>,
    ) -> Result<Materials, SourceError> {
        let mut materials = self.read(today, before).await?;
        let documents = &mut materials.documents;
        documents.put_audiences(self.store.audiences_at(then).await?)?;
        for offer in self.store.offers_at(then).await? {
            documents.offers.remove(&offer.external_id);
            if offer.state == OfferState::Running {
                documents.put_offer(offer, Origin::Stored);
            }
        }
        Ok(materials)
    }

    /// The offers that ran at a revision.
    pub async fn running_at(self, revision: Revision) -> Result<Vec<OfferRecord>, StoreError> {
        let mut offers = self.store.offers_at(revision).await?;
        offers.retain(|offer| offer.state == OfferState::Running);
        Ok(offers)
    }

    /// The roll-outs of a revision, by name.
    pub async fn rollouts_at(self, revision: Revision) -> Result<BTreeMap<String, Rollout>, SourceError> {
        let records = self.store.rollouts_at(revision).await?;
        let read = |record: store::RolloutRecord| {
            let rollout = serde_json::from_str(&record.body)
                .map_err(|error| Problems::of_document("unreadable_rollout", error.to_string()))?;
            Ok((record.name, rollout))
        };
        records.into_iter().map(read).collect()
    }

    async fn goods(
        self,
        revision: Revision,
        settings: &Arc<Value>,
        before: Option<&Live>,
    ) -> Result<GoodsDocuments, SourceError> {
        let catalog = self.store.catalog_revision_at(revision).await?;
        let same =
            |live: &&Live| live.parts.catalog_revision == Some(catalog) && live.parts.settings == *settings;
        if let Some(live) = before.filter(same) {
            return Ok(GoodsDocuments::Read(Arc::clone(&live.parts.goods), catalog));
        }
        let rows = CatalogDocuments::stored(self.store.catalog_rows_at(revision).await?)?;
        Ok(GoodsDocuments::Rows(rows, Some(catalog)))
    }
}

impl Materials {
    /// Builds the plans, with the versions that the roll-outs name. Goods and offers that `before` has read
    /// already are taken from there.
    pub async fn build(
        self,
        source: Source<'_>,
        before: Option<Arc<Live>>,
    ) -> Result<BuiltVariants, SourceError> {
        let lineup = source.registry.lineup(source.store, &self.rollouts).await?;
        self.build_with(lineup, before).await
    }

    /// Builds the plans with other versions.
    pub async fn build_with(
        self,
        lineup: Lineup,
        before: Option<Arc<Live>>,
    ) -> Result<BuiltVariants, SourceError> {
        let Self { documents, settings, .. } = self;
        let build = move || build(documents, before.as_deref(), settings, &lineup);
        Ok(tokio::task::spawn_blocking(build).await??)
    }
}
