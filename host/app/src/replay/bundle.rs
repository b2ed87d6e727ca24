//! A bundle: one file with everything needed to replay purchases elsewhere.
//!
//! JSON. `format` is [`FORMAT`]. `documents` are rows of the catalogue, offers, audiences and settings, each
//! once; `catalogs` and `plans` name them by their number. `components` are by digest, in base64.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Class;
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AttributeValue, OfferRecord, OfferState, Revision};
use wire::rollout::Gates;

use super::candidate::{CandidateRun, price_with_candidate};
use super::recorded::{Masked, Recorded};
use super::{ReplayError, Replayed};
use crate::calculation::{self, CalculationThreads};
use crate::live::PlanKey;
use crate::live::{CatalogDocuments, Documents, GoodsDocuments, Live, Origin, build};
use crate::mechanics::registry::Registry;
use crate::mechanics::rollout::{Rollout, VersionRef};
use crate::purchases::inputs::Inputs;

/// The format of the file.
pub const FORMAT: &str = "offer-host-replay/1";

/// The content of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Bundle {
    pub(super) format: String,
    pub(super) components: BTreeMap<String, ComponentText>,
    pub(super) documents: Vec<Value>,
    pub(super) catalogs: Vec<Vec<usize>>,
    pub(super) plans: Vec<PlanText>,
    pub(super) purchases: Vec<PurchaseText>,
}

/// The component of a mechanic: class, and WebAssembly in base64.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ComponentText {
    pub(super) class: String,
    pub(super) wasm: String,
}

/// The documents that a plan is built from, by their numbers; `catalog` is the number of a catalogue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlanText {
    pub(super) revision: Revision,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) today: Option<Revision>,
    pub(super) settings: usize,
    pub(super) catalog: usize,
    pub(super) offers: Vec<usize>,
    pub(super) audiences: Vec<usize>,
    /// Name and offer of each pool of coupon codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) coupon_pools: Vec<(String, String)>,
    /// Roll-outs by mechanic, JSON text.
    pub(super) rollouts: BTreeMap<String, String>,
}

/// A purchase, masked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PurchaseText {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) plan: String,
    pub(super) revision: Revision,
    pub(super) request: Value,
    pub(super) inputs: Inputs,
    /// Name to value, JSON text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<Masked>,
    pub(super) answer: String,
}

/// A bundle with its plans built.
pub struct OpenBundle {
    plans: BTreeMap<PlanKey, Result<Arc<Live>, String>>,
    purchases: Vec<Recorded>,
    /// Name and digest of the candidate's mechanic.
    candidate: Option<(String, String)>,
}

/// A version of a mechanic to price with instead of those that priced the purchases.
#[derive(Debug)]
pub struct CandidateVersion {
    /// The name of the mechanic.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
    /// Name of the class of limits.
    pub class: String,
    /// The component.
    pub file: Vec<u8>,
}

impl Bundle {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let bundle: Self = serde_json::from_str(&text).context("the file is not a bundle of purchases")?;
        if bundle.format != FORMAT {
            bail!("its format is `{}`; this version of offer-host reads `{FORMAT}`", bundle.format);
        }
        Ok(bundle)
    }

    /// The text of the file.
    pub fn write(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Builds the plans, with the candidate as shadow of the active version of its mechanic.
    pub async fn open_with(
        mut self,
        gates: Gates,
        candidate: CandidateVersion,
    ) -> anyhow::Result<OpenBundle> {
        let CandidateVersion { name, version, digest, .. } = &candidate;
        let shadow = VersionRef { version: version.clone(), digest: digest.clone(), trial: u64::MAX };
        for text in self.plans.iter_mut().filter_map(|plan| plan.rollouts.get_mut(name)) {
            let rollout: Rollout = serde_json::from_str(text)?;
            let shadow = Some(shadow.clone());
            *text = serde_json::to_string(&Rollout { shadow, canary: None, ..rollout })?;
        }
        let component =
            ComponentText { class: candidate.class.clone(), wasm: STANDARD.encode(&candidate.file) };
        self.components.insert(digest.clone(), component);
        let open = self.open(gates).await?;
        Ok(OpenBundle { candidate: Some((candidate.name, candidate.digest)), ..open })
    }

    /// Builds the plans.
    pub async fn open(self, gates: Gates) -> anyhow::Result<OpenBundle> {
        let registry = Registry::start(calculation::count(0), gates, None)?;
        for (digest, component) in &self.components {
            let file = STANDARD.decode(&component.wasm).with_context(|| format!("component {digest}"))?;
            let class = Class::of_name(&component.class).unwrap_or_default();
            let admitted = registry.admit(file, class).await?;
            registry.keep(admitted.with_context(|| format!("component {digest} is refused"))?);
        }
        let mut plans: BTreeMap<PlanKey, Result<Arc<Live>, String>> = BTreeMap::new();
        let mut before: Option<(usize, usize, Arc<Live>)> = None;
        for plan in &self.plans {
            let built = self.build(plan, before.as_ref(), &registry).await;
            if let Ok(live) = &built {
                before = Some((plan.catalog, plan.settings, Arc::clone(live)));
            }
            let built = built.map_err(|error| format!("the plan cannot be built: {error:#}"));
            plans.insert((plan.revision, plan.today), built);
        }
        let purchases = self.purchases.into_iter().map(PurchaseText::recorded).collect();
        Ok(OpenBundle { plans, purchases, candidate: None })
    }

    /// Builds a plan as from the store, from the documents of the bundle.
    async fn build(
        &self,
        plan: &PlanText,
        before: Option<&(usize, usize, Arc<Live>)>,
        registry: &Registry,
    ) -> anyhow::Result<Arc<Live>> {
        let settings = Arc::new(self.document(plan.settings)?.clone());
        // The number stands for a revision: equal numbers are equal catalogues.
        let catalog = Revision::try_from(plan.catalog)?;
        let same =
            before.filter(|(number, settings, _)| (*number, *settings) == (plan.catalog, plan.settings));
        let goods = match same {
            Some((_, _, live)) => GoodsDocuments::Read(Arc::clone(&live.parts.goods), catalog),
            None => GoodsDocuments::Rows(self.rows(plan.catalog)?, Some(catalog)),
        };
        let offers = plan.offers.iter().map(|number| offer(self.document(*number)?));
        let mut documents = Documents::stored(goods, offers.collect::<anyhow::Result<_>>()?);
        for number in &plan.audiences {
            let body = self.document(*number)?;
            documents.audiences.insert(text(body, "id")?, (body.clone(), Origin::Stored));
        }
        documents.coupon_pools = plan.coupon_pools.iter().cloned().collect();
        let mut rollouts: BTreeMap<String, Rollout> = BTreeMap::new();
        for (name, rollout) in &plan.rollouts {
            rollouts.insert(name.clone(), serde_json::from_str(rollout)?);
        }
        let lineup = registry.lineup(None, &rollouts).await?;
        let before = before.map(|(_, _, live)| live.as_ref());
        let built = build(documents, before, settings, &lineup)?;
        Ok(match plan.today {
            None => built.at(plan.revision),
            Some(today) => built.late(plan.revision, today),
        })
    }

    fn rows(&self, catalog: usize) -> anyhow::Result<CatalogDocuments> {
        let numbers =
            self.catalogs.get(catalog).with_context(|| format!("there is no catalogue {catalog}"))?;
        let mut rows = CatalogDocuments::default();
        for number in numbers {
            let row = self.document(*number)?;
            let body = row.get("body").cloned().unwrap_or_default();
            rows.0.insert((text(row, "kind")?, text(row, "key")?), (body, Origin::Stored));
        }
        Ok(rows)
    }

    fn document(&self, number: usize) -> anyhow::Result<&Value> {
        self.documents.get(number).with_context(|| format!("there is no document {number}"))
    }
}

fn offer(document: &Value) -> anyhow::Result<OfferRecord> {
    let version = document.get("version").and_then(Value::as_u64).context("an offer has no version")?;
    Ok(OfferRecord {
        external_id: text(document, "external_id")?,
        version: version.try_into()?,
        state: OfferState::Running,
        body: document.get("body").map(Value::to_string).unwrap_or_default(),
    })
}

fn text(document: &Value, name: &str) -> anyhow::Result<String> {
    let text = document.get(name).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("a document has no `{name}`"))
}

impl PurchaseText {
    pub(super) fn of(recorded: &Recorded) -> Self {
        let attributes = recorded.attributes.iter();
        Self {
            id: recorded.id.clone(),
            state: recorded.state.clone(),
            plan: recorded.plan.clone(),
            revision: recorded.revision,
            request: recorded.request.clone(),
            inputs: recorded.inputs.clone(),
            attributes: attributes.map(|one| (one.name.clone(), one.value.clone())).collect(),
            member: recorded.masked.clone(),
            answer: recorded.answer.clone(),
        }
    }

    fn recorded(self) -> Recorded {
        let attributes = self.attributes.into_iter();
        let attributes = attributes.map(|(name, value)| AttributeValue { name, value, revision: 0 });
        Recorded {
            id: self.id,
            scope: None,
            state: self.state,
            plan: self.plan,
            revision: self.revision,
            answer: self.answer,
            request: self.request,
            inputs: self.inputs,
            attributes: attributes.collect(),
            masked: self.member,
        }
    }
}

impl OpenBundle {
    /// The number of purchases.
    pub fn len(&self) -> usize {
        self.purchases.len()
    }

    /// True if there are no purchases.
    pub fn is_empty(&self) -> bool {
        self.purchases.is_empty()
    }

    /// Prices every purchase with the candidate, in order.
    pub fn price_with_candidate(&self) -> impl Iterator<Item = (&str, Result<CandidateRun, ReplayError>)> {
        self.purchases.iter().map(|recorded| {
            let (Some((name, digest)), Some(plan)) = (&self.candidate, self.plans.get(&recorded.plan_key()))
            else {
                let detail = "the bundle lacks its plan".to_owned();
                return (recorded.id.as_str(), Err(ReplayError::NotReproducible(detail)));
            };
            let run = match plan {
                Ok(live) => price_with_candidate(live, recorded, (name, digest)),
                Err(error) => Err(ReplayError::NotReproducible(error.clone())),
            };
            (recorded.id.as_str(), run)
        })
    }

    /// Replays every purchase, in order, `at_once` at the same time.
    pub fn replay_all(
        self,
        threads: CalculationThreads,
        at_once: usize,
    ) -> impl Stream<Item = (String, Result<Replayed, ReplayError>)> {
        let plans = self.plans;
        let one = move |recorded: Recorded| {
            let threads = threads.clone();
            let live = match plans.get(&recorded.plan_key()) {
                Some(Ok(live)) => Ok(Arc::clone(live)),
                Some(Err(error)) => Err(ReplayError::NotReproducible(error.clone())),
                None => Err(ReplayError::NotReproducible("the bundle lacks its plan".to_owned())),
            };
            async move {
                let id = recorded.id.clone();
                let replayed = match live {
                    Ok(live) => match threads.run(move || super::replay(&live, &recorded)).await {
                        Ok(replayed) => replayed,
                        Err(error) => Err(error.into()),
                    },
                    Err(error) => Err(error),
                };
                (id, replayed)
            }
        };
        stream::iter(self.purchases).map(one).buffered(at_once)
    }
}
