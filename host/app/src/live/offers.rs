//! Offers as they were read against goods and mechanics, kept for the next snapshots that share both.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::mechanics::MechanicId;
use domain::plan::Mechanic;
use store::OfferRecord;
use wire::plan::PreparedOffer;
use wire::problem::{Problem, Problems};
use wire::reader::Report;

use super::documents::offer_document;
use super::{Goods, Live, Origin};
use crate::mechanics::lineup::ChosenVersions;

/// Code of the problems that the JSON Schema of a mechanic finds.
const SCHEMA: &str = "schema";

/// An offer that was read, and that its mechanic accepts.
pub struct LiveOffer {
    record: OfferRecord,
    prepared: PreparedOffer,
    /// Number of its mechanic in the plan, and the digest of the version that accepted it.
    mechanic: (MechanicId, String),
    /// Oddities, with pointers into the offer.
    oddities: Vec<Problem>,
    /// The oddities as warnings about a stored offer.
    warnings: Vec<Problem>,
}

impl LiveOffer {
    /// The offer in the form that plans are assembled from.
    pub fn prepared(&self) -> &PreparedOffer {
        &self.prepared
    }

    pub(super) fn oddities(&self) -> &[Problem] {
        &self.oddities
    }

    pub(super) fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Reads an offer and asks its mechanic to validate it. An offer that is `known`, so that this version of
    /// its mechanic has accepted it before, only gets warnings where it breaks the schema.
    fn read(
        record: OfferRecord,
        goods: &Goods,
        mechanics: &ChosenVersions,
        known: bool,
        report: Report,
    ) -> Result<Self, Problems> {
        // The document goes before the parameters are checked, which are then read from their text.
        let (prepared, mut oddities) = {
            let document = offer_document(&record)?;
            PreparedOffer::parse(&document, goods.base(), &mechanics.table, report)?
        };
        let found =
            prepared.check_params(|mechanic, params, offer| match mechanics.set.component(mechanic) {
                Some(component) => component.validate(params, offer),
                None => Ok(Vec::new()),
            });
        if !known && !found.is_empty() || found.iter().any(|problem| problem.code != SCHEMA) {
            return Err(found.into());
        }
        oddities.extend(found);
        let id = prepared.mechanic();
        let digest = mechanics.table.get(id.0).map(|mechanic| mechanic.digest.clone()).unwrap_or_default();
        let what = what(&record.external_id);
        let warnings = oddities.iter().map(|warning| Origin::Stored.trace(&what, warning.clone())).collect();
        Ok(Self { record, prepared, mechanic: (id, digest), oddities, warnings })
    }
}

/// The offers that could be read, the problems of the others, and the warnings about offers of the request.
#[derive(Default)]
pub(super) struct ReadOffers {
    pub(super) offers: BTreeMap<String, Arc<LiveOffer>>,
    pub(super) problems: Problems,
    pub(super) warnings_of_request: Vec<Problem>,
}

/// Reads offers; those that `before` has already are taken from there.
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
                // An offer that was live before goes on, also if this request sends it again.
                let report = if known || !origin.is_new() { Report::of_stored() } else { Report::default() };
                LiveOffer::read(record.clone(), goods, mechanics, known, report).map(Arc::new)
            }
        };
        match offer {
            Ok(offer) => {
                if origin.is_of_request() {
                    let oddities = offer.oddities.iter().cloned();
                    read.warnings_of_request.extend(oddities.map(|warning| origin.trace(&what(id), warning)));
                }
                read.offers.insert(id.clone(), offer);
            }
            Err(found) => read.problems.append(found.map(|problem| origin.trace(&what(id), problem))),
        }
    }
    read
}

/// The offer as a variant of `live` has read it with the same version of its mechanic.
fn kept<'a>(live: &'a Live, record: &OfferRecord, mechanics: &ChosenVersions) -> Option<&'a Arc<LiveOffer>> {
    let offers = live.variants().filter_map(|variant| variant.offers.get(&record.external_id));
    offers.into_iter().find(|offer| offer.record_is(record) && offer.is_of(&mechanics.table))
}

impl LiveOffer {
    /// True if it was read with the version of its mechanic that these have.
    fn is_of(&self, mechanics: &[Mechanic]) -> bool {
        let (id, digest) = &self.mechanic;
        mechanics.get(id.0).is_some_and(|mechanic| mechanic.digest == *digest)
    }

    /// True if both were read from the same version and body.
    pub(super) fn is_same_version(&self, other: &Self) -> bool {
        self.record_is(&other.record)
    }

    /// True if it was read from the same version and body. The state does not matter: a version is read the
    /// same as a draft and live.
    fn record_is(&self, other: &OfferRecord) -> bool {
        self.record.version == other.version && self.record.body == other.body
    }
}

pub(super) fn what(external_id: &str) -> String {
    format!("offer `{external_id}`")
}
