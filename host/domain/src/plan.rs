//! Everything that a receipt is priced by: one immutable snapshot.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::mechanics::{Description, MechanicId};
use crate::offer::{Offer, OfferId};
use crate::quantities::Percent;
use crate::rounding::Rounding;

/// The snapshot.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Content hash, `sha256:…`.
    pub hash: String,
    /// The currency of every receipt.
    pub currency: Currency,
    /// The points currency.
    pub points: PointsCurrency,
    /// Goods; shared by the plans that differ in their offers only.
    pub catalog: Arc<Catalog>,
    /// The mechanics that offers refer to.
    pub mechanics: Vec<Mechanic>,
    /// The offers, by ascending external id.
    pub offers: Vec<Offer>,
    /// Most that all discounts together may take off a receipt, in percent of its amount.
    pub receipt_max_discount: Option<Percent>,
    /// The language of reasons.
    pub locale: String,
}

impl Plan {
    /// The offer with this number.
    pub fn offer(&self, id: OfferId) -> Option<&Offer> {
        self.offers.get(id.0)
    }

    /// The offers with their numbers, by ascending external id.
    pub fn numbered_offers(&self) -> impl Iterator<Item = (OfferId, &Offer)> {
        (0..).map(OfferId).zip(&self.offers)
    }

    /// The mechanic with this number.
    pub fn mechanic(&self, id: MechanicId) -> Option<&Mechanic> {
        self.mechanics.get(id.0)
    }
}

/// The money of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217 code.
    pub code: String,
    /// Digits after the point.
    pub exponent: u32,
    /// How lines are settled.
    pub rounding: Rounding,
}

/// The points of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsCurrency {
    /// Digits after the point.
    pub exponent: u32,
    /// How lines are settled.
    pub rounding: Rounding,
    /// What one point pays: an exact fraction, minor units of money per smallest step of points.
    pub rate: (i64, i64),
    /// The share of the eligible net that may be paid with points.
    pub max_burn: Percent,
}

/// One version of a mechanic.
#[derive(Debug, Clone)]
pub struct Mechanic {
    /// What offers call it.
    pub name: String,
    /// Its version and everything else it says of itself.
    pub description: Description,
    /// `sha256:…` of the component.
    pub digest: String,
    /// The version to ask instead, for offers that want that.
    pub previous: Option<Previous>,
}

/// The version of a mechanic that was active before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its number in the plan.
    pub mechanic: MechanicId,
    /// For each of the parameters of the later version, the number of the same one here, if there is
    /// one.
    pub parameters: Vec<Option<u32>>,
}

impl Previous {
    /// How a later version's parameters are those of an earlier one: the same place, name and unit.
    pub fn new(mechanic: MechanicId, before: &Description, later: &Description) -> Self {
        let same = |parameter| {
            let place = before.parameters.iter().position(|known| known == parameter);
            place.and_then(|place| u32::try_from(place).ok())
        };
        Self { mechanic, parameters: later.parameters.iter().map(same).collect() }
    }

    /// Parameters of the later version as this one numbers them; without those that it does not have.
    pub fn extras(&self, extras: &[(u32, i64)]) -> Vec<(u32, i64)> {
        let number = |later: u32| *self.parameters.get(usize::try_from(later).ok()?)?;
        extras.iter().filter_map(|&(later, value)| Some((number(later)?, value))).collect()
    }
}
