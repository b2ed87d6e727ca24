//! What is live: one immutable snapshot, replaced as a whole.

mod audiences;
mod documents;
mod offers;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::MechanicSet;
use serde_json::Value;
use store::Revision;

pub use documents::{CATALOG_TYPES, CatalogDocuments, Documents, GoodsDocuments, Origin};
pub use offers::LiveOffer;

use crate::mechanics::Mechanics;
use crate::wire::audience::Audiences;
use crate::wire::plan::{Base, BuiltPlan, ReadBase};
use crate::wire::problem::{Problem, Problems};

/// A plan with the mechanics that it was built for. A receipt holds one for its whole life.
pub struct Live {
    /// The plan.
    pub plan: BuiltPlan,
    /// Its mechanics.
    pub mechanics: MechanicSet,
    /// The revision of the documents that it was built from.
    pub revision: Revision,
    /// What it was built of, for the next plan to take what has not changed.
    pub parts: Parts,
}

/// What a plan is built of.
#[derive(Clone)]
pub struct Parts {
    /// What is sold.
    pub goods: Arc<Goods>,
    /// The revision of the catalogue that it was read from; none if it is not stored yet.
    pub catalog_revision: Option<Revision>,
    /// The offers by external id.
    pub offers: BTreeMap<String, Arc<LiveOffer>>,
}

/// Settings and goods as they were read, with what is odd in them.
pub struct Goods {
    base: Base,
    warnings: Vec<Problem>,
}

/// A plan that could go live.
pub struct Built {
    plan: BuiltPlan,
    mechanics: MechanicSet,
    parts: Parts,
    /// What is odd in the request at hand.
    pub warnings: Vec<Problem>,
}

impl Live {
    /// What is odd in all of its documents.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        let of_offers = self.parts.offers.values().flat_map(|offer| offer.warnings());
        self.parts.goods.warnings.iter().chain(of_offers)
    }
}

impl Goods {
    /// What was read.
    pub fn base(&self) -> &Base {
        &self.base
    }
}

/// Builds the plan of documents, or says everything that is wrong with them. What is in `before`
/// already is taken from there.
pub fn build(
    documents: Documents,
    before: Option<&Live>,
    settings: Value,
    available: &Mechanics,
) -> Result<Built, Problems> {
    let goods = ReadGoods::of(documents.goods, settings)?;
    let offers = offers::read(documents.offers, &goods.goods, before, available);
    let audiences = audiences::read(documents.audiences);
    let mut problems = goods.problems;
    problems.extend(offers.problems);
    let audiences = audiences.unwrap_or_else(|Problems(found)| {
        problems.extend(found);
        Audiences::default()
    });
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let mut warnings = goods.warnings_of_request;
    warnings.extend(offers.warnings_of_request);
    let prepared = offers.offers.values().map(|offer| offer.prepared());
    let plan = BuiltPlan::assemble(goods.goods.base(), available.table(), prepared, audiences);
    let parts = Parts { goods: goods.goods, catalog_revision: goods.catalog_revision, offers: offers.offers };
    Ok(Built { plan, mechanics: available.set(), parts, warnings })
}

/// Reads goods alone; with what is wrong with them.
pub fn read_goods(rows: CatalogDocuments, settings: Value) -> Result<(Arc<Goods>, Vec<Problem>), Problems> {
    let read = ReadGoods::of(GoodsDocuments::Rows(rows, None), settings)?;
    Ok((read.goods, read.problems))
}

struct ReadGoods {
    goods: Arc<Goods>,
    catalog_revision: Option<Revision>,
    problems: Vec<Problem>,
    warnings_of_request: Vec<Problem>,
}

impl ReadGoods {
    fn of(documents: GoodsDocuments, settings: Value) -> Result<Self, Problems> {
        let (rows, catalog_revision) = match documents {
            GoodsDocuments::Rows(rows, revision) => (rows, revision),
            GoodsDocuments::Read(goods, revision) => {
                return Ok(Self {
                    goods,
                    catalog_revision: Some(revision),
                    problems: Vec::new(),
                    warnings_of_request: Vec::new(),
                });
            }
        };
        let (document, origins) = rows.plan_document(settings);
        let ReadBase { base, problems, warnings } = Base::read(&document)?;
        let sent = warnings.iter().filter(|warning| origins.is_of_request(warning));
        Ok(Self {
            warnings_of_request: sent.map(|warning| origins.trace(warning)).collect(),
            problems: problems.iter().map(|problem| origins.trace(problem)).collect(),
            goods: Arc::new(Goods {
                base,
                warnings: warnings.iter().map(|warning| origins.trace_stored(warning)).collect(),
            }),
            catalog_revision,
        })
    }
}

impl Built {
    /// The snapshot to share. A catalogue that was just read is that of this revision.
    pub fn at(mut self, revision: Revision) -> Arc<Live> {
        self.parts.catalog_revision.get_or_insert(revision);
        let Self { plan, mechanics, parts, .. } = self;
        Arc::new(Live { plan, mechanics, revision, parts })
    }
}
