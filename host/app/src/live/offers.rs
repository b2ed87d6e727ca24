//! Offers as they were read against goods and mechanics, kept for the plans that share both.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::mechanics::MechanicId;
use domain::plan::Mechanic;
use store::OfferRecord;
use wire::plan::PreparedOffer;
use wire::problem::{Problem, Problems};

use super::documents::offer_document;
use super::{Goods, Live, Origin};
use crate::mechanics::lineup::ChosenVersions;

/// The code of what does not keep to the JSON Schema of a mechanic.
const SCHEMA: &str = "schema";

/// An offer that was read and that its mechanic has agreed to.
pub struct LiveOffer {
    record: OfferRecord,
    prepared: PreparedOffer,
    /// Number and digest of its mechanic.
    mechanic: (MechanicId, String),
    /// With their places in the offer.
    odd: Vec<Problem>,
    /// The same, for whoever looks at the whole plan.
    warnings: Vec<Problem>,
}

impl LiveOffer {
    /// What plans are made of.
    pub fn prepared(&self) -> &PreparedOffer {
        &self.prepared
    }

    pub(super) fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// What was taken once stays: an offer that is `known` with this version of its mechanic is only
    /// warned about if it does not keep to the schema.
    fn read(record: OfferRecord, goods: &Goods, mechanics: &ChosenVersions, known: bool) -> Result<Self, Problems> {
        let document = offer_document(&record)?;
        let (prepared, mut odd) = PreparedOffer::parse(&document, goods.base(), &mechanics.table)?;
        let found =
            prepared.check_params(|mechanic, params, offer| match mechanics.set.component(mechanic) {
                Some(component) => component.validate(params, offer),
                None => Ok(Vec::new()),
            });
        if !known && !found.is_empty() || found.iter().any(|problem| problem.code != SCHEMA) {
            return Err(Problems(found));
        }
        odd.extend(found);
        let id = prepared.mechanic();
        let digest = mechanics.table.get(id.0).map(|mechanic| mechanic.digest.clone()).unwrap_or_default();
        let what = what(&record.external_id);
        let warnings = odd.iter().map(|warning| Origin::Stored.trace(&what, warning.clone())).collect();
        Ok(Self { record, prepared, mechanic: (id, digest), odd, warnings })
    }
}

/// All offers that could be read, and what is to be said of the others.
#[derive(Default)]
pub(super) struct ReadOffers {
    pub(super) offers: BTreeMap<String, Arc<LiveOffer>>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings_of_request: Vec<Problem>,
}

pub(super) fn read(
    documents: &BTreeMap<String, (OfferRecord, Origin)>,
    goods: &Arc<Goods>,
    before: Option<&Live>,
    mechanics: &ChosenVersions,
) -> ReadOffers {
    let same_goods = before.filter(|live| Arc::ptr_eq(&live.parts.goods, goods));
    let mut read = ReadOffers::default();
    for (id, (record, origin)) in documents {
        let offer = match same_goods.and_then(|live| kept(live, record, mechanics)) {
            Some(kept) => Ok(Arc::clone(kept)),
            None => {
                let known = before.is_none_or(|live| kept(live, record, mechanics).is_some());
                LiveOffer::read(record.clone(), goods, mechanics, known).map(Arc::new)
            }
        };
        match offer {
            Ok(offer) => {
                if origin.is_of_request() {
                    let odd = offer.odd.iter().cloned();
                    read.warnings_of_request.extend(odd.map(|warning| origin.trace(&what(id), warning)));
                }
                read.offers.insert(id.clone(), offer);
            }
            Err(Problems(found)) => {
                read.problems.extend(found.into_iter().map(|problem| origin.trace(&what(id), problem)));
            }
        }
    }
    read
}

/// The offer as it was read before, over the same goods and with the same version of its mechanic.
fn kept<'a>(live: &'a Live, record: &OfferRecord, mechanics: &ChosenVersions) -> Option<&'a Arc<LiveOffer>> {
    let offers = live.variants().filter_map(|variant| variant.offers.get(&record.external_id));
    offers.into_iter().find(|offer| offer.record_is(record) && offer.is_of(&mechanics.table))
}

impl LiveOffer {
    /// Whether it was read against this version of its mechanic.
    fn is_of(&self, mechanics: &[Mechanic]) -> bool {
        let (id, digest) = &self.mechanic;
        mechanics.get(id.0).is_some_and(|mechanic| mechanic.digest == *digest)
    }

    /// The state does not matter: a version that goes live is read as it was as a draft.
    fn record_is(&self, other: &OfferRecord) -> bool {
        self.record.version == other.version && self.record.body == other.body
    }
}

fn what(external_id: &str) -> String {
    format!("offer `{external_id}`")
}
