//! The plans that are live: one immutable snapshot, replaced as a whole.

mod audiences;
mod documents;
mod offers;
pub mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::mechanics::{FactSource, MechanicId};
use domain::offer::Filters;
use engine::MechanicSet;
use serde_json::Value;
use store::Revision;

pub use documents::{CatalogDocuments, Documents, GoodsDocuments, Origin};
pub use offers::LiveOffer;

use crate::mechanics::lineup::{ChosenVersions, Lineup, MonitoredVersion};
use wire::audience::Audiences;
use wire::coupon::CouponPools;
use wire::offer::EqualCodes;
use wire::plan::{BuiltPlan, PlanBase, ReadBase, equal_codes};
use wire::problem::{Problem, Problems, UNKNOWN_FIELD, capped};
use wire::rollout::{Sale, Who};

/// Names a snapshot: its revision; and for late receipts, the revision of everything but offers and
/// audiences.
pub type PlanKey = (Revision, Option<Revision>);

/// All plan variants of one revision. A receipt is priced by one of them from its start to its end.
pub struct Live {
    /// The variant with the active version of every mechanic.
    pub active: Arc<PlanVariant>,
    /// The variants with canaries, by the mechanics whose canary prices the receipt.
    with_canaries: BTreeMap<Vec<MechanicId>, Arc<PlanVariant>>,
    canaries: Vec<CanaryShare>,
    /// The variants with a shadow, which are computed beside the active one and pay nothing.
    pub shadows: Vec<(MechanicId, Arc<PlanVariant>)>,
    /// The revision of the documents that the variants were built from.
    pub revision: Revision,
    /// For late receipts, the revision of everything but offers and audiences.
    pub today: Option<Revision>,
    /// The parts that the variants share; the next snapshot reuses those that have not changed.
    pub parts: Parts,
}

/// A plan with one choice of versions of its mechanics, and the components that run them.
pub struct PlanVariant {
    /// The plan.
    pub plan: BuiltPlan,
    /// The components, by the plan's numbers of mechanics.
    pub mechanics: MechanicSet,
    /// Health and gates of each, by the plan's numbers of mechanics.
    pub monitored: Vec<MonitoredVersion>,
    offers: BTreeMap<String, Arc<LiveOffer>>,
}

/// The receipts that a canary prices.
struct CanaryShare {
    mechanic: MechanicId,
    who: Who,
    salt: String,
}

/// The parts that all plan variants of a snapshot share.
#[derive(Clone)]
pub struct Parts {
    /// Settings and goods.
    pub goods: Arc<Goods>,
    /// The revision of the catalogue that the goods were read from; none if it is not stored yet.
    pub catalog_revision: Option<Revision>,
    /// The settings that the goods were read with.
    pub settings: Arc<Value>,
    /// The versions of mechanics.
    pub lineup: Lineup,
}

/// Settings and goods as they were read, with the warnings about them.
pub struct Goods {
    base: PlanBase,
    warnings: Vec<Problem>,
}

/// Plan variants that are not live yet.
pub struct BuiltVariants {
    active: Arc<PlanVariant>,
    with_canaries: BTreeMap<Vec<MechanicId>, Arc<PlanVariant>>,
    shadows: Vec<(MechanicId, Arc<PlanVariant>)>,
    parts: Parts,
    /// Warnings about the documents of the request.
    pub warnings: Vec<Problem>,
}

/// Makes a snapshot live, unless a later revision is live already.
pub fn swap(current: &ArcSwap<Live>, next: &Arc<Live>) {
    current.rcu(|before| if before.revision > next.revision { Arc::clone(before) } else { Arc::clone(next) });
    tracing::info!(revision = next.revision, plan = next.active.plan.plan.hash, "plan is live");
}

impl Live {
    /// Warnings about all documents of the active variant.
    pub fn warnings(&self) -> impl Iterator<Item = Problem> {
        let of_offers = self.active.offers.values().flat_map(|offer| offer.warnings());
        let of_goods = self.parts.goods.warnings.iter().cloned();
        of_goods.chain(capped(of_offers.cloned().chain(self.warnings_of_codes())))
    }

    /// External ids of the live offers that earlier releases took with keys that offers do not have.
    pub fn offers_with_unknown_keys(&self) -> Vec<&str> {
        let has_unknown =
            |offer: &LiveOffer| offer.warnings().iter().any(|warning| warning.code == UNKNOWN_FIELD);
        let offers = self.active.offers.iter().filter(|(_, offer)| has_unknown(offer));
        offers.map(|(id, _)| id.as_str()).collect()
    }

    fn warnings_of_codes(&self) -> Vec<Problem> {
        let equal = equal_codes(self.active.offers.values().map(|offer| offer.prepared()));
        let warning = |equal: &EqualCodes<'_>| {
            let what = offers::what(equal.second_offer);
            Origin::Stored.trace(&what, documents::equal_codes_problem(equal, &Origin::Stored))
        };
        equal.iter().map(warning).collect()
    }

    /// The variant that prices a receipt.
    pub fn variant_for(&self, sale: Sale<'_>) -> &Arc<PlanVariant> {
        if self.canaries.is_empty() {
            return &self.active;
        }
        let takes_part = self.canaries.iter().filter(|canary| canary.who.has(sale, &canary.salt));
        let canaries: Vec<MechanicId> = takes_part.map(|canary| canary.mechanic).collect();
        self.with_canaries.get(&canaries).unwrap_or(&self.active)
    }

    /// The name of this snapshot.
    pub fn key(&self) -> PlanKey {
        (self.revision, self.today)
    }

    /// The variant whose plan has this hash; none if it is not of this snapshot.
    pub fn variant_with_hash(&self, hash: &str) -> Option<&Arc<PlanVariant>> {
        std::iter::once(&self.active)
            .chain(self.with_canaries.values())
            .find(|variant| variant.plan.plan.hash == hash)
    }

    fn variants(&self) -> impl Iterator<Item = &Arc<PlanVariant>> {
        let shadows = self.shadows.iter().map(|(_, variant)| variant);
        std::iter::once(&self.active).chain(self.with_canaries.values()).chain(shadows)
    }
}

impl Goods {
    /// Settings and catalogue.
    pub fn base(&self) -> &PlanBase {
        &self.base
    }
}

/// Builds the plan variants of documents, or returns every problem of them. Goods and offers that `before`
/// has read already are taken from there.
pub fn build(
    documents: Documents,
    before: Option<&Live>,
    settings: Arc<Value>,
    lineup: &Lineup,
) -> Result<BuiltVariants, Problems> {
    let goods = ReadGoods::of(documents.goods, &settings)?;
    let active = lineup.active();
    let offers = offers::read(&documents.offers, &goods.goods, before, &active);
    let audiences = audiences::read(documents.audiences);
    let mut problems = goods.problems;
    problems.append(offers.problems);
    let audiences = audiences.unwrap_or_else(|found| {
        problems.append(found);
        Audiences::default()
    });
    problems.or(())?;
    let mut warnings = goods.warnings_of_request;
    warnings.extend(capped(offers.warnings_of_request));
    let base = goods.goods.base();
    let memberships = (audiences, documents.coupon_pools);
    let active = PlanVariant::assemble(base, active, offers.offers, &memberships);
    // A canary or a shadow must accept the same offers.
    let variant_of = |chosen: ChosenVersions| -> Result<_, Problems> {
        let read = offers::read(&documents.offers, &goods.goods, before, &chosen);
        read.problems.or(())?;
        Ok(PlanVariant::assemble(base, chosen, read.offers, &memberships))
    };
    let mut with_canaries = BTreeMap::new();
    for of in subsets(&lineup.canaries().into_iter().map(|(id, _)| id).collect::<Vec<_>>()) {
        let variant = variant_of(lineup.with_canaries(&of))?;
        with_canaries.insert(of, variant);
    }
    let shadow = |of| Ok((of, variant_of(lineup.with_shadow(of))?));
    let shadows = lineup.shadows().into_iter().map(shadow).collect::<Result<_, Problems>>()?;
    let (goods, catalog_revision) = (goods.goods, goods.catalog_revision);
    let parts = Parts { goods, catalog_revision, settings, lineup: lineup.clone() };
    Ok(BuiltVariants { active, with_canaries, shadows, parts, warnings })
}

/// All subsets of the ids but the empty one.
fn subsets(ids: &[MechanicId]) -> Vec<Vec<MechanicId>> {
    let mut subsets = vec![Vec::new()];
    for id in ids {
        let with: Vec<Vec<MechanicId>> = subsets
            .iter()
            .map(|subset: &Vec<MechanicId>| subset.iter().chain([id]).copied().collect())
            .collect();
        subsets.extend(with);
    }
    subsets.retain(|subset| !subset.is_empty());
    subsets
}

impl PlanVariant {
    fn assemble(
        base: &PlanBase,
        chosen: ChosenVersions,
        offers: BTreeMap<String, Arc<LiveOffer>>,
        (audiences, coupon_pools): &(Audiences, CouponPools),
    ) -> Arc<Self> {
        let prepared = offers.values().map(|offer| offer.prepared());
        let plan = BuiltPlan::assemble(base, chosen.table, prepared, audiences.clone(), coupon_pools);
        Arc::new(Self { plan, mechanics: chosen.set, monitored: chosen.monitored, offers })
    }
}

/// Reads goods alone; returns them with their problems.
pub fn read_goods(rows: CatalogDocuments, settings: &Value) -> Result<(Arc<Goods>, Problems), Problems> {
    let read = ReadGoods::of(GoodsDocuments::Rows(rows, None), settings)?;
    Ok((read.goods, read.problems))
}

struct ReadGoods {
    goods: Arc<Goods>,
    catalog_revision: Option<Revision>,
    problems: Problems,
    warnings_of_request: Vec<Problem>,
}

impl ReadGoods {
    fn of(documents: GoodsDocuments, settings: &Value) -> Result<Self, Problems> {
        let (rows, catalog_revision) = match documents {
            GoodsDocuments::Rows(rows, revision) => (rows, revision),
            GoodsDocuments::Read(goods, revision) => {
                return Ok(Self {
                    goods,
                    catalog_revision: Some(revision),
                    problems: Problems::default(),
                    warnings_of_request: Vec::new(),
                });
            }
        };
        let (document, origins) = rows.plan_document(settings.clone());
        let ReadBase { base, problems, warnings } = PlanBase::read(&document)?;
        let sent = warnings.iter().filter(|warning| origins.is_of_request(warning));
        Ok(Self {
            warnings_of_request: capped(sent.map(|warning| origins.trace(warning))),
            problems: problems.map(|problem| origins.trace(&problem)),
            goods: Arc::new(Goods {
                base,
                warnings: capped(warnings.iter().map(|warning| origins.trace_stored(warning))),
            }),
            catalog_revision,
        })
    }
}

impl BuiltVariants {
    /// Problems of coupon codes that compare as one in spite of their spelling, with pointers into the request that
    /// `origins` says the offers came with. Codes of two offers that are live already, as they are here, are no
    /// problem: an earlier release took them.
    pub fn equal_codes(&self, before: &Live, origins: &BTreeMap<String, Origin>) -> Problems {
        let is_new = |id: &str| {
            let offers = (self.active.offers.get(id), before.active.offers.get(id));
            !matches!(offers, (Some(now), Some(before)) if now.is_same_version(before))
        };
        let origin = |id: &str| origins.get(id).unwrap_or(&Origin::Stored);
        let equal = equal_codes(self.active.offers.values().map(|offer| offer.prepared()));
        let new = equal.into_iter().filter(|equal| is_new(equal.first_offer) || is_new(equal.second_offer));
        let problem = |equal: EqualCodes<'_>| {
            let equal = if origin(equal.second_offer).is_of_request() { equal } else { equal.turned() };
            let problem = documents::equal_codes_problem(&equal, origin(equal.first_offer));
            origin(equal.second_offer).trace(&offers::what(equal.second_offer), problem)
        };
        new.map(problem).collect()
    }

    /// The oddities of an offer of the active variant, with pointers into the offer.
    pub fn oddities(&self, external_id: &str) -> &[Problem] {
        self.active.offers.get(external_id).map_or(&[], |offer| offer.oddities())
    }

    /// The filters of an offer of the active variant.
    pub fn filters(&self, external_id: &str) -> Option<&Filters> {
        let mut offers = self.active.plan.plan.offers.iter();
        offers.find(|offer| offer.external_id == external_id).map(|offer| &offer.filters)
    }

    /// Names of the attributes of members that the mechanic of an offer of the active variant asks for.
    pub fn needed_attributes(&self, external_id: &str) -> impl Iterator<Item = &str> {
        let plan = &self.active.plan.plan;
        let offer = plan.offers.iter().find(|offer| offer.external_id == external_id);
        let mechanic = offer.and_then(|offer| plan.mechanic(offer.mechanic));
        let needs = mechanic.into_iter().flat_map(|mechanic| &mechanic.description.needs);
        needs.filter(|need| need.source == FactSource::Member).map(|need| need.name.as_str())
    }

    /// The snapshot of a committed revision. A catalogue that was not stored before is stored as of it.
    pub fn at(self, revision: Revision) -> Arc<Live> {
        self.snapshot(revision, None)
    }

    /// The snapshot for late receipts: offers and audiences of revision `then`, everything else of `today`.
    pub fn late(self, then: Revision, today: Revision) -> Arc<Live> {
        self.snapshot(then, Some(today))
    }

    fn snapshot(mut self, revision: Revision, today: Option<Revision>) -> Arc<Live> {
        self.parts.catalog_revision.get_or_insert(revision);
        let Self { active, with_canaries, shadows, parts, .. } = self;
        let canaries = parts.lineup.canaries().into_iter().map(|(mechanic, who)| CanaryShare {
            mechanic,
            who: who.clone(),
            salt: salt(&parts.lineup, mechanic),
        });
        let canaries = canaries.collect();
        Arc::new(Live { active, with_canaries, canaries, shadows, revision, today, parts })
    }
}

/// The salt of a canary's share: the digest of its component, so that its receipts stay the same while the
/// share grows.
fn salt(lineup: &Lineup, mechanic: MechanicId) -> String {
    let canary = lineup.iter().nth(mechanic.0).and_then(|lined| lined.canary.as_ref());
    canary.map(|(canary, _)| canary.health.digest.clone()).unwrap_or_default()
}
