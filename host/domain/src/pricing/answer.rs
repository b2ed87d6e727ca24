//! What a calculation answers.

use std::sync::Arc;

use crate::mechanics::{Blame, MechanicId, Outcome};
use crate::offer::OfferId;
use crate::quantities::{Money, Points};

/// A priced receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedReceipt {
    /// By ascending position.
    pub lines: Vec<PricedLine>,
    /// Sums of the lines.
    pub totals: Totals,
    /// What the member has, and could pay.
    pub points: PointsBalance,
    /// Filled-in messages of the offers that paid.
    pub messages: FilledMessages,
    /// The offers that gave nothing, by ascending external id.
    pub not_applied: Vec<NotApplied>,
    /// The mechanics that were called, by name.
    pub mechanics: Vec<MechanicReport>,
    /// The offers in whose control group the member is, by ascending external id.
    pub withheld: Vec<WithheldReward>,
    /// What it takes of limits over time, by ascending offer: to be reserved by who keeps count.
    pub limit_uses: Vec<LimitUse>,
    /// What the till should know.
    pub warnings: Vec<Warning>,
    /// How the answer came about, if asked for.
    pub trace: Option<Vec<TraceStep>>,
    /// Why this must not be sold so: the first offer that wants no receipt without it, and whose
    /// mechanic failed.
    pub failed: Option<NotApplied>,
}

/// A priced line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    /// The till's number.
    pub position: u32,
    /// What the till charged.
    pub amount: Money,
    /// What is taken off here.
    pub discount: Money,
    /// What is paid with points, in money.
    pub points_paid: Money,
    /// What is left to pay.
    pub payable: Money,
    /// Points earned.
    pub points_earned: Points,
    /// The offers that paid, in the order they did.
    pub offers: Vec<LineReward>,
}

/// What one offer gave on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineReward {
    /// The offer.
    pub offer: OfferId,
    /// Money off.
    pub discount: Money,
    /// Points.
    pub points: Points,
    /// The version of the mechanic that proposed it.
    pub mechanic: MechanicId,
    /// Why, in the plan's language.
    pub reason: Arc<str>,
}

/// Sums over the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// What the till charged.
    pub amount: Money,
    /// What is taken off here.
    pub discount: Money,
    /// What is paid with points, in money.
    pub points_paid: Money,
    /// The points that this takes.
    pub points_spent: Points,
    /// What is left to pay.
    pub payable: Money,
    /// Points earned.
    pub points_earned: Points,
}

/// What the member has, and could pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointsBalance {
    /// Points that can be spent.
    pub available: Points,
    /// Points that this receipt would take at most.
    pub can_pay_max: Points,
}

/// Messages, filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilledMessages {
    /// To the cashier.
    pub cashier: Vec<String>,
    /// On the receipt.
    pub receipt: Vec<String>,
}

/// Why an offer gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the contract, see `name`")]
pub enum NotAppliedReason {
    OutsidePeriod,
    WrongWeekday,
    OutsideHours,
    WrongPos,
    NoMember,
    WrongMemberState,
    NotInAudience,
    NoCoupon,
    ReceiptBelow,
    GoodsMissing,
    NoPersonalTerms,
    MalformedAttribute,
    NotAccepted,
    NoMatchingLine,
    BelowThreshold,
    NotApplicable,
    NotAllowed,
    LostTo,
    ControlGroup,
    LimitReached,
    NothingLeft,
    MechanicFailed,
}

impl NotAppliedReason {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::OutsidePeriod => "outside_period",
            Self::WrongWeekday => "wrong_weekday",
            Self::OutsideHours => "outside_hours",
            Self::WrongPos => "wrong_pos",
            Self::NoMember => "no_member",
            Self::WrongMemberState => "wrong_member_state",
            Self::NotInAudience => "not_in_audience",
            Self::NoCoupon => "no_coupon",
            Self::ReceiptBelow | Self::BelowThreshold => "below_threshold",
            Self::GoodsMissing => "goods_missing",
            Self::NoPersonalTerms => "no_personal_terms",
            Self::MalformedAttribute => "malformed_attribute",
            Self::NotAccepted => "not_accepted",
            Self::NoMatchingLine => "no_matching_line",
            Self::NotApplicable => "not_applicable",
            Self::NotAllowed => "not_allowed",
            Self::LostTo => "lost_to",
            Self::ControlGroup => "control_group",
            Self::LimitReached => "limit_reached",
            Self::NothingLeft => "nothing_left",
            Self::MechanicFailed => "mechanic_failed",
        }
    }
}

/// An offer that gave nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplied {
    /// The offer.
    pub offer: OfferId,
    /// Why.
    pub reason: NotAppliedReason,
    /// For people, with numbers.
    pub detail: String,
}

/// What an offer would have given to a member of its control group, if it were alone; zero if it
/// would have given nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldReward {
    /// The offer.
    pub offer: OfferId,
    /// Money off.
    pub discount: Money,
    /// Points.
    pub points: Points,
    /// On which lines, by ascending position.
    pub lines: Vec<WithheldLine>,
}

/// A part of it on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithheldLine {
    /// The till's number.
    pub position: u32,
    /// Money off.
    pub discount: Money,
    /// Points.
    pub points: Points,
}

/// What an offer that paid takes of each of its limits but those of one receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitUse {
    /// The offer.
    pub offer: OfferId,
    /// Receipts that it pays on: this one.
    pub uses: i64,
    /// Its discounts.
    pub money: Money,
    /// Its points.
    pub points: Points,
}

/// How the calls to one mechanic went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicReport {
    /// The mechanic.
    pub mechanic: MechanicId,
    /// The worst that happened.
    pub outcome: Outcome,
    /// Whose fault, if any.
    pub blame: Option<Blame>,
    /// Fuel of all its calls.
    pub fuel: u64,
    /// For people, if it failed.
    pub detail: Option<String>,
}

/// Something the till should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Short and stable.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

/// One step of the calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// The stage of the pipeline.
    pub stage: &'static str,
    /// The offer it is about, if any.
    pub offer: Option<OfferId>,
    /// What happened.
    pub detail: String,
}
