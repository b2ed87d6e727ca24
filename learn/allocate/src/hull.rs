//! The choices of a member that some price makes the best.

use std::num::NonZeroU64;

use crate::slope::Slope;

/// What is given to a member: the place of the choice in the member's list, or nothing.
pub(crate) type Pick = Option<u8>;

/// A choice as seen by one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// What it uses of the limit.
    pub(crate) used: i64,
    /// What it brings, less the prices of the other limits.
    pub(crate) worth: i128,
    pub(crate) pick: Pick,
}

/// A corner of the hull, and the price at which it becomes better than the corner before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Corner {
    pub(crate) point: Point,
    /// Zero at the first corner, which needs no step.
    pub(crate) price: Slope,
    /// What the step to here uses more than the corner before; 0 at the first.
    pub(crate) more: u64,
}

/// The points and the hull of one member, kept to spare allocations.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) points: Vec<Point>,
    pub(crate) hull: Vec<Corner>,
}

impl Work {
    /// The upper hull of the points: from the one that uses the least, by steps of falling prices, to the one
    /// that is worth the most. Of equal points the first in the order of picks stays, nothing before all.
    pub(crate) fn corner(&mut self) {
        self.points.sort_unstable_by(|a, b| {
            a.used.cmp(&b.used).then(b.worth.cmp(&a.worth)).then(a.pick.cmp(&b.pick))
        });
        self.hull.clear();
        for point in &self.points {
            let mut corner = Corner { point: *point, price: Slope::ZERO, more: 0 };
            while let Some(last) = self.hull.last() {
                let Some((price, more)) = step(&last.point, point) else { break };
                (corner.price, corner.more) = (price, more);
                if self.hull.len() < 2 || price < last.price {
                    break;
                }
                self.hull.pop();
            }
            if corner.more > 0 || self.hull.is_empty() {
                self.hull.push(corner);
            }
        }
    }

    /// The steps after the first corner.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Corner> {
        self.hull.iter().skip(1)
    }
}

/// Price and use of the step from one point to a better one that uses more.
fn step(from: &Point, to: &Point) -> Option<(Slope, u64)> {
    let rise = to
        .worth
        .checked_sub(from.worth)
        .and_then(|rise| u128::try_from(rise).ok())
        .filter(|rise| *rise > 0)?;
    let run = NonZeroU64::new(to.used.checked_sub(from.used).and_then(|run| u64::try_from(run).ok())?)?;
    Some((Slope::new(rise, run), run.get()))
}
