//! Rules of the points ledger: the order of spending, of taking back earned points and of giving back
//! burned points at a return, and the life of points (docs/pricing-rules.md#life-of-points).
//!
//! Points are kept in *lots*: points that were earned together and expire together.

use crate::quantities::Points;

/// Points that expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// The ledger's number of the lot.
    pub id: i64,
    /// Points left. Below zero if the lot is overdrawn; then nothing can be taken from it.
    pub remaining: Points,
    /// Expiry in seconds since 1970-01-01T00:00:00Z: from then on the points cannot be spent. `None` if
    /// they never expire.
    pub expires_at: Option<i64>,
}

/// Points of one lot: the number of the lot and the amount.
pub type LotPart = (i64, Points);

/// Takes `amount` from the lots that expire soonest (docs/pricing-rules.md#paying-with-points); ties go to the
/// lower number, and lots that never expire come last. Returns the parts to take, in the order of
/// taking, or `None` if all lots together hold less.
pub fn spend(lots: &[Lot], amount: Points) -> Option<Vec<LotPart>> {
    let (parts, missing) = take(&soonest_first(lots), amount);
    missing.is_zero().then_some(parts)
}

/// Takes back points that a returned purchase had earned: from the purchase's `own` lots first,
/// then from the `others`, in each the soonest-expiring first. A lot that is in both counts as the
/// purchase's own. Returns the parts to take, and the points that could not be taken.
pub fn take_back(own: &[Lot], others: &[Lot], amount: Points) -> (Vec<LotPart>, Points) {
    let mut order = soonest_first(own);
    let is_own = |lot: &Lot| own.iter().any(|own| own.id == lot.id);
    order.extend(soonest_first(others).into_iter().filter(|lot| !is_own(lot)));
    take(&order, amount)
}

/// Gives burned points back to the lots they were taken from, so that they keep their expiry
/// (docs/pricing-rules.md#returns). `spent` lists the parts that were taken, in the order of
/// taking; the last taken comes back first. `already` was given back by earlier returns. Returns the
/// next `amount`, or the rest if there is less, one part for each lot.
pub fn give_back(spent: &[LotPart], already: Points, amount: Points) -> Vec<LotPart> {
    let (mut skip, mut left) = (at_least_nothing(already), at_least_nothing(amount));
    let mut given: Vec<LotPart> = Vec::new();
    for &(lot, taken) in spent.iter().rev() {
        let taken = at_least_nothing(taken);
        let skipped = taken.min(skip);
        skip -= skipped;
        let part = (taken - skipped).min(left);
        left -= part;
        if part.is_zero() {
            continue;
        }
        match given.iter_mut().find(|(id, _)| *id == lot) {
            Some((_, points)) => *points += part,
            None => given.push((lot, part)),
        }
    }
    given
}

fn soonest_first(lots: &[Lot]) -> Vec<Lot> {
    let mut order = lots.to_vec();
    order.sort_by_key(|lot| (lot.expires_at.is_none(), lot.expires_at, lot.id));
    order
}

/// Takes from the lots in their order. Returns the parts and the points that are missing.
fn take(order: &[Lot], amount: Points) -> (Vec<LotPart>, Points) {
    let mut left = at_least_nothing(amount);
    let mut parts = Vec::new();
    for lot in order {
        let part = at_least_nothing(lot.remaining).min(left);
        if part.is_positive() {
            left -= part;
            parts.push((lot.id, part));
        }
    }
    (parts, left)
}

fn at_least_nothing(points: Points) -> Points {
    points.max(Points::ZERO)
}

/// Activation delay and lifetime of earned points (docs/pricing-rules.md#life-of-points).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointsLife {
    /// From earning to activation: before it points cannot be spent.
    pub activation: Delay,
    /// From activation to expiry; `None` if points never expire.
    pub lifetime: Option<Delay>,
}

/// A duration whose end may be rounded up to the start of a day or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delay {
    /// Minutes; a negative number counts as 0.
    pub minutes: i64,
    /// Rounding of the end.
    pub rounding: StartOf,
}

/// The start of a day or month in the zone of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartOf {
    /// Not rounded.
    #[default]
    Nothing,
    /// Local midnight.
    Day,
    /// Local midnight of the first of a month.
    Month,
}

impl PointsLife {
    /// Activation and expiry of points that were earned at `earned_at`, all in seconds since
    /// 1970-01-01T00:00:00Z.
    ///
    /// `start_of` returns the first start of a day or month at or after an instant; it is never called
    /// with [`StartOf::Nothing`]. Since rounding goes up, points live to the end of the day or month.
    /// Points live for at least a second: expiry is always after activation.
    pub fn of(&self, earned_at: i64, start_of: impl Fn(i64, StartOf) -> i64) -> (i64, Option<i64>) {
        let active_from = self.activation.after(earned_at, &start_of);
        let expires_at = self.lifetime.map(|lifetime| {
            let end = lifetime.after(active_from, &start_of);
            end.max(active_from.saturating_add(1))
        });
        (active_from, expires_at)
    }
}

impl Delay {
    fn after(&self, instant: i64, start_of: &impl Fn(i64, StartOf) -> i64) -> i64 {
        let end = instant.saturating_add(self.minutes.max(0).saturating_mul(60));
        match self.rounding {
            StartOf::Nothing => end,
            unit => start_of(end, unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(id: i64, remaining: i64, expires_at: Option<i64>) -> Lot {
        Lot { id, remaining: Points(remaining), expires_at }
    }

    fn parts(parts: &[(i64, i64)]) -> Vec<LotPart> {
        parts.iter().map(|&(id, points)| (id, Points(points))).collect()
    }

    #[test]
    fn the_soonest_to_expire_is_spent_first() {
        let lots = [lot(1, 50, None), lot(4, 20, Some(900)), lot(3, 10, Some(900)), lot(2, 30, Some(1000))];
        assert_eq!(spend(&lots, Points(25)), Some(parts(&[(3, 10), (4, 15)])));
        assert_eq!(spend(&lots, Points(110)), Some(parts(&[(3, 10), (4, 20), (2, 30), (1, 50)])));
        assert_eq!(spend(&lots, Points(111)), None);
        assert_eq!(spend(&lots, Points(0)), Some(Vec::new()));
        assert_eq!(spend(&[], Points(0)), Some(Vec::new()));
    }

    #[test]
    fn an_overdrawn_lot_neither_gives_nor_owes() {
        let lots = [lot(1, -40, Some(1)), lot(2, 0, Some(2)), lot(3, 30, Some(3))];
        assert_eq!(spend(&lots, Points(30)), Some(parts(&[(3, 30)])));
        assert_eq!(spend(&lots, Points(31)), None);
    }

    #[test]
    fn earned_points_are_taken_back_from_the_purchase_first() {
        let own = [lot(7, 10, None), lot(6, 5, Some(500))];
        let all = [lot(1, 3, Some(100)), lot(6, 5, Some(500)), lot(7, 10, None), lot(8, 4, Some(50))];
        assert_eq!(take_back(&own, &all, Points(12)), (parts(&[(6, 5), (7, 7)]), Points(0)));
        assert_eq!(take_back(&own, &all, Points(18)), (parts(&[(6, 5), (7, 10), (8, 3)]), Points(0)));
        assert_eq!(take_back(&own, &all, Points(30)), (parts(&[(6, 5), (7, 10), (8, 4), (1, 3)]), Points(8)));
    }

    #[test]
    fn burned_points_return_to_their_lots_the_last_first() {
        let spent = parts(&[(3, 10), (4, 20), (3, 5)]);
        assert_eq!(give_back(&spent, Points(0), Points(12)), parts(&[(3, 5), (4, 7)]));
        assert_eq!(give_back(&spent, Points(12), Points(16)), parts(&[(4, 13), (3, 3)]));
        assert_eq!(give_back(&spent, Points(28), Points(100)), parts(&[(3, 7)]), "no more than was spent");
        assert_eq!(give_back(&spent, Points(0), Points(35)), parts(&[(3, 15), (4, 20)]), "merged by lot");
        assert_eq!(give_back(&spent, Points(35), Points(1)), Vec::new());
    }

    const DAY: i64 = 86_400;

    /// Days are days of UTC, and a month has thirty of them.
    fn start_of(instant: i64, unit: StartOf) -> i64 {
        let length = match unit {
            StartOf::Nothing => panic!("asked without need"),
            StartOf::Day => DAY,
            StartOf::Month => 30 * DAY,
        };
        instant + (-instant).rem_euclid(length)
    }

    fn life(activation: (i64, StartOf), lifetime: Option<(i64, StartOf)>) -> PointsLife {
        let delay = |(minutes, rounding)| Delay { minutes, rounding };
        PointsLife { activation: delay(activation), lifetime: lifetime.map(delay) }
    }

    #[test]
    fn life_is_delay_then_lifetime() {
        use StartOf::{Day, Month, Nothing};
        let of = |activation, lifetime, earned_at| life(activation, lifetime).of(earned_at, start_of);
        assert_eq!(of((0, Nothing), None, 1000), (1000, None));
        assert_eq!(of((10, Nothing), Some((5, Nothing)), 1000), (1600, Some(1900)));
        assert_eq!(of((0, Day), Some((24 * 60, Day)), 1000), (DAY, Some(2 * DAY)));
        assert_eq!(of((0, Day), None, DAY), (DAY, None), "already at a start");
        assert_eq!(of((1, Day), None, DAY), (2 * DAY, None));
        let (active_from, expires_at) = of((0, Nothing), Some((24 * 60, Month)), 1000);
        assert_eq!((active_from, expires_at), (1000, Some(30 * DAY)), "to the end of the month");
    }

    #[test]
    fn points_never_expire_before_they_are_active() {
        let none = life((0, StartOf::Nothing), Some((0, StartOf::Nothing)));
        assert_eq!(none.of(1000, start_of), (1000, Some(1001)));
        let backwards = life((-5, StartOf::Nothing), Some((-5, StartOf::Day)));
        assert_eq!(backwards.of(DAY, start_of), (DAY, Some(DAY + 1)));
        let endless = life((i64::MAX, StartOf::Nothing), None);
        assert_eq!(endless.of(1000, start_of), (i64::MAX, None), "no overflow");
    }
}
