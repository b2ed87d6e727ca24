//! The plan: an immutable snapshot of everything that receipts are priced by.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::mechanics::{Description, MechanicId, Phase};
use crate::offer::{Offer, OfferId};
use crate::quantities::{MAX_AMOUNT, Money, Percent, Points};
use crate::rounding::Rounding;

/// An immutable snapshot of settings, catalogue, mechanics and offers.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Content hash, `sha256:…`.
    pub hash: String,
    /// The currency of every receipt.
    pub currency: Currency,
    /// The points currency.
    pub points: PointsCurrency,
    /// The catalogue, shared by plans that differ in their offers only.
    pub catalog: Arc<Catalog>,
    /// The mechanics, in the order of [`MechanicId`].
    pub mechanics: Vec<Mechanic>,
    /// The offers, by ascending external id.
    pub offers: Vec<Offer>,
    /// Maximum of all discounts together, in percent of the amount of the receipt.
    pub receipt_max_discount: Option<Percent>,
    /// The most that a purchase may get.
    pub largest_grants: LargestGrants,
    /// The locale of reasons, and of messages if the receipt has none.
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

/// The most that a purchase may get in all; an offer that would give more gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargestGrants {
    /// Discounts; `None` if only the amounts of the lines limit them.
    pub discount: Option<Money>,
    /// Points.
    pub points: Points,
}

impl Default for LargestGrants {
    fn default() -> Self {
        Self { discount: None, points: Points(MAX_AMOUNT) }
    }
}

impl LargestGrants {
    /// The largest grant in a phase, in minor units of money or smallest steps of points.
    pub fn of(&self, phase: Phase) -> Option<i64> {
        match phase {
            Phase::Discount => self.discount.map(|money| money.0),
            Phase::Accrual => Some(self.points.0),
        }
    }
}

/// The currency of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217 code.
    pub code: String,
    /// Digits after the point.
    pub exponent: u32,
    /// Rounding of lines.
    pub rounding: Rounding,
}

/// The points currency of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsCurrency {
    /// Digits after the point.
    pub exponent: u32,
    /// Rounding of lines.
    pub rounding: Rounding,
    /// Worth of points as an exact fraction: minor units of money per smallest steps of points.
    pub rate: (i64, i64),
    /// Maximum part of the eligible net amount that may be paid with points.
    pub max_burn: Percent,
}

/// One version of a mechanic.
#[derive(Debug, Clone)]
pub struct Mechanic {
    /// Name that offers refer to.
    pub name: String,
    /// Its version and self-description.
    pub description: Description,
    /// `sha256:…` of the component.
    pub digest: String,
    /// The version to call instead after a fault, see [`crate::offer::OnFault::PreviousVersion`].
    pub previous: Option<Previous>,
}

/// The version of a mechanic that was active before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its number in the plan.
    pub mechanic: MechanicId,
    /// For each parameter of the later version, the index of the same parameter in this version, if
    /// there is one.
    pub parameters: Vec<Option<u32>>,
}

impl Previous {
    /// Matches the parameters of two versions: the same parameter has the same place, name and unit.
    pub fn new(mechanic: MechanicId, before: &Description, later: &Description) -> Self {
        let same = |parameter| {
            let place = before.parameters.iter().position(|known| known == parameter);
            place.and_then(|place| u32::try_from(place).ok())
        };
        Self { mechanic, parameters: later.parameters.iter().map(same).collect() }
    }

    /// Translates parameters of the later version to this one; those that it does not have are dropped.
    pub fn extras(&self, extras: &[(u32, i64)]) -> Vec<(u32, i64)> {
        let number = |later: u32| *self.parameters.get(usize::try_from(later).ok()?)?;
        extras.iter().filter_map(|&(later, value)| Some((number(later)?, value))).collect()
    }
}
