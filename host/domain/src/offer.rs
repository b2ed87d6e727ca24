//! Offers: which mechanic, with which terms, for whom and when.

use std::collections::BTreeSet;

use crate::catalog::{CategoryId, GroupId, ProductId};
use crate::locale::LocalizedText;
use crate::mechanics::{Benefit, ItemCall, MechanicId, Phase, Scope, TargetKind, Threshold, UnitLimits};
use crate::quantities::{Money, Percent, Points, Quantity};
use crate::share::in_share;
use crate::time::Period;

/// Number of an offer in one plan: an index of [`crate::plan::Plan::offers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub usize);

/// One offer, as configured.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The retailer's id; the last tie-breaker of every ranking.
    pub external_id: String,
    /// Which edit of the offer this is, from 1.
    pub version: u32,
    /// For people.
    pub title: String,
    /// The rule.
    pub mechanic: MechanicId,
    /// Where its terms come from.
    pub terms: Terms,
    /// Parameters of the mechanic's own: index in its description, and value.
    pub extras: Vec<(u32, i64)>,
    /// The parameters as JSON text, if the mechanic wants it.
    pub params_text: Option<String>,
    /// Lines the offer does not see at all: neither counted nor rewarded.
    pub exclude: GoodsSet,
    /// Whether lines that carry a discount already get no reward (they still count).
    pub skip_discounted_lines: bool,
    /// How it lives with other offers.
    pub stacking: Stacking,
    /// When, where and for whom.
    pub filters: Filters,
    /// How often and how much.
    pub limits: Vec<Limit>,
    /// The share of members who get nothing, to measure the effect.
    pub control_group: Option<ControlGroup>,
    /// What is said when it pays.
    pub messages: Messages,
    /// What happens if its mechanic fails.
    pub on_fault: OnFault,
}

/// What happens to an offer whose mechanic fails on a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFault {
    /// It gives nothing.
    #[default]
    Skip,
    /// The version of the mechanic that was active before is asked instead.
    PreviousVersion,
    /// The receipt is not priced: for offers without which a sale must not go on.
    Fail,
}

/// Where an offer's terms come from.
#[derive(Debug, Clone)]
pub enum Terms {
    /// From its own parameters.
    Configured(Vec<Item>),
    /// From this attribute of the member.
    Attribute(String),
}

/// What an item is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One product.
    Product(ProductId),
    /// A category with its descendants; the depth decides between categories.
    Category(CategoryId, u32),
    /// A product group.
    Group(GroupId),
    /// The receipt as a whole.
    Receipt,
    /// Nothing in the catalogue bears this id.
    Unknown(TargetKind),
}

impl Target {
    /// The kind.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Product(_) => TargetKind::Product,
            Self::Category(..) => TargetKind::Category,
            Self::Group(_) => TargetKind::Group,
            Self::Receipt => TargetKind::Receipt,
            Self::Unknown(kind) => *kind,
        }
    }

    /// The number a mechanic sees.
    pub fn number(&self) -> u32 {
        match self {
            Self::Product(id) => id.0,
            Self::Category(id, _) => id.0,
            Self::Group(id) => id.0,
            Self::Receipt | Self::Unknown(_) => 0,
        }
    }

    /// Which of two items pays a line: product before the deepest category before group before
    /// receipt. Larger comes first.
    pub fn specificity(&self) -> (u8, u32) {
        match self {
            Self::Product(_) => (3, 0),
            Self::Category(_, depth) => (2, *depth),
            Self::Group(_) => (1, 0),
            Self::Receipt | Self::Unknown(_) => (0, 0),
        }
    }
}

/// One entry of an offer's `items`.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it gives: discounts or points.
    pub reward: Phase,
    /// What it is aimed at.
    pub target: Target,
    /// The target as it was written, for reasons and messages.
    pub target_text: String,
    /// What it gives.
    pub benefit: Benefit,
    /// Its tier.
    pub threshold: Option<Threshold>,
    /// Least quantity on its own lines.
    pub min_units: Option<Quantity>,
    /// Least sum on its own lines.
    pub min_sum: Option<Money>,
    /// Only lines with a list price in this range, bounds inclusive.
    pub unit_price: Option<(Option<Money>, Option<Money>)>,
    /// Limits.
    pub limits: UnitLimits,
    /// When it is valid, inside the offer's own period.
    pub period: Period,
    /// Which of two equal items comes first.
    pub order: i64,
    /// Parameters of the mechanic's own: index in its description, and value.
    pub extras: Vec<(u32, i64)>,
    /// For a personal item that needs acceptance: whether the member accepted.
    pub accepted: Option<bool>,
}

impl Item {
    /// The item as its mechanic sees it, with these lines of its own.
    pub fn call(&self, scope: Scope) -> ItemCall {
        ItemCall {
            target_kind: self.target.kind(),
            target: self.target.number(),
            scope,
            reward: self.reward,
            benefit: self.benefit,
            threshold: self.threshold,
            min_units: self.min_units.map(|units| units.0),
            min_sum: self.min_sum.map(|sum| sum.0),
            limits: self.limits,
            extras: self.extras.clone(),
        }
    }
}

/// Products, categories with their descendants, and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct GoodsSet {
    pub products: Vec<ProductId>,
    pub categories: Vec<CategoryId>,
    pub groups: Vec<GroupId>,
}

impl GoodsSet {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.categories.is_empty() && self.groups.is_empty()
    }
}

/// What a percentage or a distribution is computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Price × quantity.
    Gross,
    /// The amount after the till's own discount.
    Line,
    /// The line less the discounts granted here so far.
    Net,
    /// Net less what is paid with points.
    Cash,
}

/// Whether an offer tolerates others on its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackingMode {
    /// At most one exclusive offer pays a line.
    Exclusive,
    /// Pays on top.
    Cumulative,
}

/// How an offer lives with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stacking {
    /// Whether it tolerates others.
    pub mode: StackingMode,
    /// Higher first.
    pub priority: i64,
    /// What it is computed on; by default `line` for exclusive discounts, `net` for cumulative
    /// ones and `cash` for points.
    pub base: Option<Base>,
}

impl Stacking {
    /// The base in a phase.
    pub fn base_in(&self, phase: Phase) -> Base {
        self.base.unwrap_or(match (phase, self.mode) {
            (Phase::Discount, StackingMode::Exclusive) => Base::Line,
            (Phase::Discount, StackingMode::Cumulative) => Base::Net,
            (Phase::Accrual, _) => Base::Cash,
        })
    }
}

/// State of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum MemberState {
    /// A full member.
    #[default]
    Normal,
    /// A card without a name.
    Anonymous,
    /// Gets nothing as a member.
    Blocked,
}

impl MemberState {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Anonymous => "anonymous",
            Self::Blocked => "blocked",
        }
    }
}

/// A least sum of the whole receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// Least sum and whether the sum itself is too little.
    pub threshold: Option<Threshold>,
    /// [`Base::Line`], or [`Base::Net`] for the sum after exclusive discounts.
    pub base: Base,
    /// Least quantity.
    pub units: Option<Quantity>,
}

/// Goods that must be present: any of them, with at least so many units and that sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainsFilter {
    /// The goods.
    pub lines: GoodsSet,
    /// Least quantity over all of them.
    pub units: Option<Quantity>,
    /// Least sum over all of them.
    pub sum: Option<Money>,
}

/// Conditions that the host checks; all of them must hold.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// The offer's period.
    pub period: Period,
    /// ISO days of week; empty for every day.
    pub weekdays: BTreeSet<u8>,
    /// From and to as seconds of the local day, half-open; over midnight if from > to.
    pub hours: Option<(u32, u32)>,
    /// POS ids or the ids above them; empty for everywhere.
    pub pos: Vec<String>,
    /// Members of any of these audiences; empty for everybody.
    pub audiences: Vec<String>,
    /// Not members of any of these.
    pub excluded_audiences: Vec<String>,
    /// Members in one of these states; empty for everybody.
    pub member_states: BTreeSet<MemberState>,
    /// One of these coupon codes must be on the receipt; empty for none needed.
    pub coupons: Vec<String>,
    /// What the receipt must reach.
    pub receipt: Option<ReceiptFilter>,
    /// What must be on the receipt.
    pub contains: Option<ContainsFilter>,
}

/// What a limit is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitKey {
    /// One receipt.
    Receipt,
    /// One member.
    Member,
    /// One card.
    Card,
    /// One point of sale.
    Pos,
    /// Everybody together.
    Total,
}

/// The period in which a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitPeriod {
    /// A calendar day.
    Day,
    /// An ISO week.
    Week,
    /// A calendar month.
    Month,
    /// For ever.
    Ever,
}

/// How often, and how much, an offer may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Counted by.
    pub per: LimitKey,
    /// Counted within.
    pub period: LimitPeriod,
    /// Most receipts it pays on.
    pub uses: Option<i64>,
    /// Most discount.
    pub money: Option<Money>,
    /// Most points.
    pub points: Option<Points>,
}

/// A stable random share of members who get nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// How many.
    pub percent: Percent,
    /// Offers with the same salt leave out the same members.
    pub salt: String,
}

impl ControlGroup {
    /// Whether a member is in the group: always the same answer, on any machine.
    pub fn contains(&self, member_id: &str) -> bool {
        in_share(self.percent, &self.salt, member_id)
    }
}

/// What is said when an offer pays; templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Messages {
    /// To the cashier.
    pub cashier: Option<LocalizedText>,
    /// On the receipt.
    pub receipt: Option<LocalizedText>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_group_is_stable_and_grows_monotonically() {
        let member = |number: usize| format!("m-{number}");
        let group = |percent: i32| ControlGroup { percent: Percent(percent), salt: "c1".to_owned() };
        let count = |percent: i32| (0..20_000).filter(|&n| group(percent).contains(&member(n))).count();
        assert_eq!(count(0), 0);
        assert!((1850..2150).contains(&count(1000)), "{}", count(1000));
        assert!((9700..10_300).contains(&count(5000)), "{}", count(5000));
        for number in 0..2_000 {
            let member = member(number);
            assert!(!group(1000).contains(&member) || group(2000).contains(&member));
        }
    }
}
