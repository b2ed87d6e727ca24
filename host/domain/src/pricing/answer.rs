//! The result of a calculation.

use std::sync::Arc;

use crate::exploration::Draw;
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
    /// Points of the member.
    pub points: PointsBalance,
    /// Filled-in messages of the offers that paid.
    pub messages: FilledMessages,
    /// The offers that gave nothing, by ascending external id.
    pub not_applied: Vec<NotApplied>,
    /// The mechanics that were called, by number.
    pub mechanics: Vec<MechanicReport>,
    /// Rewards withheld from the member as part of a control group, by ascending external id.
    pub withheld: Vec<WithheldReward>,
    /// What the member was handed of the offers that let it in, where there is something to say; by ascending external id.
    pub handed: Vec<Handed>,
    /// Use of limits over time, by ascending offer. The caller has to reserve it.
    pub limit_uses: Vec<LimitUse>,
    /// Warnings for the till.
    pub warnings: Vec<Warning>,
    /// Trace of the calculation, if the receipt requests it.
    pub trace: Option<Vec<TraceStep>>,
    /// The first offer with [`crate::offer::OnFault::Fail`] whose mechanic failed: the receipt must be
    /// refused.
    pub failed: Option<NotApplied>,
}

/// A priced line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    /// The till's number.
    pub position: u32,
    /// Amount that the till charged, after its own discount.
    pub amount: Money,
    /// Discount granted by the host.
    pub discount: Money,
    /// Part paid with points, in money.
    pub points_paid: Money,
    /// Amount left to pay with money.
    pub payable: Money,
    /// Points earned.
    pub points_earned: Points,
    /// The offers that paid, in the order in which they did.
    pub offers: Vec<LineReward>,
}

/// The reward of one offer on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineReward {
    /// The offer.
    pub offer: OfferId,
    /// Discount.
    pub discount: Money,
    /// Points.
    pub points: Points,
    /// The version of the mechanic that proposed it.
    pub mechanic: MechanicId,
    /// Reason, in the locale of the plan.
    pub reason: Arc<str>,
    /// The decision of the personal item that pays: of a discount and points that of the discount.
    pub decision: Option<Arc<str>>,
}

/// What a member was handed of an offer, whether it gave something or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The offer.
    pub offer: OfferId,
    /// The decisions of its items, each once, as the items are written; the first hundred.
    pub decisions: Vec<Arc<str>>,
    /// The draw of exploration; its item is an index of all items of the offer.
    pub draw: Option<Draw>,
}

impl PricedReceipt {
    /// What the member was handed of an offer.
    pub fn handed(&self, offer: OfferId) -> Option<&Handed> {
        let place = self.handed.binary_search_by_key(&offer, |handed| handed.offer).ok()?;
        self.handed.get(place)
    }
}

/// Sums over the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Amount that the till charged, after its own discount.
    pub amount: Money,
    /// Discount granted by the host.
    pub discount: Money,
    /// Part paid with points, in money.
    pub points_paid: Money,
    /// Points spent for that part.
    pub points_spent: Points,
    /// Amount left to pay with money.
    pub payable: Money,
    /// Points earned.
    pub points_earned: Points,
}

/// Points of the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointsBalance {
    /// Points that can be spent at the time of the receipt.
    pub available: Points,
    /// Maximum points that can be spent on this receipt.
    pub can_pay_max: Points,
}

/// Messages with their placeholders filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilledMessages {
    /// For the cashier.
    pub cashier: Vec<String>,
    /// For the printed receipt.
    pub receipt: Vec<String>,
}

/// The reason why an offer gave nothing.
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
    CouponRefused,
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
    Overflow,
    AboveCeiling,
}

impl NotAppliedReason {
    /// True if an offer that paid nothing for this reason was for the buyer, at this place and time.
    pub fn lets_in(self) -> bool {
        match self {
            Self::OutsidePeriod
            | Self::WrongWeekday
            | Self::OutsideHours
            | Self::WrongPos
            | Self::NoMember
            | Self::WrongMemberState
            | Self::NotInAudience
            | Self::NoCoupon
            | Self::CouponRefused
            | Self::NoPersonalTerms
            | Self::MalformedAttribute
            | Self::ControlGroup => false,
            Self::ReceiptBelow
            | Self::GoodsMissing
            | Self::NotAccepted
            | Self::NoMatchingLine
            | Self::BelowThreshold
            | Self::NotApplicable
            | Self::NotAllowed
            | Self::LostTo
            | Self::LimitReached
            | Self::NothingLeft
            | Self::MechanicFailed
            | Self::Overflow
            | Self::AboveCeiling => true,
        }
    }

    /// Its name in answers.
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
            Self::CouponRefused => "coupon_refused",
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
            Self::Overflow => "overflow",
            Self::AboveCeiling => "above_ceiling",
        }
    }
}

/// An offer that gave nothing, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplied {
    /// The offer.
    pub offer: OfferId,
    /// The reason.
    pub reason: NotAppliedReason,
    /// Explanation for people, with numbers.
    pub detail: String,
    /// Code of the reason that the mechanic gave in its own words.
    pub code: Option<String>,
}

/// The reward that an offer withholds from a member of its control group: what it would give if it
/// were the only offer. Zero if it would give nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldReward {
    /// The offer.
    pub offer: OfferId,
    /// Discount.
    pub discount: Money,
    /// Points.
    pub points: Points,
    /// Its parts on lines, by ascending position.
    pub lines: Vec<WithheldLine>,
}

/// The part of a withheld reward on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldLine {
    /// The till's number.
    pub position: u32,
    /// Discount.
    pub discount: Money,
    /// Points.
    pub points: Points,
    /// The decision of the personal item that would have paid.
    pub decision: Option<Arc<str>>,
}

/// Use of each limit over time of an offer that paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitUse {
    /// The offer.
    pub offer: OfferId,
    /// Number of receipts: 1.
    pub uses: i64,
    /// Its discounts.
    pub money: Money,
    /// Its points.
    pub points: Points,
}

/// Summary of the calls to one mechanic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanicReport {
    /// The mechanic.
    pub mechanic: MechanicId,
    /// The first outcome other than `Ok`, if any.
    pub outcome: Outcome,
    /// The responsible party, if it failed.
    pub blame: Option<Blame>,
    /// Fuel used by all its calls.
    pub fuel: u64,
    /// Explanation for people, if it failed.
    pub detail: Option<String>,
    /// The text of the first failure that counts as a fault of the version, if there is one: it has a message for the
    /// author, or the mechanic answered a call with failures only. Not for tills.
    pub gave_up: Option<String>,
}

/// A warning for the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// Explanation for people.
    pub detail: String,
}

/// One step of the calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// The stage of the pipeline.
    pub stage: &'static str,
    /// The offer it is about, if any.
    pub offer: Option<OfferId>,
    /// Description of the step.
    pub detail: String,
}
