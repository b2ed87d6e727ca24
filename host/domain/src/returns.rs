//! Partial returns: the money and points of the returned part of a line (docs/pricing-rules.md#returns).
//!
//! A return is computed from the confirmed line and from all earlier returns of it together, never
//! from a rounded share. So any sequence of partial returns adds up to the sums that were paid and
//! earned, with exactly zero left after the last unit.

use thiserror::Error;

use crate::decimal::format_trimmed;
use crate::quantities::{Money, Points, Quantity};
use crate::rounding::Rounding;

/// A line of a confirmed purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldLine {
    /// The till's number of the line.
    pub position: u32,
    /// Quantity sold.
    pub quantity: Quantity,
    /// Part paid with money.
    pub payable: Money,
    /// Part paid with points, in money.
    pub points_paid: Money,
    /// Points earned.
    pub points_earned: Points,
}

/// The sum of all returns of a line that are confirmed or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReturnedSoFar {
    /// Quantity.
    pub quantity: Quantity,
    /// Money given back.
    pub payable: Money,
    /// Worth of the points given back, in money.
    pub points_paid: Money,
    /// Earned points taken back.
    pub points_earned: Points,
}

/// The part of a line in one return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnedLine {
    /// The till's number of the line.
    pub position: u32,
    /// Quantity.
    pub quantity: Quantity,
    /// Money to give back.
    pub payable: Money,
    /// Worth of the points to give back, in money.
    pub points_paid: Money,
    /// Earned points to take back.
    pub points_earned: Points,
}

/// Order in which money and points are given back for a line that was paid with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefundOrder {
    /// Money and points in proportion.
    #[default]
    ProRata,
    /// Money first, then points.
    MoneyFirst,
    /// Points first, then money.
    PointsFirst,
}

/// A return of a line that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReturnError {
    /// The quantity is zero or negative.
    #[error("nothing is returned: the quantity has to be above 0")]
    Nothing,
    /// The quantity is more than is left of the line.
    #[error(
        "too much is returned: {} sold, {} in returns before, {} asked for",
        in_units(*sold), in_units(*returned_before), in_units(*asked)
    )]
    TooMuch {
        /// Quantity sold.
        sold: Quantity,
        /// Quantity returned before.
        returned_before: Quantity,
        /// Quantity of this return.
        asked: Quantity,
    },
}

/// Decimal places of quantities.
const QUANTITY_PLACES: u32 = 3;

fn in_units(quantity: Quantity) -> String {
    format_trimmed(quantity.0, QUANTITY_PLACES)
}

impl ReturnError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing_returned",
            Self::TooMuch { .. } => "too_much_returned",
        }
    }
}

/// Computes the return of `quantity` of a line, after the returns so far in `before`.
///
/// With `k` of `q` units returned in total, `round(net · k / q)` is given back in total, where net is
/// the sum paid with money and points; `order` splits it. `rounding` applies to money,
/// `points_rounding` to the earned points.
///
/// A part is never negative and never exceeds what is left of the line, even if a return in between
/// was cancelled; a sum that is missing from one part thereby is added to the next.
///
/// # Errors
///
/// [`ReturnError`] if the quantity is not positive, or more than is left. A line of quantity 0 has
/// nothing to return.
pub fn return_line(
    line: &SoldLine,
    before: &ReturnedSoFar,
    quantity: Quantity,
    order: RefundOrder,
    rounding: Rounding,
    points_rounding: Rounding,
) -> Result<ReturnedLine, ReturnError> {
    if !quantity.is_positive() {
        return Err(ReturnError::Nothing);
    }
    let returned = before.quantity + quantity;
    if returned > line.quantity {
        let (sold, returned_before) = (line.quantity, before.quantity);
        return Err(ReturnError::TooMuch { sold, returned_before, asked: quantity });
    }
    let so_far = |total: i64, rounding: Rounding| share(total, returned.0, line.quantity.0, rounding);

    let left_payable = (line.payable - before.payable).max(Money::ZERO);
    let left_points = (line.points_paid - before.points_paid).max(Money::ZERO);
    let net_so_far = Money(so_far((line.payable + line.points_paid).0, rounding));
    let net =
        (net_so_far - before.payable - before.points_paid).clamp(Money::ZERO, left_payable + left_points);

    let points_so_far = match order {
        RefundOrder::ProRata => Money(so_far(line.points_paid.0, rounding)),
        RefundOrder::MoneyFirst => net_so_far - net_so_far.min(line.payable),
        RefundOrder::PointsFirst => net_so_far.min(line.points_paid),
    };
    // Two shares that are each rounded on their own may differ by a step from one return to the
    // next: the money that is left bounds the points from below, so that the parts make up the net.
    let least = (net - left_payable).max(Money::ZERO);
    let points_paid = (points_so_far - before.points_paid).clamp(least, net.min(left_points));

    let left_earned = (line.points_earned - before.points_earned).max(Points::ZERO);
    let earned_so_far = Points(so_far(line.points_earned.0, points_rounding));
    Ok(ReturnedLine {
        position: line.position,
        quantity,
        payable: net - points_paid,
        points_paid,
        points_earned: (earned_so_far - before.points_earned).clamp(Points::ZERO, left_earned),
    })
}

/// The burned points to give back when `now` of the sum paid with points is given back.
///
/// `spent` points paid `points_paid_total` of money, of which `before` was given back earlier. The
/// split is cumulative, so that the points of all returns add up to `spent`.
pub fn points_to_give_back(
    spent: Points,
    points_paid_total: Money,
    before: Money,
    now: Money,
    rounding: Rounding,
) -> Points {
    let total = points_paid_total.0;
    let so_far = |money: Money| Points(share(spent.0, money.0.clamp(0, total.max(0)), total, rounding));
    so_far(before + now) - so_far(before)
}

fn share(total: i64, part: i64, whole: i64, rounding: Rounding) -> i64 {
    rounding.divide(i128::from(total) * i128::from(part), i128::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coffee() -> SoldLine {
        SoldLine {
            position: 1,
            quantity: Quantity(2000),
            payable: Money(44_149),
            points_paid: Money(15_334),
            points_earned: Points(2_207),
        }
    }

    /// Returns the quantities one after the other: money, points and earned points of each.
    fn returns(line: &SoldLine, order: RefundOrder, quantities: &[i64]) -> Vec<(i64, i64, i64)> {
        let mut before = ReturnedSoFar::default();
        let mut parts = Vec::new();
        for &quantity in quantities {
            let part =
                return_line(line, &before, Quantity(quantity), order, Rounding::HalfUp, Rounding::HalfUp)
                    .unwrap();
            before.quantity += part.quantity;
            before.payable += part.payable;
            before.points_paid += part.points_paid;
            before.points_earned += part.points_earned;
            parts.push((part.payable.0, part.points_paid.0, part.points_earned.0));
        }
        parts
    }

    #[test]
    fn worked_example_of_the_domain() {
        let parts = returns(&coffee(), RefundOrder::ProRata, &[1000, 1000]);
        assert_eq!(parts, [(22_075, 7_667, 1_104), (22_074, 7_667, 1_103)]);
    }

    #[test]
    fn money_or_points_first() {
        let parts = returns(&coffee(), RefundOrder::MoneyFirst, &[1000, 1000]);
        assert_eq!(parts, [(29_742, 0, 1_104), (14_407, 15_334, 1_103)]);
        let parts = returns(&coffee(), RefundOrder::PointsFirst, &[1000, 1000]);
        assert_eq!(parts, [(14_408, 15_334, 1_104), (29_741, 0, 1_103)]);
    }

    #[test]
    fn parts_are_never_negative_though_their_shares_are_rounded_apart() {
        let line = SoldLine { payable: Money(1), points_paid: Money(1000), ..coffee() };
        let parts = returns(&line, RefundOrder::ProRata, &[7; 285]);
        assert!(parts.iter().all(|&(money, points, earned)| money >= 0 && points >= 0 && earned >= 0));
        assert!(parts.iter().map(|&(money, ..)| money).sum::<i64>() <= 1);
    }

    #[test]
    fn a_cancelled_return_leaves_the_rest_to_the_next() {
        // The first of three units went back and forth: only the second is still returned.
        let line =
            SoldLine { quantity: Quantity(3000), payable: Money(100), points_paid: Money(0), ..coffee() };
        let second =
            ReturnedSoFar { quantity: Quantity(1000), payable: Money(34), ..ReturnedSoFar::default() };
        let rest = return_line(
            &line,
            &second,
            Quantity(2000),
            RefundOrder::ProRata,
            Rounding::HalfUp,
            Rounding::HalfUp,
        );
        assert_eq!(rest.unwrap().payable, Money(66));
    }

    #[test]
    fn no_more_than_was_sold() {
        let ask = |line: &SoldLine, before: i64, quantity: i64| {
            let before = ReturnedSoFar { quantity: Quantity(before), ..ReturnedSoFar::default() };
            return_line(
                line,
                &before,
                Quantity(quantity),
                RefundOrder::ProRata,
                Rounding::HalfUp,
                Rounding::HalfUp,
            )
            .unwrap_err()
        };
        assert_eq!(ask(&coffee(), 0, 0), ReturnError::Nothing);
        assert_eq!(ask(&coffee(), 0, -1).code(), "nothing_returned");
        let sold = Quantity(2000);
        assert_eq!(
            ask(&coffee(), 1500, 501),
            ReturnError::TooMuch { sold, returned_before: Quantity(1500), asked: Quantity(501) }
        );
        assert_eq!(
            ask(&coffee(), i64::MAX, 1).to_string(),
            "too much is returned: 2 sold, 9223372036854775.807 in returns before, 0.001 asked for"
        );
        let nothing_sold = SoldLine { quantity: Quantity(0), ..coffee() };
        assert_eq!(ask(&nothing_sold, 0, 1).code(), "too_much_returned");
        assert_eq!(ask(&nothing_sold, 0, 0).code(), "nothing_returned");
    }

    #[test]
    fn burned_points_add_up_to_what_was_spent() {
        let give = |before, now| {
            points_to_give_back(Points(10), Money(3), Money(before), Money(now), Rounding::HalfUp).0
        };
        assert_eq!([give(0, 1), give(1, 1), give(2, 1)], [3, 4, 3]);
        assert_eq!(give(0, 3), 10);
        assert_eq!(give(2, 5), 3, "no more than was spent");
        assert_eq!(points_to_give_back(Points(5), Money(0), Money(0), Money(0), Rounding::HalfUp), Points(0));
    }
}
