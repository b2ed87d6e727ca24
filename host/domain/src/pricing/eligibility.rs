//! Eligibility of offers: the filters that the host checks.

use super::answer::NotAppliedReason;
use super::limits;
use super::lines::{LineIndex, WorkingLine, at};
use super::refusal::Refusal;
use crate::conditions::ConditionKind;
use crate::coupon::{self, PoolCoupon};
use crate::decimal::{format_scaled, format_trimmed};
use crate::member::Member;
use crate::offer::{Base, ContainsFilter, Filters, Offer, OfferId, ReceiptFilter};
use crate::plan::Plan;
use crate::pos::is_within;
use crate::receipt::Receipt;
use crate::usage::Usage;

/// The inputs of the filters.
pub(super) struct EligibilityContext<'a> {
    pub plan: &'a Plan,
    pub receipt: &'a Receipt,
    pub member: Option<&'a Member>,
    pub lines: &'a [WorkingLine],
    pub index: &'a LineIndex,
    pub usage: &'a Usage,
}

impl EligibilityContext<'_> {
    /// Checks every filter of an offer that does not depend on what other offers give.
    pub(super) fn check(&self, id: OfferId, offer: &Offer) -> Result<(), Refusal> {
        let filters = &offer.filters;
        // First, so that offers whose coupon is not here are told apart from all others.
        self.check_coupon(filters)?;
        self.check_period(filters)?;
        self.check_weekday(filters)?;
        self.check_hours(filters)?;
        self.check_pos(filters)?;
        self.check_member_state(filters)?;
        self.check_audiences(filters)?;
        self.check_excluded_audiences(filters)?;
        self.check_acceptance(offer)?;
        self.check_contains(filters)?;
        self.check_receipt(filters)?;
        limits::check(self.usage, id, offer, self.member, self.receipt)
    }

    /// Checks one condition of an offer alone. [`Self::check`] gives the result of the first one that does not hold, in
    /// the order of [`crate::conditions::of`].
    pub(super) fn check_alone(
        &self,
        condition: ConditionKind,
        id: OfferId,
        offer: &Offer,
    ) -> Result<(), Refusal> {
        let filters = &offer.filters;
        match condition {
            ConditionKind::Coupon => self.check_coupon(filters),
            ConditionKind::Period => self.check_period(filters),
            ConditionKind::Weekday => self.check_weekday(filters),
            ConditionKind::Hours => self.check_hours(filters),
            ConditionKind::Pos => self.check_pos(filters),
            ConditionKind::MemberState => self.check_member_state(filters),
            ConditionKind::Audience => self.check_audiences(filters),
            ConditionKind::ExcludedAudience => self.check_excluded_audiences(filters),
            ConditionKind::Acceptance => self.check_acceptance(offer),
            ConditionKind::Contains => self.check_contains(filters),
            ConditionKind::Receipt => self.check_receipt(filters),
            ConditionKind::Limit(index) => match offer.limits.get(index) {
                Some(limit) => {
                    limits::check_limit(self.usage, (id, offer), (index, limit), self.member, self.receipt)
                }
                None => Ok(()),
            },
        }
    }

    fn check_period(&self, filters: &Filters) -> Result<(), Refusal> {
        if filters.period.contains(&self.receipt.at) {
            return Ok(());
        }
        refuse(NotAppliedReason::OutsidePeriod, "the receipt is not within the offer's period")
    }

    fn check_weekday(&self, filters: &Filters) -> Result<(), Refusal> {
        if filters.weekdays.is_empty() || filters.weekdays.contains(&weekday(filters, self.receipt)) {
            return Ok(());
        }
        refuse(NotAppliedReason::WrongWeekday, "not on this day of the week")
    }

    fn check_hours(&self, filters: &Filters) -> Result<(), Refusal> {
        let inside = filters.has_hour(&self.receipt.at);
        if inside { Ok(()) } else { refuse(NotAppliedReason::OutsideHours, "not at this hour of the day") }
    }

    fn check_pos(&self, filters: &Filters) -> Result<(), Refusal> {
        let pos = self.receipt.pos.as_str();
        if filters.pos.is_empty() || filters.pos.iter().any(|place| is_within(pos, place)) {
            return Ok(());
        }
        refuse(NotAppliedReason::WrongPos, "not at this point of sale")
    }

    fn check_member_state(&self, filters: &Filters) -> Result<(), Refusal> {
        if filters.member_states.is_empty() {
            return Ok(());
        }
        let Some(member) = self.member else { return no_member() };
        if filters.member_states.contains(&member.state) {
            return Ok(());
        }
        let detail = format!("not for members who are {}", member.state.name());
        Err(Refusal::new(NotAppliedReason::WrongMemberState, detail))
    }

    fn check_audiences(&self, filters: &Filters) -> Result<(), Refusal> {
        if filters.audiences.is_empty() {
            return Ok(());
        }
        let Some(member) = self.member else { return no_member() };
        if filters.audiences.iter().any(|audience| member.audiences.contains(audience)) {
            return Ok(());
        }
        let detail = format!("the member is not in {}", filters.audiences.join(", "));
        Err(Refusal::new(NotAppliedReason::NotInAudience, detail))
    }

    fn check_excluded_audiences(&self, filters: &Filters) -> Result<(), Refusal> {
        let Some(member) = self.member else { return Ok(()) };
        match filters.excluded_audiences.iter().find(|audience| member.audiences.contains(*audience)) {
            Some(audience) => {
                let detail = format!("the member is in {audience}, which is excluded");
                Err(Refusal::new(NotAppliedReason::NotInAudience, detail))
            }
            None => Ok(()),
        }
    }

    /// Checks the member's answer to the offer as a whole. An offer that was declined pays nothing, also if it need not be
    /// accepted.
    fn check_acceptance(&self, offer: &Offer) -> Result<(), Refusal> {
        let answer = self.member.and_then(|member| member.answers.get(&offer.item_id));
        match (answer, offer.require_accept) {
            (Some(false), _) => refuse(NotAppliedReason::NotAccepted, "the member has declined it"),
            (None, true) if self.member.is_none() => no_member(),
            (None, true) => refuse(NotAppliedReason::NotAccepted, "the member has not accepted it"),
            (None, false) | (Some(true), _) => Ok(()),
        }
    }

    fn check_coupon(&self, filters: &Filters) -> Result<(), Refusal> {
        let of_pools = self.usage.coupons();
        if !filters.needs_coupon() || coupon::presented(filters, self.receipt, of_pools).is_some() {
            return Ok(());
        }
        let mut of_own = of_pools.iter().filter(|coupon| filters.coupon_pools.contains(&coupon.pool));
        let refused = |coupon: &PoolCoupon| Some(coupon.refused()?.detail(coupon.code.written()));
        if let Some(detail) = of_own.find_map(refused) {
            return Err(Refusal::new(NotAppliedReason::CouponRefused, detail));
        }
        refuse(NotAppliedReason::NoCoupon, "needs a coupon that was not presented")
    }

    fn check_receipt(&self, filters: &Filters) -> Result<(), Refusal> {
        match &filters.receipt {
            Some(filter) => check_receipt(self.plan, self.lines, filter),
            None => Ok(()),
        }
    }

    /// The lines with goods that a filter asks for, with their quantity and sum.
    pub(super) fn contained(&self, filter: &ContainsFilter) -> (Vec<&WorkingLine>, Counted) {
        let lines = self.index.set(&filter.lines).into_iter().filter_map(|line| self.lines.get(at(line)));
        let lines: Vec<&WorkingLine> = lines.collect();
        let counted = Counted::of(lines.iter().copied(), Base::Line);
        (lines, counted)
    }

    fn check_contains(&self, filters: &Filters) -> Result<(), Refusal> {
        let Some(filter) = &filters.contains else { return Ok(()) };
        let (lines, Counted { units, sum }) = self.contained(filter);
        let missing = |detail: String| Err(Refusal::new(NotAppliedReason::GoodsMissing, detail));
        if !lines.iter().any(|line| line.quantity > 0) {
            return missing("the goods that it asks for are not on the receipt".to_owned());
        }
        if let Some(least) = filter.units.filter(|least| units < least.0) {
            let (have, need) = (format_trimmed(units, 3), format_trimmed(least.0, 3));
            return missing(format!("{have} of {need} units of the goods that it asks for"));
        }
        if let Some(least) = filter.sum.filter(|least| sum < least.0) {
            let exponent = self.plan.currency.exponent;
            let (have, need) = (format_scaled(sum, exponent), format_scaled(least.0, exponent));
            return missing(format!("{have} of {need} on the goods that it asks for"));
        }
        Ok(())
    }
}

/// Quantity in thousandths and sum in minor units of lines that count.
pub(super) struct Counted {
    pub units: i64,
    pub sum: i64,
}

impl Counted {
    fn of<'a>(lines: impl Iterator<Item = &'a WorkingLine> + Clone, base: Base) -> Self {
        let counting = lines.filter(|line| line.counts);
        Self {
            units: counting.clone().map(|line| line.quantity).sum(),
            sum: counting.map(|line| line.base(base)).sum(),
        }
    }

    /// Quantity and sum of the receipt as a filter counts them.
    pub(super) fn of_receipt(lines: &[WorkingLine], filter: &ReceiptFilter) -> Self {
        let base = if filter.base == Base::Net { Base::Net } else { Base::Line };
        Self::of(lines.iter(), base)
    }
}

/// Checks the minimum sum and quantity of the receipt. A filter on the net sum is checked again when
/// the turn of the offer comes, after the discounts of the offers before it.
pub(super) fn check_receipt(
    plan: &Plan,
    lines: &[WorkingLine],
    filter: &ReceiptFilter,
) -> Result<(), Refusal> {
    let Counted { units, sum } = Counted::of_receipt(lines, filter);
    if let Some(threshold) = filter.threshold
        && (sum < threshold.sum || (threshold.exclusive && sum == threshold.sum))
    {
        let exponent = plan.currency.exponent;
        let word = if threshold.exclusive { "more than" } else { "at least" };
        let detail = format!(
            "the receipt comes to {}, the offer asks for {word} {}",
            format_scaled(sum, exponent),
            format_scaled(threshold.sum, exponent)
        );
        return Err(Refusal::new(NotAppliedReason::ReceiptBelow, detail));
    }
    match filter.units.filter(|least| units < least.0) {
        Some(least) => Err(Refusal::new(
            NotAppliedReason::ReceiptBelow,
            format!("{} of {} units on the receipt", format_trimmed(units, 3), format_trimmed(least.0, 3)),
        )),
        None => Ok(()),
    }
}

/// The ISO day of the week that a receipt counts for: a night belongs to the evening in which it begins.
pub(super) fn weekday(filters: &Filters, receipt: &Receipt) -> u8 {
    filters.weekday(&receipt.at)
}

fn no_member() -> Result<(), Refusal> {
    refuse(NotAppliedReason::NoMember, "only for members, and none was identified")
}

fn refuse(reason: NotAppliedReason, detail: &str) -> Result<(), Refusal> {
    Err(Refusal::new(reason, detail))
}
