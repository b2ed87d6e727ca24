//! Offers: the mechanic, its terms, filters, stacking, limits and messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::caseless::Code;
use crate::catalog::{CategoryId, GroupId, ProductId};
use crate::exploration::Exploration;
use crate::locale::LocalizedText;
use crate::mechanics::{Benefit, ItemCall, MechanicId, Phase, Scope, TargetKind, Threshold, UnitLimits};
use crate::quantities::{Money, Percent, Points, Quantity};
use crate::sample::in_share;
use crate::time::{Moment, Period};

/// Number of an offer in one plan: an index of [`crate::plan::Plan::offers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub usize);

/// One offer, as configured.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The retailer's id; the last tie-breaker of every ranking.
    pub external_id: String,
    /// Version of the offer, from 1; each change makes a new one.
    pub version: u32,
    /// Title shown to people.
    pub title: String,
    /// Its mechanic.
    pub mechanic: MechanicId,
    /// Source of its terms.
    pub terms: Terms,
    /// The mechanic's own parameters: index in its description, and value.
    pub extras: Vec<(u32, i64)>,
    /// The parameters as JSON text, if the mechanic requests them.
    pub params_text: Option<String>,
    /// Excluded goods: their lines are neither counted nor rewarded by the offer.
    pub exclude: GoodsSet,
    /// True if lines that already have a discount get no reward; they still count.
    pub skip_discounted_lines: bool,
    /// True if weighed goods take part in sets, by whole units of measure.
    pub weighed: bool,
    /// How it combines with other offers.
    pub stacking: Stacking,
    /// Conditions that the host checks.
    pub filters: Filters,
    /// Limits of uses, money and points.
    pub limits: Vec<Limit>,
    /// The members who get nothing, to measure the effect of the offer.
    pub control_group: Option<ControlGroup>,
    /// The draw of single items for some members, to learn what comes of each.
    pub exploration: Option<Exploration>,
    /// Messages when it pays.
    pub messages: Messages,
    /// Behaviour if its mechanic fails.
    pub on_fault: OnFault,
    /// True if it pays only members who have accepted it as a whole. Personal terms have this for each item, see
    /// [`Item::accepted`].
    pub require_accept: bool,
    /// The id by which members accept or decline it as a whole; empty if its terms are personal.
    pub item_id: String,
}

impl Offer {
    /// True if it asks something of the member, so that it is no offer for everybody. Public coupon codes ask nothing:
    /// whoever knows one may use it.
    pub fn is_personal(&self) -> bool {
        let Filters { audiences, excluded_audiences, member_states, coupons, coupon_pools, .. } =
            &self.filters;
        self.require_accept
            || matches!(self.terms, Terms::Attribute(_))
            || !(audiences.is_empty() && excluded_audiences.is_empty() && member_states.is_empty())
            || (coupons.is_empty() && !coupon_pools.is_empty())
    }
}

/// Behaviour of an offer whose mechanic fails on a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFault {
    /// The offer gives nothing.
    #[default]
    Skip,
    /// The previously active version of the mechanic is called instead.
    PreviousVersion,
    /// The receipt is not priced, and the till gets an error.
    Fail,
}

/// The source of an offer's terms.
#[derive(Debug, Clone)]
pub enum Terms {
    /// The offer's own parameters.
    Configured(Vec<Item>),
    /// The member's attribute with this name: personal terms.
    Attribute(String),
}

/// The target of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One product.
    Product(ProductId),
    /// A category with its descendants, and its depth in the tree: the root has 1.
    Category(CategoryId, u32),
    /// A product group.
    Group(GroupId),
    /// The whole receipt.
    Receipt,
    /// A target of this kind that is not in the catalogue.
    Unknown(TargetKind),
}

impl Target {
    /// The kind of the target.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Product(_) => TargetKind::Product,
            Self::Category(..) => TargetKind::Category,
            Self::Group(_) => TargetKind::Group,
            Self::Receipt => TargetKind::Receipt,
            Self::Unknown(kind) => *kind,
        }
    }

    /// The number in calls to mechanics; 0 for the receipt or an unknown target.
    pub fn number(&self) -> u32 {
        match self {
            Self::Product(id) => id.0,
            Self::Category(id, _) => id.0,
            Self::Group(id) => id.0,
            Self::Receipt | Self::Unknown(_) => 0,
        }
    }

    /// Decides which of two items of an offer pays a line: product before the deepest category
    /// before group before receipt. The larger value wins.
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
    /// The phase that it rewards in: discounts or points.
    pub reward: Phase,
    /// Its target.
    pub target: Target,
    /// The target as written in the offer, for reasons and messages.
    pub target_text: String,
    /// The value of the reward.
    pub benefit: Benefit,
    /// Minimum sum, if it is a tier.
    pub threshold: Option<Threshold>,
    /// Minimum quantity on its lines.
    pub min_units: Option<Quantity>,
    /// Minimum sum of its lines.
    pub min_sum: Option<Money>,
    /// Inclusive range of the list price of rewarded lines.
    pub unit_price: Option<(Option<Money>, Option<Money>)>,
    /// Limits of what it rewards.
    pub limits: UnitLimits,
    /// Its period of validity, within that of the offer.
    pub period: Period,
    /// Display order: of two items for the same goods the lower one counts.
    pub order: i64,
    /// The mechanic's own parameters: index in its description, and value.
    pub extras: Vec<(u32, i64)>,
    /// `Some` for a personal item that requires acceptance: true once the member accepted it.
    pub accepted: Option<bool>,
    /// Text of whoever chose a personal item, which answers, results and reports repeat. Nothing is priced by it.
    pub decision: Option<Arc<str>>,
}

impl Item {
    /// The item as sent to its mechanic, with the lines that it covers.
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
    /// True if the set names no goods.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.categories.is_empty() && self.groups.is_empty()
    }
}

/// The amount of a line that a percentage or a distribution is computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Price × quantity.
    Gross,
    /// The amount after the till's own discount.
    Line,
    /// The amount less the discounts granted by the host so far.
    Net,
    /// The net amount less the part paid with points.
    Cash,
}

/// Exclusive or cumulative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackingMode {
    /// At most one exclusive offer pays a line.
    Exclusive,
    /// Pays in addition to other offers.
    Cumulative,
}

/// How an offer combines with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stacking {
    /// Exclusive or cumulative.
    pub mode: StackingMode,
    /// Priority: higher first.
    pub priority: i64,
    /// The base of its percentages; by default `line` for exclusive discounts, `net` for cumulative
    /// ones and `cash` for points.
    pub base: Option<Base>,
}

impl Stacking {
    /// The base in a phase, with the default filled in.
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
    /// A blocked member, treated like a customer without a card.
    Blocked,
}

impl MemberState {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Anonymous => "anonymous",
            Self::Blocked => "blocked",
        }
    }
}

/// Minimum sum and quantity of the whole receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// Minimum sum.
    pub threshold: Option<Threshold>,
    /// [`Base::Line`], or [`Base::Net`] for the sum after discounts. The net sum is compared when the
    /// turn of the offer comes.
    pub base: Base,
    /// Minimum quantity.
    pub units: Option<Quantity>,
}

/// Goods that must be on the receipt: any of them, together with a minimum quantity and sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainsFilter {
    /// The goods.
    pub lines: GoodsSet,
    /// Minimum quantity over all of them.
    pub units: Option<Quantity>,
    /// Minimum sum over all of them.
    pub sum: Option<Money>,
}

/// Conditions that the host checks; all of them must hold.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// The offer's period.
    pub period: Period,
    /// ISO days of the week, 1 for Monday to 7 for Sunday; empty for every day.
    pub weekdays: BTreeSet<u8>,
    /// Half-open range of seconds since local midnight; over midnight if the start is after the end.
    pub hours: Option<(u32, u32)>,
    /// Ids of tills, stores or brands; empty for everywhere.
    pub pos: Vec<String>,
    /// The member must be in one of these audiences; empty for everybody.
    pub audiences: Vec<String>,
    /// The member must not be in any of these audiences.
    pub excluded_audiences: Vec<String>,
    /// The member must be in one of these states; empty for everybody.
    pub member_states: BTreeSet<MemberState>,
    /// One of these coupon codes must be presented; empty if no coupon is needed.
    pub coupons: Vec<Code>,
    /// Pools of coupon codes that belong to the offer, by ascending name: one of their codes lets it in, too.
    pub coupon_pools: Vec<String>,
    /// Minimum sum and quantity of the receipt.
    pub receipt: Option<ReceiptFilter>,
    /// Goods that must be on the receipt.
    pub contains: Option<ContainsFilter>,
}

impl Filters {
    /// True if a coupon must be presented.
    pub fn needs_coupon(&self) -> bool {
        !self.coupons.is_empty() || !self.coupon_pools.is_empty()
    }

    /// The ISO day of the week that a moment counts for: a night belongs to the evening in which it begins.
    pub fn weekday(&self, at: &Moment) -> u8 {
        let second = at.second_of_day();
        let after_midnight = self.hours.is_some_and(|(from, to)| to < from && second < to);
        if after_midnight { at.weekday_before() } else { at.weekday() }
    }

    /// True if a moment is in the hours.
    pub fn has_hour(&self, at: &Moment) -> bool {
        let second = at.second_of_day();
        self.hours.is_none_or(|(from, to)| {
            if from <= to { from <= second && second < to } else { second >= from || second < to }
        })
    }

    /// True if period, days of the week and hours let a moment in.
    pub fn is_open_at(&self, at: &Moment) -> bool {
        let has_day = self.weekdays.is_empty() || self.weekdays.contains(&self.weekday(at));
        self.period.contains(at) && has_day && self.has_hour(at)
    }

    /// True if a member in this state and these audiences is let in.
    pub fn is_for(&self, state: MemberState, audiences: &BTreeSet<String>) -> bool {
        let is_in = |audience: &String| audiences.contains(audience);
        (self.member_states.is_empty() || self.member_states.contains(&state))
            && (self.audiences.is_empty() || self.audiences.iter().any(is_in))
            && !self.excluded_audiences.iter().any(is_in)
    }
}

/// The subject that a limit is counted for.
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
    /// One coupon code: the one that lets the offer in.
    Coupon,
    /// All purchases together.
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
    /// No period: counted from the first use on.
    Ever,
}

/// A limit of what an offer may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Counted for each of these.
    pub per: LimitKey,
    /// Counted within this period of the store's calendar.
    pub period: LimitPeriod,
    /// Maximum number of receipts that the offer pays on.
    pub uses: Option<i64>,
    /// Maximum discount.
    pub money: Option<Money>,
    /// Maximum points.
    pub points: Option<Points>,
}

/// A stable random sample of members who get nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// Size of the sample.
    pub percent: Percent,
    /// Seed of the sample: offers with the same salt and percentage have the same control group.
    pub salt: String,
}

impl ControlGroup {
    /// True if the member is in the group. The result depends on the arguments only.
    pub fn contains(&self, member_id: &str) -> bool {
        in_share(self.percent, &self.salt, member_id)
    }
}

/// Templates of the messages when an offer pays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Messages {
    /// For the cashier.
    pub cashier: Option<LocalizedText>,
    /// For the printed receipt.
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
