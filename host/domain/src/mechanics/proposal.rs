use crate::quantities::Percent;

/// What a line, or a part of it, is worth. Sums are money or points, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// A percentage of the base.
    Percent(Percent),
    /// A sum spread over the lines.
    Amount(i64),
    /// A sum for every unit.
    AmountPerUnit(i64),
    /// A sum for every line.
    AmountPerLine(i64),
    /// The unit costs this instead; money.
    UnitPrice(i64),
}

/// Which units come first when a limit leaves some out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// As listed.
    #[default]
    Listed,
    /// Those that cost least.
    Cheapest,
    /// Those that cost most.
    Dearest,
}

/// How much of the lines is rewarded, and how much at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitLimits {
    /// Most quantity, in thousandths.
    pub max_units: Option<i64>,
    /// Only whole sets of this quantity, in thousandths.
    pub unit_multiple: Option<i64>,
    /// What comes first; as listed if nothing is said.
    pub pick: Option<Pick>,
    /// Most reward; money or points, by phase.
    pub cap: Option<i64>,
}

/// A line, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Index in [`ReceiptCall::lines`].
    pub line: u32,
    /// How much of it, in thousandths; the whole line if absent.
    pub quantity: Option<i64>,
}

/// What a proposal rewards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portions {
    /// The scope of its item.
    ItemScope,
    /// These, in this order.
    Listed(Vec<Portion>),
}

/// A reward that a mechanic would like to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The item it comes from.
    pub item: Option<u32>,
    /// The lines.
    pub portions: Portions,
    /// The value.
    pub benefit: Benefit,
    /// Limits over all portions.
    pub limits: UnitLimits,
    /// A [`Reason::id`].
    pub reason: u32,
}

/// Why an offer proposes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// None of its lines is here.
    NoMatchingLine,
    /// A sum or quantity was not reached.
    BelowThreshold,
    /// A condition of the mechanic's own.
    NotApplicable,
}

/// The answer for one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Rewards it would like to see.
    Proposals(Vec<Proposal>),
    /// None, and why.
    Declined(Declined),
    /// A failure in good order.
    Failed {
        /// Short and stable.
        code: String,
        /// For people.
        detail: String,
    },
}

/// Something wrong with an offer's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamsProblem {
    /// JSON Pointer into the parameters.
    pub pointer: String,
    /// Short and stable.
    pub code: String,
    /// For people.
    pub detail: String,
}
