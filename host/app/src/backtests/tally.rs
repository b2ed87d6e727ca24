//! Sums over receipts that were priced by both plans. Merging is associative: any grouping of the receipts, in their
//! order, gives equal sums. All sums are checked: none is there if one does not fit into 64 bits.

use std::collections::BTreeMap;

use domain::mechanics::Outcome;
use domain::pricing::{LineReward, PricedLine, PricedReceipt};
use domain::receipt::Receipt;

use super::candidate::offer_id;
use super::goods::Goods;
use crate::live::PlanVariant;

/// Receipts with the largest changes that are listed.
const LARGEST: usize = 20;
/// Bounds of the histogram in whole units of money, for more and for less discount.
pub(super) const BOUNDS: [i64; 6] = [1, 5, 10, 50, 100, 500];

/// A value by the live plan, and by the candidate's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Both<T> {
    pub before: T,
    pub after: T,
}

/// Minor units of money and smallest steps of points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub discount: i64,
    pub points: i64,
    pub points_paid: i64,
    pub payable: i64,
}

/// Receipts that an offer paid on, and the sums that it paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub fired: i64,
    pub discount: i64,
    pub points: i64,
}

/// A line that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangedLine {
    pub position: u32,
    pub goods_id: String,
    pub discount: Both<i64>,
    pub points: Both<i64>,
    pub offers: Both<Vec<String>>,
}

/// A receipt that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub purchase_id: String,
    pub sums: Both<Sums>,
    pub lines: Vec<ChangedLine>,
}

/// The sums of a back-test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub receipts: i64,
    pub changed: i64,
    /// Receipts that could not be read.
    pub unreadable: i64,
    /// Receipts whose inputs were not recorded.
    pub approximated: i64,
    /// Receipts that are refused, because an offer with `on_fault: fail` fails.
    pub not_sold: Both<i64>,
    pub sums: Both<Sums>,
    pub offers: BTreeMap<String, Both<Given>>,
    pub goods: BTreeMap<Goods, Both<Sums>>,
    /// By the number of the bin: 0 is no change, the others count from it, up and down.
    pub bins: BTreeMap<i64, i64>,
    pub largest: Vec<Change>,
    /// Seconds since 1970 of the first and the last receipt that was priced.
    pub sold: Option<(i64, i64)>,
    /// Number of receipts outside the period of an offer of the candidate, by external id.
    pub outside_period: BTreeMap<String, i64>,
    /// Number of receipts on which a mechanic of the candidate failed, by name, version and outcome.
    pub faults: BTreeMap<(String, String, &'static str), i64>,
}

/// A receipt, priced by both plans.
pub(super) struct Priced<'a> {
    pub receipt: &'a Receipt,
    pub variants: Both<&'a PlanVariant>,
    pub priced: Both<&'a PricedReceipt>,
}

impl Sums {
    fn add(&mut self, other: &Self) -> Option<()> {
        add(&mut self.discount, other.discount)?;
        add(&mut self.points, other.points)?;
        add(&mut self.points_paid, other.points_paid)?;
        add(&mut self.payable, other.payable)
    }

    fn of_line(line: &PricedLine) -> Self {
        Self {
            discount: line.discount.0,
            points: line.points_earned.0,
            points_paid: line.points_paid.0,
            payable: line.payable.0,
        }
    }

    fn of(priced: &PricedReceipt) -> Self {
        let totals = &priced.totals;
        Self {
            discount: totals.discount.0,
            points: totals.points_earned.0,
            points_paid: totals.points_paid.0,
            payable: totals.payable.0,
        }
    }
}

impl Both<Sums> {
    /// None if a sum does not fit into 64 bits.
    pub(super) fn add(&mut self, other: &Self) -> Option<()> {
        self.before.add(&other.before)?;
        self.after.add(&other.after)
    }
}

impl Given {
    fn add(&mut self, other: &Self) -> Option<()> {
        add(&mut self.fired, other.fired)?;
        add(&mut self.discount, other.discount)?;
        add(&mut self.points, other.points)
    }
}

fn add(sum: &mut i64, more: i64) -> Option<()> {
    *sum = sum.checked_add(more)?;
    Some(())
}

impl Tally {
    /// The sums of one receipt; none if one does not fit into 64 bits.
    pub(super) fn of(priced: &Priced<'_>) -> Option<Self> {
        let sums = Both { before: Sums::of(priced.priced.before), after: Sums::of(priced.priced.after) };
        let lines = priced.changed_lines();
        let changed = sums.before != sums.after || !lines.is_empty();
        let exponent = priced.variants.before.plan.plan.currency.exponent;
        let more = sums.after.discount.saturating_sub(sums.before.discount);
        let not_sold = |priced: &PricedReceipt| i64::from(priced.failed.is_some());
        let largest =
            changed.then(|| Change { purchase_id: priced.receipt.purchase_id.clone(), sums, lines });
        Some(Self {
            receipts: 1,
            changed: i64::from(changed),
            unreadable: 0,
            approximated: 0,
            not_sold: Both { before: not_sold(priced.priced.before), after: not_sold(priced.priced.after) },
            sums,
            offers: priced.offers()?,
            goods: priced.goods()?,
            bins: BTreeMap::from([(bin(more, exponent), 1)]),
            largest: largest.into_iter().collect(),
            sold: Some((priced.receipt.at.instant, priced.receipt.at.instant)),
            outside_period: BTreeMap::new(),
            faults: priced.faults(),
        })
    }

    /// The sums of one receipt that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self { unreadable: 1, ..Self::default() }
    }

    /// Adds later receipts. None if a sum does not fit into 64 bits.
    pub(super) fn merge(&mut self, other: Self) -> Option<()> {
        add(&mut self.receipts, other.receipts)?;
        add(&mut self.changed, other.changed)?;
        add(&mut self.unreadable, other.unreadable)?;
        add(&mut self.approximated, other.approximated)?;
        add(&mut self.not_sold.before, other.not_sold.before)?;
        add(&mut self.not_sold.after, other.not_sold.after)?;
        self.sums.add(&other.sums)?;
        for (offer, given) in other.offers {
            let sum = self.offers.entry(offer).or_default();
            sum.before.add(&given.before)?;
            sum.after.add(&given.after)?;
        }
        for (goods, sums) in other.goods {
            self.goods.entry(goods).or_default().add(&sums)?;
        }
        for (bin, receipts) in other.bins {
            add(self.bins.entry(bin).or_default(), receipts)?;
        }
        self.sold = match (self.sold, other.sold) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (sold, others) => sold.or(others),
        };
        for (offer, receipts) in other.outside_period {
            add(self.outside_period.entry(offer).or_default(), receipts)?;
        }
        for (fault, receipts) in other.faults {
            add(self.faults.entry(fault).or_default(), receipts)?;
        }
        if !other.largest.is_empty() {
            self.largest.extend(other.largest);
            // Receipts of the same weight stay in their order.
            self.largest.sort_by_key(|change| std::cmp::Reverse(change.weight()));
            self.largest.truncate(LARGEST);
        }
        Some(())
    }
}

impl Change {
    /// Money first, then points.
    fn weight(&self) -> (u64, u64) {
        let Both { before, after } = self.sums;
        (after.discount.abs_diff(before.discount), after.points.abs_diff(before.points))
    }
}

/// The bin of a change of the discount: 1 is less than the first bound, and so on.
fn bin(change: i64, exponent: u32) -> i64 {
    if change == 0 {
        return 0;
    }
    let unit = 10_u64.saturating_pow(exponent);
    let reached =
        BOUNDS.iter().filter(|bound| change.unsigned_abs() >= bound.unsigned_abs().saturating_mul(unit));
    let bin = i64::try_from(reached.count()).unwrap_or(0).saturating_add(1);
    if change < 0 { -bin } else { bin }
}

impl Priced<'_> {
    fn offers(&self) -> Option<BTreeMap<String, Both<Given>>> {
        let mut offers: BTreeMap<String, Both<Given>> = BTreeMap::new();
        for (id, given) in given(self.variants.before, self.priced.before)? {
            offers.entry(id.to_owned()).or_default().before = given;
        }
        for (id, given) in given(self.variants.after, self.priced.after)? {
            offers.entry(id.to_owned()).or_default().after = given;
        }
        Some(offers)
    }

    fn goods(&self) -> Option<BTreeMap<Goods, Both<Sums>>> {
        let catalog = &self.variants.before.plan.plan.catalog;
        let mut goods: BTreeMap<Goods, Both<Sums>> = BTreeMap::new();
        let both = self.priced.before.lines.iter().zip(&self.priced.after.lines);
        for (line, (before, after)) in self.receipt.lines.iter().zip(both) {
            let sums = Both { before: Sums::of_line(before), after: Sums::of_line(after) };
            goods.entry(Goods::of(catalog, line.product)).or_default().add(&sums)?;
        }
        Some(goods)
    }

    fn changed_lines(&self) -> Vec<ChangedLine> {
        let both = self.priced.before.lines.iter().zip(&self.priced.after.lines);
        let lines = self.receipt.lines.iter().zip(both).filter_map(|(line, (before, after))| {
            let offers = Both {
                before: offers_of(self.variants.before, before),
                after: offers_of(self.variants.after, after),
            };
            if Sums::of_line(before) == Sums::of_line(after) && offers.before == offers.after {
                return None;
            }
            Some(ChangedLine {
                position: line.position,
                goods_id: line.goods_id.clone(),
                discount: Both { before: before.discount.0, after: after.discount.0 },
                points: Both { before: before.points_earned.0, after: after.points_earned.0 },
                offers,
            })
        });
        lines.collect()
    }

    fn faults(&self) -> BTreeMap<(String, String, &'static str), i64> {
        let plan = &self.variants.after.plan.plan;
        let failed = self.priced.after.mechanics.iter().filter(|report| report.outcome != Outcome::Ok);
        let named = failed.filter_map(|report| {
            let mechanic = plan.mechanic(report.mechanic)?;
            let version = mechanic.description.version.clone();
            Some(((mechanic.name.clone(), version, report.outcome.name()), 1))
        });
        named.collect()
    }
}

fn given<'a>(variant: &'a PlanVariant, priced: &PricedReceipt) -> Option<BTreeMap<&'a str, Given>> {
    let mut given: BTreeMap<&str, Given> = BTreeMap::new();
    for LineReward { offer, discount, points, .. } in priced.lines.iter().flat_map(|line| &line.offers) {
        let sum = given.entry(offer_id(variant, *offer)).or_default();
        sum.fired = 1;
        add(&mut sum.discount, discount.0)?;
        add(&mut sum.points, points.0)?;
    }
    Some(given)
}

fn offers_of(variant: &PlanVariant, line: &PricedLine) -> Vec<String> {
    line.offers.iter().map(|reward| offer_id(variant, reward.offer).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_holds_its_lower_bound() {
        let of_cents = |cents| bin(cents, 2);
        let cents = [0, 1, 99, 100, 499, 500, 49_999, 50_000, i64::MAX];
        assert_eq!(cents.map(of_cents), [0, 1, 1, 2, 2, 3, 6, 7, 7]);
        assert_eq!([-1, -100, -50_000, i64::MIN].map(of_cents), [-1, -2, -7, -7]);
        assert_eq!(bin(1, 0), 2, "a currency without cents");
    }

    #[test]
    fn the_largest_changes_stay() {
        let change = |number: i64, discount, points| Change {
            purchase_id: number.to_string(),
            sums: Both { before: Sums::default(), after: Sums { discount, points, ..Sums::default() } },
            lines: Vec::new(),
        };
        let mut tally = Tally::default();
        for number in 0..50 {
            let one = change(number, if number == 7 { -900 } else { number / 25 }, 50 - number);
            tally.merge(Tally { largest: vec![one], ..Tally::default() }).expect("it fits");
        }
        let ids: Vec<&str> = tally.largest.iter().map(|change| change.purchase_id.as_str()).collect();
        assert_eq!(ids.len(), LARGEST);
        assert_eq!(ids.get(..3), Some(&["7", "25", "26"][..]), "money first, then points");
    }

    #[test]
    fn sums_that_do_not_fit_are_none() {
        let of = |payable| Tally {
            sums: Both { before: Sums::default(), after: Sums { payable, ..Sums::default() } },
            ..Tally::default()
        };
        let mut tally = of(i64::MAX - 1);
        assert_eq!(tally.merge(of(1)), Some(()));
        assert_eq!(tally.merge(of(1)), None);
    }
}
