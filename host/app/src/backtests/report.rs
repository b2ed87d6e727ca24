//! The report of a back-test: a function of the purchases and the two plans, except for the time that it took.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::decimal::format_scaled;
use domain::plan::Plan;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::backtest::Selection;

use super::goods::{Goods, Named};
use super::inputs::APPROXIMATED;
use super::tally::{BOUNDS, Both, Change, ChangedLine, Given, Sums, Tally};
use crate::live::PlanVariant;

/// The report of a back-test: purchases priced by the live plan and by the candidate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestReport)]
pub struct Report {
    /// The candidate's changes, in words.
    pub changes: Vec<String>,
    /// Currency of all money.
    pub currency: String,
    /// The purchases that were asked for; absent in reports of earlier releases.
    #[serde(default)]
    pub purchases: Option<Purchases>,
    /// RFC 3339 time of the first receipt that was priced, if there is one.
    #[serde(default)]
    pub sold_from: Option<String>,
    /// RFC 3339 time of the last receipt that was priced, if there is one.
    #[serde(default)]
    pub sold_to: Option<String>,
    /// Offers of the candidate whose period leaves out receipts.
    #[serde(default)]
    pub outside_period: Vec<OutsidePeriod>,
    /// Hash of the plan that is live.
    pub baseline_plan: String,
    /// Hash of the candidate's plan.
    pub candidate_plan: String,
    /// Receipts that were priced.
    pub receipts: i64,
    /// Receipts with other money, other points, or other offers on a line.
    pub receipts_changed: i64,
    /// Receipts that could not be read, and count nowhere.
    pub receipts_unreadable: i64,
    /// Receipts without recorded inputs: their members are taken as they are now.
    pub receipts_approximated: i64,
    /// Receipts that are refused, because an offer with `on_fault: fail` fails.
    pub receipts_not_sold: Counts,
    /// Sums over all receipts.
    pub totals: Totals,
    /// By offer.
    pub offers: Vec<OfferRow>,
    /// By category at the top of the tree.
    pub top_categories: Vec<CategoryRow>,
    /// By the category of the goods themselves.
    pub categories: Vec<CategoryRow>,
    /// Receipts by how much more discount they would get.
    pub histogram: Vec<Bin>,
    /// The receipts that change most.
    pub largest_changes: Vec<ReceiptChange>,
    /// Receipts on which mechanics of the candidate failed.
    pub faults: Vec<Fault>,
    /// Warnings about the candidate.
    pub warnings: Vec<String>,
    /// The ways in which every back-test is approximate.
    pub approximated: Vec<String>,
    /// Duration in milliseconds.
    pub took_ms: u64,
}

/// The purchases that a back-test was asked to price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestPurchases)]
pub struct Purchases {
    /// At most so many of the last confirmed ones.
    pub last: i64,
    /// RFC 3339 time of the start of the period, if it has one.
    pub from: Option<String>,
    /// RFC 3339 time of its end, which is outside, if it has one.
    pub to: Option<String>,
    /// Points of sale, with those below them; all if empty.
    pub pos: Vec<String>,
}

/// Receipts outside the period of an offer of the candidate, on which it pays nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestOutsidePeriod)]
pub struct OutsidePeriod {
    /// External id.
    pub offer: String,
    /// Number of receipts.
    pub receipts: i64,
}

/// A decimal by both plans, and their difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestAmounts)]
pub struct Amounts {
    /// By the live plan.
    pub baseline: String,
    /// By the candidate.
    pub candidate: String,
    /// Candidate less baseline.
    pub difference: String,
}

/// A number of receipts by both plans, and their difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestCounts)]
pub struct Counts {
    /// By the live plan.
    pub baseline: i64,
    /// By the candidate.
    pub candidate: i64,
    /// Candidate less baseline.
    pub difference: i64,
}

/// Sums over lines or receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestTotals)]
pub struct Totals {
    /// Money off.
    pub discount: Amounts,
    /// Points earned.
    pub points: Amounts,
    /// Paid with points, in money.
    pub points_paid: Amounts,
    /// Paid in money.
    pub payable: Amounts,
}

/// The rewards of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestOffer)]
pub struct OfferRow {
    /// External id.
    pub offer: String,
    /// Name for people.
    pub title: String,
    /// Receipts on which it pays.
    pub fired: Counts,
    /// Money off.
    pub discount: Amounts,
    /// Points.
    pub points: Amounts,
}

/// The rewards on goods of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestCategory)]
pub struct CategoryRow {
    /// Code of the category; absent for goods without one, and for unknown goods.
    pub category: Option<String>,
    /// Name for people.
    pub name: String,
    /// Sums over the lines.
    pub totals: Totals,
}

/// Receipts with a change of the discount from one bound to another; both bounds 0: no change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestBin)]
pub struct Bin {
    /// The bound nearer to zero, inside the bin unless it is 0; below zero for less discount.
    pub from: String,
    /// The bound farther from zero, outside the bin; absent in the last bins.
    pub to: Option<String>,
    /// Number of receipts.
    pub receipts: i64,
}

/// A receipt that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestChange)]
pub struct ReceiptChange {
    /// The till's id.
    pub purchase_id: String,
    /// Sums of the receipt.
    pub totals: Totals,
    /// The lines that change.
    pub lines: Vec<LineChange>,
}

/// A line that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestLine)]
pub struct LineChange {
    /// The till's number.
    pub position: u32,
    /// Id of the goods.
    pub goods_id: String,
    /// Money off.
    pub discount: Amounts,
    /// Points.
    pub points: Amounts,
    /// The offers that pay by the live plan.
    pub baseline_offers: Vec<String>,
    /// The offers that pay by the candidate's plan.
    pub candidate_offers: Vec<String>,
}

/// The faults of a mechanic with one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BacktestFault)]
pub struct Fault {
    /// Its name.
    pub mechanic: String,
    /// Its version.
    pub version: String,
    /// Name of the outcome.
    pub outcome: String,
    /// Number of receipts.
    pub receipts: i64,
}

/// The candidate in words.
pub(super) struct Subject {
    pub changes: Vec<String>,
    pub warnings: Vec<String>,
    pub selection: Selection,
}

impl Report {
    pub(super) fn of(
        tally: &Tally,
        (before, after): (&PlanVariant, &PlanVariant),
        subject: Subject,
        took: Duration,
    ) -> Self {
        let writer = Writer { before: &before.plan.plan, after: &after.plan.plan };
        let mut top: BTreeMap<Goods, Both<Sums>> = BTreeMap::new();
        for (goods, sums) in &tally.goods {
            top.entry(goods.top(&writer.before.catalog)).or_default().add(sums);
        }
        let fault =
            |((mechanic, version, outcome), receipts): (&(String, String, &'static str), &i64)| Fault {
                mechanic: mechanic.clone(),
                version: version.clone(),
                outcome: (*outcome).to_owned(),
                receipts: *receipts,
            };
        Self {
            changes: subject.changes,
            currency: writer.before.currency.code.clone(),
            purchases: Some(Purchases {
                last: subject.selection.last,
                from: subject.selection.from.and_then(time),
                to: subject.selection.to.and_then(time),
                pos: subject.selection.pos,
            }),
            sold_from: tally.sold.and_then(|(first, _)| time(first)),
            sold_to: tally.sold.and_then(|(_, last)| time(last)),
            outside_period: tally.outside_period.iter().map(outside_period).collect(),
            baseline_plan: writer.before.hash.clone(),
            candidate_plan: writer.after.hash.clone(),
            receipts: tally.receipts,
            receipts_changed: tally.changed,
            receipts_unreadable: tally.unreadable,
            receipts_approximated: tally.approximated,
            receipts_not_sold: counts(tally.not_sold),
            totals: writer.totals(&tally.sums),
            offers: tally.offers.iter().map(|(id, given)| writer.offer(id, given)).collect(),
            top_categories: writer.categories(&top),
            categories: writer.categories(&tally.goods),
            histogram: writer.histogram(&tally.bins),
            largest_changes: tally.largest.iter().map(|change| writer.change(change)).collect(),
            faults: tally.faults.iter().map(fault).collect(),
            warnings: subject.warnings,
            approximated: APPROXIMATED.map(str::to_owned).to_vec(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

struct Writer<'a> {
    before: &'a Plan,
    after: &'a Plan,
}

impl Writer<'_> {
    fn money(&self, both: Both<i64>) -> Amounts {
        amounts(both, self.before.currency.exponent)
    }

    fn points(&self, both: Both<i64>) -> Amounts {
        amounts(both, self.before.points.exponent)
    }

    fn totals(&self, sums: &Both<Sums>) -> Totals {
        let both = |of: fn(&Sums) -> i64| Both { before: of(&sums.before), after: of(&sums.after) };
        Totals {
            discount: self.money(both(|sums| sums.discount)),
            points: self.points(both(|sums| sums.points)),
            points_paid: self.money(both(|sums| sums.points_paid)),
            payable: self.money(both(|sums| sums.payable)),
        }
    }

    fn offer(&self, id: &str, given: &Both<Given>) -> OfferRow {
        let of = |plan: &Plan| {
            plan.offers.iter().find(|offer| offer.external_id == id).map(|found| found.title.clone())
        };
        let both = |of: fn(&Given) -> i64| Both { before: of(&given.before), after: of(&given.after) };
        OfferRow {
            offer: id.to_owned(),
            title: of(self.after).or_else(|| of(self.before)).unwrap_or_default(),
            fired: counts(both(|given| given.fired)),
            discount: self.money(both(|given| given.discount)),
            points: self.points(both(|given| given.points)),
        }
    }

    /// Rows in the order of the catalogue; goods that are not in it come last.
    fn categories(&self, goods: &BTreeMap<Goods, Both<Sums>>) -> Vec<CategoryRow> {
        let row = |(goods, sums): (&Goods, &Both<Sums>)| {
            let Named { code, name } = goods.named(&self.before.catalog);
            CategoryRow { category: code, name, totals: self.totals(sums) }
        };
        goods.iter().map(row).collect()
    }

    fn histogram(&self, bins: &BTreeMap<i64, i64>) -> Vec<Bin> {
        let exponent = self.before.currency.exponent;
        let unit = 10_i64.saturating_pow(exponent);
        let last = i64::try_from(BOUNDS.len()).unwrap_or(0).saturating_add(1);
        let bound = |number: i64| {
            let place = usize::try_from(number.abs().saturating_sub(1)).ok()?;
            let bound = BOUNDS.get(place)?.saturating_mul(unit).saturating_mul(number.signum());
            Some(format_scaled(bound, exponent))
        };
        let zero = || format_scaled(0, exponent);
        let bin = |number: i64| Bin {
            from: bound(number.saturating_sub(number.signum())).unwrap_or_else(zero),
            to: if number == 0 { Some(zero()) } else { bound(number) },
            receipts: bins.get(&number).copied().unwrap_or(0),
        };
        (last.saturating_neg()..=last).map(bin).collect()
    }

    fn change(&self, change: &Change) -> ReceiptChange {
        ReceiptChange {
            purchase_id: change.purchase_id.clone(),
            totals: self.totals(&change.sums),
            lines: change.lines.iter().map(|line| self.line(line)).collect(),
        }
    }

    fn line(&self, line: &ChangedLine) -> LineChange {
        LineChange {
            position: line.position,
            goods_id: line.goods_id.clone(),
            discount: self.money(line.discount),
            points: self.points(line.points),
            baseline_offers: line.offers.before.clone(),
            candidate_offers: line.offers.after.clone(),
        }
    }
}

fn time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

fn outside_period((offer, receipts): (&String, &i64)) -> OutsidePeriod {
    OutsidePeriod { offer: offer.clone(), receipts: *receipts }
}

fn counts(both: Both<i64>) -> Counts {
    let Both { before, after } = both;
    Counts { baseline: before, candidate: after, difference: after.saturating_sub(before) }
}

fn amounts(both: Both<i64>, places: u32) -> Amounts {
    let counts = counts(both);
    Amounts {
        baseline: format_scaled(counts.baseline, places),
        candidate: format_scaled(counts.candidate, places),
        difference: format_scaled(counts.difference, places),
    }
}
