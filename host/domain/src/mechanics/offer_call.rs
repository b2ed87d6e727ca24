use super::description::TargetKind;
use super::phase::Phase;
use super::proposal::{Benefit, UnitLimits};

/// The lines an item speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    WholeReceipt,
    /// These indexes of [`ReceiptCall::lines`], ascending.
    Lines(Vec<u32>),
}

/// The sum from which a tier applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Money, minor units.
    pub sum: i64,
    /// `>` instead of `>=`.
    pub exclusive: bool,
}

/// One item of an offer, resolved for one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCall {
    /// What it is aimed at.
    pub target_kind: TargetKind,
    /// The number of the target; zero for the receipt or if unknown.
    pub target: u32,
    /// Its own lines.
    pub scope: Scope,
    /// What it is to give.
    pub reward: Phase,
    /// How much it gives.
    pub benefit: Benefit,
    /// Its tier.
    pub threshold: Option<Threshold>,
    /// Least quantity on its own lines, in thousandths.
    pub min_units: Option<i64>,
    /// Least sum on its own lines, in minor units.
    pub min_sum: Option<i64>,
    /// Limits.
    pub limits: UnitLimits,
    /// Index in [`Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
}

/// One offer in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferCall {
    /// The host's number of the offer.
    pub id: u32,
    /// The items that concern the phase.
    pub items: Vec<ItemCall>,
    /// Index in [`Description::parameters`], and value.
    pub extras: Vec<(u32, i64)>,
    /// The parameters as JSON text, if asked for.
    pub params: Option<String>,
}
