//! Coupon codes on a receipt: public ones, which offers name themselves, and those of pools, each of which has a life of
//! its own.

use std::collections::BTreeSet;

use crate::caseless::{Code, folded};
use crate::offer::Filters;
use crate::receipt::Receipt;

/// The form of a code in which codes are compared.
pub fn key(code: &str) -> String {
    folded(code).into_owned()
}

/// The codes of a receipt, each once, in its first spelling.
pub fn distinct(codes: &[Code]) -> impl Iterator<Item = &Code> {
    let mut seen = BTreeSet::new();
    codes.iter().filter(move |code| seen.insert(*code))
}

/// A code of the receipt that belongs to a pool, as the calculation found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolCoupon {
    /// As the till sent it; in its first spelling, if it is there in several.
    pub code: Code,
    /// Name of the pool.
    pub pool: String,
    /// The reason why this purchase cannot use it; absent if it can.
    pub refusal: Option<CouponRefusal>,
}

impl PoolCoupon {
    /// The reason why an offer that runs cannot take it; absent if it can.
    pub fn refused(&self) -> Option<CouponRefusal> {
        self.refusal.filter(|refusal| *refusal != CouponRefusal::OfferNotRunning)
    }
}

/// The reason why a purchase cannot use a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CouponRefusal {
    /// Its pool has expired.
    Expired,
    /// It was issued to a member who is not the buyer.
    OfAnotherMember,
    /// Other purchases have used it as often as it can be used.
    Used,
    /// Other purchases that are not confirmed yet have reserved what was left.
    Reserved,
    /// Nothing is wrong with the code, and no offer of the plan has its pool.
    OfferNotRunning,
}

impl CouponRefusal {
    const ALL: [Self; 5] =
        [Self::Expired, Self::OfAnotherMember, Self::Used, Self::Reserved, Self::OfferNotRunning];

    /// The name in warnings and in stored inputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "coupon_expired",
            Self::OfAnotherMember => "coupon_of_another_member",
            Self::Used => "coupon_used",
            Self::Reserved => "coupon_reserved",
            Self::OfferNotRunning => "coupon_offer_not_running",
        }
    }

    /// The refusal with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.name() == name)
    }

    /// The reason, for people.
    pub fn detail(self, code: &str) -> String {
        let why = match self {
            Self::Expired => "has expired",
            Self::OfAnotherMember => "was issued to another member",
            Self::Used => "has been used already",
            Self::Reserved => "is in use by another purchase",
            Self::OfferNotRunning => return format!("the offer of coupon {code} is not running"),
        };
        format!("coupon {code} {why}")
    }
}

/// The life of a code so far, without the purchase that is calculated.
#[derive(Debug, Clone, Copy)]
pub struct CodeLife<'a> {
    /// The member it was issued to; nobody else may use it.
    pub member: Option<&'a str>,
    /// Number of purchases that may use it.
    pub most: i64,
    /// Number of other purchases that have used it.
    pub used: i64,
    /// Number of other purchases that have reserved it.
    pub reserved: i64,
    /// The first second in which it cannot be used.
    pub expires_at: Option<i64>,
}

impl CodeLife<'_> {
    /// The reason why a buyer cannot use the code at a time, in seconds since 1970.
    pub fn refusal(&self, buyer: Option<&str>, at: i64) -> Option<CouponRefusal> {
        if self.expires_at.is_some_and(|end| end <= at) {
            return Some(CouponRefusal::Expired);
        }
        if self.member.is_some() && self.member != buyer {
            return Some(CouponRefusal::OfAnotherMember);
        }
        if self.used >= self.most {
            return Some(CouponRefusal::Used);
        }
        let taken = self.used.saturating_add(self.reserved);
        (taken >= self.most).then_some(CouponRefusal::Reserved)
    }
}

/// The code that lets an offer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented<'a> {
    /// As the till sent it.
    pub code: &'a Code,
    /// The pool that it belongs to; absent if it is public.
    pub pool: Option<&'a str>,
}

/// The first code of the receipt that lets an offer with these filters in. An offer takes one code of a receipt.
pub fn presented<'a>(
    filters: &Filters,
    receipt: &'a Receipt,
    of_pools: &'a [PoolCoupon],
) -> Option<Presented<'a>> {
    if !filters.needs_coupon() {
        return None;
    }
    receipt.coupons.iter().find_map(|code| {
        if filters.coupons.iter().any(|own| receipt.compared(own) == receipt.compared(code)) {
            return Some(Presented { code, pool: None });
        }
        let live = |coupon: &&PoolCoupon| coupon.code == *code && coupon.refused().is_none();
        let coupon = of_pools.iter().find(live)?;
        let pool = filters.coupon_pools.contains(&coupon.pool).then_some(coupon.pool.as_str())?;
        Some(Presented { code, pool: Some(pool) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: CodeLife<'_> =
        CodeLife { member: None, most: 1, used: 0, reserved: 0, expires_at: Some(100) };

    #[test]
    fn a_code_is_refused_for_the_first_reason_that_holds() {
        let anna = Some("anna");
        for (life, buyer, at, expected) in [
            (LIFE, None, 99, None),
            (LIFE, anna, 99, None),
            (LIFE, None, 100, Some(CouponRefusal::Expired)),
            (CodeLife { expires_at: None, ..LIFE }, None, i64::MAX, None),
            (CodeLife { member: anna, ..LIFE }, anna, 99, None),
            (CodeLife { member: anna, ..LIFE }, Some("boris"), 99, Some(CouponRefusal::OfAnotherMember)),
            (CodeLife { member: anna, used: 1, ..LIFE }, None, 99, Some(CouponRefusal::OfAnotherMember)),
            (CodeLife { used: 1, ..LIFE }, None, 99, Some(CouponRefusal::Used)),
            (CodeLife { used: 1, most: 2, ..LIFE }, None, 99, None),
            (CodeLife { used: 1, reserved: 1, most: 2, ..LIFE }, None, 99, Some(CouponRefusal::Reserved)),
            (CodeLife { reserved: 1, ..LIFE }, None, 99, Some(CouponRefusal::Reserved)),
        ] {
            assert_eq!(life.refusal(buyer, at), expected, "{life:?} {buyer:?} {at}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for refusal in CouponRefusal::ALL {
            assert_eq!(CouponRefusal::from_name(refusal.name()), Some(refusal));
        }
        assert_eq!(CouponRefusal::from_name("coupon"), None);
    }
}
