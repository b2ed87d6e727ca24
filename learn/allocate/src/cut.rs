//! The cut by one price: which steps of all hulls are taken until a limit is reached.

use std::collections::BTreeMap;

use crate::hash::turn;
use crate::hull::{Pick, Work};
use crate::rule::{Rule, View};
use crate::scan::{Scan, sum};
use crate::slope::{BUCKETS, Slope};
use crate::{AllocateError, Member};

/// The most different prices in one bucket.
const MOST_PRICES: usize = 4_000_000;

/// Above so many equals, their turns are cut coarsely first.
const MANY: u64 = 65_536;

/// All steps above a price are taken, and those at the price whose turn has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    price: Slope,
    /// The last turn that is taken at the price; `None` if none is.
    last: Option<u64>,
}

impl Cut {
    /// Whether a step at a price is taken by the member with a turn.
    pub(crate) fn takes(&self, price: Slope, turn: u64) -> bool {
        price > self.price || (price == self.price && self.last.is_some_and(|last| turn <= last))
    }

    /// The last corner of a member's hull that is taken.
    pub(crate) fn pick(&self, work: &Work, turn: u64) -> Pick {
        let taken = work.steps().take_while(|corner| self.takes(corner.price, turn)).last();
        taken.or_else(|| work.hull.first()).and_then(|corner| corner.point.pick)
    }
}

/// Where the steps, taken by falling price, no longer fit.
struct Edge {
    price: Slope,
    /// What is left of the limit when all above the price are taken.
    left: u128,
    /// The number of steps at the price.
    equals: u64,
}

impl Edge {
    const fn at(price: Slope) -> Self {
        Self { price, left: 0, equals: 0 }
    }
}

/// The price at which a limit is reached, rounded down; 0 if all fits.
pub(crate) fn price(scan: Scan<'_>, rule: &Rule, view: View) -> Result<i128, AllocateError> {
    let edge = Hulls { scan, rule, view }.edge()?;
    Ok(i128::try_from(edge.price.floor()).unwrap_or(i128::MAX))
}

/// The cut at a limit: its sum is never passed.
pub(crate) fn cut(scan: Scan<'_>, rule: &Rule, view: View) -> Result<Cut, AllocateError> {
    let hulls = Hulls { scan, rule, view };
    let edge = hulls.edge()?;
    hulls.among_equals(&edge)
}

/// The hulls of all members by one view of a rule.
struct Hulls<'a> {
    scan: Scan<'a>,
    rule: &'a Rule,
    view: View,
}

/// What a reading finds, beside the work space that it needs: for the view and for the stages before.
struct Found<T> {
    work: Work,
    found: T,
}

impl Hulls<'_> {
    fn fold<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, &Work, u64) -> Result<(), AllocateError> + Sync,
        merge: impl Fn(&mut T, T) -> Result<(), AllocateError>,
    ) -> Result<T, AllocateError> {
        let found = self.scan.fold(
            || Found { work: Work::default(), found: new() },
            |found, _, member: Member<'_>| {
                let current = self.rule.pick(&member, &mut found.work);
                self.rule.view(self.view, current, &member, &mut found.work);
                found.work.corner();
                each(&mut found.found, &found.work, turn(member.key, self.scan.salt))
            },
            |all, one| merge(&mut all.found, one.found),
        )?;
        Ok(found.found)
    }

    /// Reads twice: sums by bucket of price, then exact prices in the bucket of the cut. If all
    /// steps fit, the price is 0; if not even the cheapest corners do, it is the highest.
    fn edge(&self) -> Result<Edge, AllocateError> {
        let what = "what is used";
        let (least, buckets) = self.fold(
            || (0_i128, vec![0_u128; BUCKETS]),
            |(least, buckets), work, _| {
                sum(least, work.hull.first().map_or(0, |corner| i128::from(corner.point.used)), what)?;
                for corner in work.steps() {
                    add(buckets.get_mut(corner.price.bucket()), corner.more)?;
                }
                Ok(())
            },
            |(least, buckets), (other, others)| {
                sum(least, other, what)?;
                merge(buckets, &others)
            },
        )?;
        let limit = i128::from(self.rule.limits.limit(self.view.coordinate));
        let Some(mut left) = limit.checked_sub(least).and_then(|left| u128::try_from(left).ok()) else {
            return Ok(Edge::at(Slope::whole(u128::MAX)));
        };
        let full = buckets.iter().enumerate().rev().find(|(_, used)| over(&mut left, **used));
        let Some((bucket, _)) = full else { return Ok(Edge::at(Slope::ZERO)) };
        let prices = self.prices(bucket)?;
        let edge = prices.iter().rev().find(|(_, at)| over(&mut left, at.used));
        Ok(edge.map_or(Edge::at(Slope::ZERO), |(price, at)| Edge { price: *price, left, equals: at.steps }))
    }

    fn prices(&self, bucket: usize) -> Result<BTreeMap<Slope, At>, AllocateError> {
        let few = |prices: &BTreeMap<Slope, At>| match prices.len() {
            count if count > MOST_PRICES => Err(AllocateError::TooManyPrices { count, most: MOST_PRICES }),
            _ => Ok(()),
        };
        self.fold(
            BTreeMap::new,
            |prices, work, _| {
                for corner in work.steps().filter(|corner| corner.price.bucket() == bucket) {
                    prices.entry(corner.price).or_insert_with(At::default).add(u128::from(corner.more), 1)?;
                }
                few(prices)
            },
            |prices, others| {
                for (price, at) in others {
                    prices.entry(price).or_insert_with(At::default).add(at.used, at.steps)?;
                }
                few(prices)
            },
        )
    }

    /// The cut among steps of one price, by turns; `Edge::left` is less than they use together.
    fn among_equals(&self, edge: &Edge) -> Result<Cut, AllocateError> {
        if edge.equals == 0 {
            return Ok(Cut { price: edge.price, last: None });
        }
        let mut left = edge.left;
        let mut last = None;
        let mut first = 0_u64..=u64::MAX;
        if edge.equals > MANY {
            let buckets = self.fold(
                || vec![0_u128; 65_536],
                |buckets, work, turn| {
                    let at = work.steps().find(|corner| corner.price == edge.price);
                    at.map_or(Ok(()), |at| add(buckets.get_mut(coarse(turn)), at.more))
                },
                |buckets, others| merge(buckets, &others),
            )?;
            let found = (0_u64..).zip(&buckets).find(|(_, used)| over(&mut left, **used));
            let bucket = found.map_or(0, |(bucket, _)| bucket);
            let start = bucket << 48;
            last = start.checked_sub(1);
            first = start..=start.saturating_add((1 << 48) - 1);
        }
        let mut steps = self.fold(
            Vec::new,
            |steps, work, turn| {
                let at = work.steps().find(|corner| first.contains(&turn) && corner.price == edge.price);
                steps.extend(at.map(|at| (turn, at.more)));
                Ok(())
            },
            |steps, others| {
                steps.extend(others);
                Ok(())
            },
        )?;
        steps.sort_unstable();
        let fitting = steps.iter().take_while(|(_, more)| !over(&mut left, u128::from(*more))).last();
        last = fitting.map(|(turn, _)| *turn).or(last);
        Ok(Cut { price: edge.price, last })
    }
}

/// The steps at one price.
#[derive(Clone, Copy, Default)]
struct At {
    used: u128,
    steps: u64,
}

impl At {
    fn add(&mut self, used: u128, steps: u64) -> Result<(), AllocateError> {
        self.used = self.used.checked_add(used).ok_or(AllocateError::Overflow { what: "what is used" })?;
        self.steps = self.steps.saturating_add(steps);
        Ok(())
    }
}

/// Whether an amount is more than what is left; if not, it is taken off.
fn over(left: &mut u128, used: u128) -> bool {
    match left.checked_sub(used) {
        Some(rest) => {
            *left = rest;
            false
        }
        None => true,
    }
}

fn coarse(turn: u64) -> usize {
    usize::try_from(turn >> 48).unwrap_or_default()
}

fn add(to: Option<&mut u128>, more: u64) -> Result<(), AllocateError> {
    if let Some(to) = to {
        *to = to.checked_add(u128::from(more)).ok_or(AllocateError::Overflow { what: "what is used" })?;
    }
    Ok(())
}

fn merge(all: &mut [u128], others: &[u128]) -> Result<(), AllocateError> {
    for (all, other) in all.iter_mut().zip(others) {
        *all = all.checked_add(*other).ok_or(AllocateError::Overflow { what: "what is used" })?;
    }
    Ok(())
}
