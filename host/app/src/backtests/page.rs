//! The report as a page that needs nothing else: no scripts, no fonts, no files.

use askama::Template;

use super::chart::{Histogram, histogram};
use super::report::{Amounts, CategoryRow, OfferRow, ReceiptChange, Report};
use super::text::{is_zero, notes, numbers, priced, verdict};

/// Rows of a table at most; the report as JSON has all.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "backtest.html")]
struct Page<'a> {
    report: &'a Report,
    priced: Vec<String>,
    verdict: String,
    numbers: Vec<Number>,
    histogram: Option<Histogram>,
    offers: Vec<&'a OfferRow>,
    offers_left_out: usize,
    goods: Vec<Goods<'a>>,
    largest: &'a [ReceiptChange],
    notes: Vec<String>,
    seconds: String,
}

/// One of the four numbers.
struct Number {
    name: String,
    amounts: Amounts,
}

/// One table of goods.
struct Goods<'a> {
    name: &'static str,
    rows: Vec<&'a CategoryRow>,
    left_out: usize,
}

/// For a browser, or to print.
pub fn page(report: &Report) -> askama::Result<String> {
    let number = |(name, amounts): (String, Amounts)| Number { name, amounts };
    let offers: Vec<&OfferRow> = report.offers.iter().filter(|offer| offer.changes()).collect();
    let goods = [goods("Top category", &report.top_categories), goods("Category", &report.categories)];
    Page {
        report,
        priced: priced(report),
        verdict: verdict(report),
        numbers: numbers(&report.totals, &report.currency).into_iter().map(number).collect(),
        histogram: histogram(report),
        offers_left_out: offers.len().saturating_sub(ROWS),
        offers: offers.into_iter().take(ROWS).collect(),
        goods: goods.into_iter().filter(|table| !table.rows.is_empty()).collect(),
        largest: &report.largest_changes,
        notes: notes(report),
        seconds: report.took_ms.div_ceil(1_000).to_string(),
    }
    .render()
}

/// The rows that change.
fn goods<'a>(name: &'static str, rows: &'a [CategoryRow]) -> Goods<'a> {
    let changes = |row: &&CategoryRow| {
        let totals = &row.totals;
        [&totals.discount, &totals.points, &totals.payable]
            .iter()
            .any(|amounts| !is_zero(&amounts.difference))
    };
    let rows: Vec<&CategoryRow> = rows.iter().filter(changes).collect();
    Goods { name, left_out: rows.len().saturating_sub(ROWS), rows: rows.into_iter().take(ROWS).collect() }
}
