//! Use of limits over time and of coupon codes by other purchases, as pricing reads it.

use std::collections::BTreeMap;

use crate::coupon::PoolCoupon;
use crate::offer::{Limit, LimitKey, OfferId};
use crate::quantities::{Money, Points};

/// Use of one limit, confirmed and reserved, in its period and for its member, card or till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Number of receipts that the offer paid on.
    pub uses: i64,
    /// Discounts.
    pub money: Money,
    /// Points.
    pub points: Points,
}

/// Use of the limits of a plan's offers by other purchases. A limit is named by its offer and its
/// index in [`crate::offer::Offer::limits`]; one that is absent is unused. Codes of the receipt that belong to no pool
/// are absent, too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    limits: BTreeMap<(OfferId, usize), Used>,
    coupons: Vec<PoolCoupon>,
}

static NOTHING: Usage = Usage { limits: BTreeMap::new(), coupons: Vec::new() };

impl Usage {
    /// No use of any limit.
    pub fn nothing() -> &'static Self {
        &NOTHING
    }

    /// The use of a limit of an offer.
    pub fn get(&self, offer: OfferId, limit: usize) -> Used {
        self.limits.get(&(offer, limit)).copied().unwrap_or_default()
    }

    /// Sets the use of a limit of an offer.
    pub fn insert(&mut self, offer: OfferId, limit: usize, used: Used) {
        self.limits.insert((offer, limit), used);
    }

    /// The codes of the receipt that belong to pools, in the order of the receipt.
    pub fn coupons(&self) -> &[PoolCoupon] {
        &self.coupons
    }

    /// Sets the codes of the receipt that belong to pools.
    pub fn set_coupons(&mut self, coupons: Vec<PoolCoupon>) {
        self.coupons = coupons;
    }

    /// All limits: offer, index of the limit, and its use.
    pub fn iter(&self) -> impl Iterator<Item = (OfferId, usize, Used)> {
        self.limits.iter().map(|(&(offer, limit), &used)| (offer, limit, used))
    }

    /// A limit with its maximums reduced to what is left, never below zero. A limit of one receipt is
    /// returned unchanged.
    pub fn left(&self, offer: OfferId, index: usize, limit: &Limit) -> Limit {
        if limit.per == LimitKey::Receipt {
            return *limit;
        }
        let used = self.get(offer, index);
        let less = |most: i64, used: i64| most.saturating_sub(used.max(0)).max(0);
        Limit {
            uses: limit.uses.map(|most| less(most, used.uses)),
            money: limit.money.map(|most| Money(less(most.0, used.money.0))),
            points: limit.points.map(|most| Points(less(most.0, used.points.0))),
            ..*limit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::LimitPeriod;

    const LIMIT: Limit = Limit {
        per: LimitKey::Member,
        period: LimitPeriod::Day,
        uses: Some(2),
        money: Some(Money(500)),
        points: None,
    };

    #[test]
    fn what_is_left_is_never_negative() {
        let mut usage = Usage::default();
        usage.insert(OfferId(3), 1, Used { uses: 1, money: Money(600), points: Points(7) });
        assert_eq!(
            usage.left(OfferId(3), 1, &LIMIT),
            Limit { uses: Some(1), money: Some(Money(0)), ..LIMIT }
        );
        assert_eq!(usage.left(OfferId(3), 0, &LIMIT), LIMIT, "another limit of the same offer");
        assert_eq!(usage.left(OfferId(2), 1, &LIMIT), LIMIT, "another offer");
        let per_receipt = Limit { per: LimitKey::Receipt, ..LIMIT };
        assert_eq!(usage.left(OfferId(3), 1, &per_receipt), per_receipt);
    }
}
