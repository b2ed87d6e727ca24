//! Eligibility of offers: the filters that the host checks.

use super::answer::NotAppliedReason;
use super::limits;
use super::lines::{LineIndex, WorkingLine, at};
use super::refusal::Refusal;
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
        self.check_time(filters)?;
        self.check_pos(filters)?;
        self.check_member(filters)?;
        if let Some(contains) = &filters.contains {
            self.check_contains(contains)?;
        }
        if let Some(receipt) = &filters.receipt {
            check_receipt(self.plan, self.lines, receipt)?;
        }
        limits::check(self.usage, id, offer, self.member, self.receipt)
    }

    fn check_time(&self, filters: &Filters) -> Result<(), Refusal> {
        use NotAppliedReason::{OutsideHours, OutsidePeriod, WrongWeekday};
        let at = &self.receipt.at;
        if !filters.period.contains(at) {
            return refuse(OutsidePeriod, "the receipt is not within the offer's period");
        }
        let second = at.second_of_day();
        // A night belongs to the evening in which it begins.
        let after_midnight = filters.hours.is_some_and(|(from, to)| to < from && second < to);
        let weekday = if after_midnight { at.weekday_before() } else { at.weekday() };
        if !filters.weekdays.is_empty() && !filters.weekdays.contains(&weekday) {
            return refuse(WrongWeekday, "not on this day of the week");
        }
        let inside = filters.hours.is_none_or(|(from, to)| {
            if from <= to { from <= second && second < to } else { second >= from || after_midnight }
        });
        if inside { Ok(()) } else { refuse(OutsideHours, "not at this hour of the day") }
    }

    fn check_pos(&self, filters: &Filters) -> Result<(), Refusal> {
        let pos = self.receipt.pos.as_str();
        if filters.pos.is_empty() || filters.pos.iter().any(|place| is_within(pos, place)) {
            return Ok(());
        }
        refuse(NotAppliedReason::WrongPos, "not at this point of sale")
    }

    fn check_member(&self, filters: &Filters) -> Result<(), Refusal> {
        use NotAppliedReason::{NoMember, NotInAudience, WrongMemberState};
        let Some(member) = self.member else {
            let open = filters.audiences.is_empty() && filters.member_states.is_empty();
            return if open { Ok(()) } else { refuse(NoMember, "only for members, and none was identified") };
        };
        if !filters.member_states.is_empty() && !filters.member_states.contains(&member.state) {
            return Err(Refusal::new(
                WrongMemberState,
                format!("not for members who are {}", member.state.name()),
            ));
        }
        let is_in = |audience: &String| member.audiences.contains(audience);
        if !filters.audiences.is_empty() && !filters.audiences.iter().any(is_in) {
            return Err(Refusal::new(
                NotInAudience,
                format!("the member is not in {}", filters.audiences.join(", ")),
            ));
        }
        match filters.excluded_audiences.iter().find(|audience| is_in(audience)) {
            Some(audience) => {
                Err(Refusal::new(NotInAudience, format!("the member is in {audience}, which is excluded")))
            }
            None => Ok(()),
        }
    }

    fn check_coupon(&self, filters: &Filters) -> Result<(), Refusal> {
        let of_pools = self.usage.coupons();
        if !filters.needs_coupon() || coupon::presented(filters, self.receipt, of_pools).is_some() {
            return Ok(());
        }
        let mut of_own = of_pools.iter().filter(|coupon| filters.coupon_pools.contains(&coupon.pool));
        let refused = |coupon: &PoolCoupon| Some(coupon.refusal?.detail(coupon.code.written()));
        if let Some(detail) = of_own.find_map(refused) {
            return Err(Refusal::new(NotAppliedReason::CouponRefused, detail));
        }
        refuse(NotAppliedReason::NoCoupon, "needs a coupon that was not presented")
    }

    fn check_contains(&self, filter: &ContainsFilter) -> Result<(), Refusal> {
        let lines = || self.index.set(&filter.lines).into_iter().filter_map(|line| self.lines.get(at(line)));
        let units: i64 = lines().filter(|line| line.counts).map(|line| line.quantity).sum();
        let sum: i64 = lines().filter(|line| line.counts).map(|line| line.amount).sum();
        let missing = |detail: String| Err(Refusal::new(NotAppliedReason::GoodsMissing, detail));
        if !lines().any(|line| line.quantity > 0) {
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

/// Checks the minimum sum and quantity of the receipt. A filter on the net sum is checked again when
/// the turn of the offer comes, after the discounts of the offers before it.
pub(super) fn check_receipt(
    plan: &Plan,
    lines: &[WorkingLine],
    filter: &ReceiptFilter,
) -> Result<(), Refusal> {
    let counting = || lines.iter().filter(|line| line.counts);
    let base = if filter.base == Base::Net { Base::Net } else { Base::Line };
    let sum: i64 = counting().map(|line| line.base(base)).sum();
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
    let units: i64 = counting().map(|line| line.quantity).sum();
    match filter.units.filter(|least| units < least.0) {
        Some(least) => Err(Refusal::new(
            NotAppliedReason::ReceiptBelow,
            format!("{} of {} units on the receipt", format_trimmed(units, 3), format_trimmed(least.0, 3)),
        )),
        None => Ok(()),
    }
}

fn refuse(reason: NotAppliedReason, detail: &str) -> Result<(), Refusal> {
    Err(Refusal::new(reason, detail))
}
