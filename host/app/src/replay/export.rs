//! Writing a bundle.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::Store;
use wire::json;
use wire::problem::Problems;

use super::bundle::{Bundle, ComponentText, FORMAT, PlanText, PurchaseText};
use super::mask::{Pseudonyms, mask};
use super::recorded::Recorded;
use super::{ReplayError, Replayed, replay};
use crate::live::PlanKey;
use crate::live::source::{Materials, Source, SourceError};
use crate::live::{GoodsDocuments, Live};
use crate::mechanics::rollout::Rollout;

/// A bundle that is being written.
#[derive(Default)]
pub struct Export {
    bundle: Bundle,
    /// Numbers of documents by their text.
    documents: BTreeMap<String, usize>,
    catalogs: BTreeMap<Vec<usize>, usize>,
    plans: BTreeSet<PlanKey>,
    digests: BTreeSet<String>,
    names: Pseudonyms,
}

impl Export {
    /// Adds a purchase, masked, with the documents of its plan. An error unless the masked purchase replays with the same
    /// result: identical or not.
    pub async fn add(
        &mut self,
        source: Source<'_>,
        live: &Live,
        recorded: &Recorded,
    ) -> Result<Replayed, ReplayError> {
        let replayed = replay(live, recorded)?;
        let masked = mask(live, recorded, &mut self.names)?;
        if replay(live, &masked)?.identical != replayed.identical {
            let detail =
                format!("purchase `{}` does not replay with the same result once it is masked", recorded.id);
            return Err(ReplayError::NotReproducible(detail));
        }
        if !self.plans.contains(&recorded.plan_key()) {
            self.add_plan(source, recorded.plan_key()).await?;
        }
        self.bundle.purchases.push(PurchaseText::of(&masked));
        Ok(replayed)
    }

    /// The bundle, with the components that its plans need.
    pub async fn finish(mut self, store: &Store) -> anyhow::Result<Bundle> {
        for digest in &self.digests {
            // The version before the active one may be gone: nothing needs it.
            let Some((class, file)) = store.mechanic_component(digest).await.context("components")? else {
                continue;
            };
            let wasm = STANDARD.encode(file);
            self.bundle.components.insert(digest.clone(), ComponentText { class, wasm });
        }
        Ok(Bundle { format: FORMAT.to_owned(), ..self.bundle })
    }

    async fn add_plan(&mut self, source: Source<'_>, key: PlanKey) -> Result<(), SourceError> {
        let (revision, today) = key;
        let materials = match today {
            None => source.read(revision, None).await?,
            Some(today) => source.read_late((today, revision), None).await?,
        };
        let Materials { documents, settings, rollouts, .. } = materials;
        let rows = match documents.goods {
            GoodsDocuments::Rows(rows, _) => rows.0,
            GoodsDocuments::Read(..) => BTreeMap::new(),
        };
        let row = |((kind, key), (body, _)): ((String, String), (Value, _))| {
            self.document(json!({"kind": kind, "key": key, "body": body}))
        };
        let rows = rows.into_iter().map(row).collect();
        let mut offers = Vec::new();
        for (external_id, (offer, _)) in documents.offers {
            let body = json::parse(&offer.body)?;
            let document = json!({"external_id": external_id, "version": offer.version, "body": body});
            offers.push(self.document(document));
        }
        let audiences = documents.audiences.into_values().map(|(body, _)| self.document(body)).collect();
        let pools = documents.coupon_pools.iter();
        let plan = PlanText {
            coupon_pools: pools.map(|(name, offer)| (name.to_owned(), offer.to_owned())).collect(),
            revision,
            today,
            settings: self.document(Value::clone(&settings)),
            catalog: self.catalog(rows),
            offers,
            audiences,
            rollouts: self.rollouts(&rollouts)?,
        };
        self.bundle.plans.push(plan);
        self.plans.insert(key);
        Ok(())
    }

    /// Adds a document unless it is there; returns its number.
    fn document(&mut self, document: Value) -> usize {
        let next = self.bundle.documents.len();
        let number = *self.documents.entry(document.to_string()).or_insert(next);
        if number == next {
            self.bundle.documents.push(document);
        }
        number
    }

    fn catalog(&mut self, rows: Vec<usize>) -> usize {
        let next = self.bundle.catalogs.len();
        let number = *self.catalogs.entry(rows.clone()).or_insert(next);
        if number == next {
            self.bundle.catalogs.push(rows);
        }
        number
    }

    fn rollouts(
        &mut self,
        rollouts: &BTreeMap<String, Rollout>,
    ) -> Result<BTreeMap<String, String>, Problems> {
        let mut texts = BTreeMap::new();
        for (name, rollout) in rollouts {
            self.digests.extend(rollout.needed().map(str::to_owned));
            self.digests.extend(rollout.history.first().map(|before| before.digest.clone()));
            // Texts of faults are written by mechanics, and may tell something of a buyer.
            let masked = Rollout { rollbacks: Vec::new(), reason: None, ..rollout.clone() };
            let record = masked
                .record(name)
                .map_err(|error| Problems::of_document("unwritable", error.to_string()))?;
            texts.insert(name.clone(), record.body);
        }
        Ok(texts)
    }
}
