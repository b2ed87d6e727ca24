//! An exact search among the members next to the cut: the last ones that got a step, and the first that did not.
//! With as few members as that it finds the best plan there is; with many it uses what is left of the budget.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::AllocateError;
use crate::cut::Cut;
use crate::hash::turn;
use crate::hull::{Pick, Point, Work};
use crate::rule::{Held, Rule, Stage, View};
use crate::scan::Scan;
use crate::slope::Slope;
use crate::totals::Totals;

/// Members on each side of the cut.
const SIDE: usize = 10;

/// The most steps of the search, so that it ends; it then keeps the best that it has found.
const MOST_STEPS: u32 = 200_000;

/// The place of a step in the order in which steps are taken.
type Place = (Reverse<Slope>, u64);

/// A member next to the cut.
#[derive(Clone, Debug)]
struct Near {
    key: u64,
    current: Pick,
    points: Vec<Point>,
}

#[derive(Default)]
struct Found {
    work: Work,
    before: BTreeMap<Place, Near>,
    after: BTreeMap<Place, Near>,
}

/// Makes the plan of a rule with one cut and no caps better around the cut.
pub(crate) fn search(
    scan: Scan<'_>,
    rule: &mut Rule,
    cut: Cut,
    totals: &mut Totals,
) -> Result<(), AllocateError> {
    let near = nearest(scan, rule, cut)?;
    let point = |near: &Near| near.points.iter().find(|point| point.pick == near.current).copied();
    let (mut used, mut worth) = (0_i128, 0_i128);
    for point in near.iter().filter_map(point) {
        used = used.saturating_add(i128::from(point.used));
        worth = worth.saturating_add(point.worth);
    }
    let limit = i128::from(rule.limits.budget);
    let outside = totals.used.first().copied().unwrap_or_default().saturating_sub(used);
    let price = rule.prices.first().copied().unwrap_or_default();
    let mut search = Search::new(&near, price, limit.saturating_sub(outside), worth);
    search.descend(0, 0, 0, 0);
    if let Some(best) = search.best_picks.take() {
        let changed = near.iter().zip(&best).filter(|(near, pick)| near.current != **pick);
        rule.stages.push(Stage::Exceptions(changed.map(|(near, pick)| (near.key, *pick)).collect()));
        *totals = Totals::of(scan, rule)?;
    }
    Ok(())
}

fn nearest(scan: Scan<'_>, rule: &Rule, cut: Cut) -> Result<Vec<Near>, AllocateError> {
    let view = View { coordinate: 0, held: Held::Nothing };
    let found = scan.fold(
        Found::default,
        |found, _, member| {
            let turn = turn(member.key, scan.salt);
            rule.view(view, None, &member, &mut found.work);
            found.work.corner();
            let wanted: Vec<(Place, bool)> = found
                .work
                .steps()
                .map(|corner| ((Reverse(corner.price), turn), cut.takes(corner.price, turn)))
                .filter(|(place, taken)| found.wants(place, *taken))
                .collect();
            if wanted.is_empty() {
                return Ok(());
            }
            let points = found.work.points.clone();
            let near = Near { key: member.key, current: rule.pick(&member, &mut found.work), points };
            for (place, taken) in wanted {
                found.put(place, taken, near.clone());
            }
            Ok(())
        },
        |all, others| {
            others.before.into_iter().for_each(|(place, near)| all.put(place, true, near));
            others.after.into_iter().for_each(|(place, near)| all.put(place, false, near));
            Ok(())
        },
    )?;
    let mut seen = BTreeSet::new();
    let mut members: Vec<Near> = found.before.into_values().chain(found.after.into_values()).collect();
    members.retain(|near| seen.insert(near.key));
    Ok(members)
}

impl Found {
    fn wants(&self, place: &Place, taken: bool) -> bool {
        if taken {
            self.before.len() < SIDE || self.before.first_key_value().is_some_and(|(first, _)| first < place)
        } else {
            self.after.len() < SIDE || self.after.last_key_value().is_some_and(|(last, _)| place < last)
        }
    }

    fn put(&mut self, place: Place, taken: bool, near: Near) {
        let side = if taken { &mut self.before } else { &mut self.after };
        side.insert(place, near);
        if side.len() > SIDE {
            if taken {
                side.pop_first()
            } else {
                side.pop_last()
            };
        }
    }
}

/// A search in depth, member by member, with the bound by the price of the cut.
struct Search<'a> {
    near: &'a [Near],
    price: i128,
    capacity: i128,
    /// From each member on: the largest sum of worth − price·used, and the least sum of use.
    rest: Vec<(i128, i128)>,
    best: i128,
    best_picks: Option<Vec<Pick>>,
    picks: Vec<Pick>,
    steps: u32,
}

impl<'a> Search<'a> {
    fn new(near: &'a [Near], price: i128, capacity: i128, best: i128) -> Self {
        let mut rest = vec![(0_i128, 0_i128)];
        let (mut most, mut least) = (0_i128, 0_i128);
        for member in near.iter().rev() {
            let reduced = member.points.iter().map(|point| reduced(point, price)).max();
            let used = member.points.iter().map(|point| i128::from(point.used)).min();
            most = most.saturating_add(reduced.unwrap_or_default());
            least = least.saturating_add(used.unwrap_or_default());
            rest.push((most, least));
        }
        rest.reverse();
        Self { near, price, capacity, rest, best, best_picks: None, picks: Vec::new(), steps: 0 }
    }

    fn descend(&mut self, place: usize, used: i128, worth: i128, reduced_so_far: i128) {
        let Some((most, least)) = self.rest.get(place).copied() else { return };
        let bound =
            reduced_so_far.saturating_add(most).saturating_add(self.price.saturating_mul(self.capacity));
        if used.saturating_add(least) > self.capacity || bound <= self.best || self.steps >= MOST_STEPS {
            return;
        }
        self.steps = self.steps.saturating_add(1);
        let Some(member) = self.near.get(place) else {
            if worth > self.best {
                self.best = worth;
                self.best_picks = Some(self.picks.clone());
            }
            return;
        };
        let mut points: Vec<&Point> = member.points.iter().collect();
        points.sort_by_key(|point| (Reverse(reduced(point, self.price)), point.pick));
        for point in points {
            self.picks.push(point.pick);
            self.descend(
                place.saturating_add(1),
                used.saturating_add(i128::from(point.used)),
                worth.saturating_add(point.worth),
                reduced_so_far.saturating_add(reduced(point, self.price)),
            );
            self.picks.pop();
        }
    }
}

fn reduced(point: &Point, price: i128) -> i128 {
    point.worth.saturating_sub(price.saturating_mul(i128::from(point.used)))
}
