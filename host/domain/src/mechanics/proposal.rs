//! The answers of a mechanic: verdicts, and the rewards that they propose.

use crate::quantities::Percent;

/// The value of a reward on a line or a part of it. Sums are minor units of money or smallest steps of
/// points, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// A percentage of the base.
    Percent(Percent),
    /// A sum that is distributed over the lines.
    Amount(i64),
    /// A sum for every unit.
    AmountPerUnit(i64),
    /// A sum for every line.
    AmountPerLine(i64),
    /// The unit price to charge instead, in minor units of money. Discounts only.
    UnitPrice(i64),
}

/// The order in which units are rewarded if a limit does not allow all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// In the order of the proposal.
    #[default]
    Listed,
    /// Lowest unit price first.
    Cheapest,
    /// Highest unit price first.
    Dearest,
}

/// Limits of the rewarded quantity and of the reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitLimits {
    /// Maximum rewarded quantity, in thousandths.
    pub max_units: Option<i64>,
    /// Size of a set in thousandths: only whole sets are rewarded.
    pub unit_multiple: Option<i64>,
    /// Order of the units; as listed if absent.
    pub pick: Option<Pick>,
    /// Maximum reward, in money or points by phase.
    pub cap: Option<i64>,
}

/// A line, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Index in [`super::ReceiptCall::lines`].
    pub line: u32,
    /// Quantity in thousandths; the whole line if absent.
    pub quantity: Option<i64>,
}

/// The parts of the receipt that a proposal rewards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portions {
    /// All lines in the scope of its item.
    ItemScope,
    /// These portions, in this order.
    Listed(Vec<Portion>),
}

/// A reward that a mechanic proposes. The host decides how much of it is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Index of the item in the call, if it comes from one.
    pub item: Option<u32>,
    /// The rewarded parts.
    pub portions: Portions,
    /// The value.
    pub benefit: Benefit,
    /// Limits over all portions.
    pub limits: UnitLimits,
    /// A [`super::Reason::id`] of the description.
    pub reason: u32,
}

/// The reason why a mechanic proposes nothing for an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// None of its goods is on the receipt.
    NoMatchingLine,
    /// A minimum sum or quantity is not reached.
    BelowThreshold,
    /// A condition of the mechanic's own does not hold.
    NotApplicable,
}

/// A reason of the mechanic's own for proposing nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// A [`super::DeclineReason::id`] of the description.
    pub reason: u32,
    /// Index of the item in the call, if it is about one.
    pub item: Option<u32>,
    /// One value for each variable of the reason, in its unit.
    pub values: Vec<i64>,
}

/// The answer of a mechanic for one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Proposed rewards.
    Proposals(Vec<Proposal>),
    /// No proposals, with the kind of reason.
    Declined(Declined),
    /// No proposals, with a reason of the mechanic's own.
    DeclinedFor(Decline),
    /// The mechanic reports that it cannot evaluate the offer.
    Failed {
        /// Stable code.
        code: String,
        /// Explanation for people.
        detail: String,
        /// Message for the mechanic's author, which tills never see.
        message: Option<String>,
    },
}

/// A problem that a mechanic finds in the parameters of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamsProblem {
    /// JSON Pointer into the parameters.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// Explanation for people.
    pub detail: String,
}
