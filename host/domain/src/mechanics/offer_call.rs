//! An offer and its items as sent to a mechanic.

use super::description::{Phase, TargetKind};
use super::proposal::{Benefit, UnitLimits};

/// The lines that an item covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All lines.
    WholeReceipt,
    /// Indexes of [`super::ReceiptCall::lines`], ascending.
    Lines(Vec<u32>),
}

/// Minimum sum of a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Money, minor units.
    pub sum: i64,
    /// The sum must be exceeded (`>`) instead of reached (`>=`).
    pub exclusive: bool,
}

/// One item of an offer, resolved for one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCall {
    /// Kind of its target.
    pub target_kind: TargetKind,
    /// Number of the target in the catalogue; 0 for the receipt or an unknown target.
    pub target: u32,
    /// The lines that it covers.
    pub scope: Scope,
    /// The phase that it rewards in.
    pub reward: Phase,
    /// Its value.
    pub benefit: Benefit,
    /// Minimum sum, if it is a tier.
    pub threshold: Option<Threshold>,
    /// Minimum quantity on its lines, in thousandths.
    pub min_units: Option<i64>,
    /// Minimum sum of its lines, in minor units of money.
    pub min_sum: Option<i64>,
    /// Limits of what it rewards.
    pub limits: UnitLimits,
    /// The mechanic's own parameters: index in [`super::Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
}

/// One offer in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferCall {
    /// The host's number of the offer.
    pub id: u32,
    /// Its items for the phase.
    pub items: Vec<ItemCall>,
    /// The mechanic's own parameters: index in [`super::Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
    /// The parameters as JSON text, if the mechanic requests them.
    pub params: Option<String>,
}
