//! Everything that a receipt is priced by: one immutable snapshot.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::mechanics::Description;
use crate::offer::Offer;
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
}
