//! Offers as they were read against goods and mechanics, kept for the plans that share both.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::plan::Mechanic;
use engine::MechanicSet;
use store::OfferRecord;

use super::documents::offer_document;
use super::{Goods, Live, Origin};
use crate::mechanics::Mechanics;
use crate::wire::plan::PreparedOffer;
use crate::wire::problem::{Problem, Problems};

/// An offer that was read and that its mechanic has agreed to.
pub struct LiveOffer {
    record: OfferRecord,
    prepared: PreparedOffer,
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

    fn read(record: OfferRecord, goods: &Goods, mechanics: &Available) -> Result<Self, Problems> {
        let document = offer_document(&record)?;
        let (prepared, odd) = PreparedOffer::parse(&document, goods.base(), &mechanics.table)?;
        let found =
            prepared.check_params(|mechanic, params, offer| match mechanics.set.component(mechanic) {
                Some(component) => component.validate(params, offer),
                None => Ok(Vec::new()),
            });
        if !found.is_empty() {
            return Err(Problems(found));
        }
        let what = what(&record.external_id);
        let warnings = odd.iter().map(|warning| Origin::Stored.trace(&what, warning.clone())).collect();
        Ok(Self { record, prepared, odd, warnings })
    }
}

struct Available {
    table: Vec<Mechanic>,
    set: MechanicSet,
}

/// All offers that could be read, and what is to be said of the others.
#[derive(Default)]
pub(super) struct ReadOffers {
    pub(super) offers: BTreeMap<String, Arc<LiveOffer>>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings_of_request: Vec<Problem>,
}

pub(super) fn read(
    documents: BTreeMap<String, (OfferRecord, Origin)>,
    goods: &Arc<Goods>,
    before: Option<&Live>,
    mechanics: &Mechanics,
) -> ReadOffers {
    let mechanics = Available { table: mechanics.table(), set: mechanics.set() };
    let kept = before.filter(|live| {
        Arc::ptr_eq(&live.parts.goods, goods) && same(&live.plan.plan.mechanics, &mechanics.table)
    });
    let mut read = ReadOffers::default();
    for (id, (record, origin)) in documents {
        let kept = kept.and_then(|live| live.parts.offers.get(&id)).filter(|kept| kept.record_is(&record));
        let offer = match kept {
            Some(kept) => Ok(Arc::clone(kept)),
            None => LiveOffer::read(record, goods, &mechanics).map(Arc::new),
        };
        match offer {
            Ok(offer) => {
                if origin.is_of_request() {
                    let odd = offer.odd.iter().cloned();
                    read.warnings_of_request.extend(odd.map(|warning| origin.trace(&what(&id), warning)));
                }
                read.offers.insert(id, offer);
            }
            Err(Problems(found)) => {
                read.problems.extend(found.into_iter().map(|problem| origin.trace(&what(&id), problem)));
            }
        }
    }
    read
}

impl LiveOffer {
    /// The state does not matter: a version that goes live is read as it was as a draft.
    fn record_is(&self, other: &OfferRecord) -> bool {
        self.record.version == other.version && self.record.body == other.body
    }
}

/// The same mechanics under the same numbers.
fn same(before: &[Mechanic], now: &[Mechanic]) -> bool {
    let ids = |mechanics: &[Mechanic]| {
        mechanics.iter().map(|known| (known.name.clone(), known.digest.clone())).collect::<Vec<_>>()
    };
    ids(before) == ids(now)
}

fn what(external_id: &str) -> String {
    format!("offer `{external_id}`")
}
