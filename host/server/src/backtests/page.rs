//! The report as a page that needs nothing else: no scripts, no fonts, no files.

use askama::Template;

use super::chart::{Histogram, histogram};
use super::report::{Amounts, CategoryRow, OfferRow, ReceiptChange, Report};
use super::text::{grouped, is_zero, notes, numbers, signed, signed_count, verdict};

/// Rows of a table at most; the report as JSON has all.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "backtest.html")]
struct Page<'a> {
    report: &'a Report,
    verdict: String,
    numbers: Vec<Number>,
    histogram: Option<Histogram>,
    offers: Vec<&'a OfferRow>,
    offers_left_out: usize,
    top: Vec<&'a CategoryRow>,
    categories: Vec<&'a CategoryRow>,
    categories_left_out: usize,
    largest: &'a [ReceiptChange],
    notes: Vec<String>,
    seconds: String,
}

/// One of the four numbers.
struct Number {
    name: String,
    amounts: Amounts,
    /// Up, down or the same, for its colour.
    class: &'static str,
}

/// For a browser, or to print.
pub fn page(report: &Report) -> askama::Result<String> {
    let number =
        |(name, amounts): (String, Amounts)| Number { name, class: class(&amounts.difference), amounts };
    let offers: Vec<&OfferRow> = report.offers.iter().filter(|offer| offer.changes()).collect();
    let categories = changing(&report.categories);
    Page {
        report,
        verdict: verdict(report),
        numbers: numbers(&report.totals, &report.currency).into_iter().map(number).collect(),
        histogram: histogram(report),
        offers_left_out: offers.len().saturating_sub(ROWS),
        offers: offers.into_iter().take(ROWS).collect(),
        top: changing(&report.top_categories),
        categories_left_out: categories.len().saturating_sub(ROWS),
        categories: categories.into_iter().take(ROWS).collect(),
        largest: &report.largest_changes,
        notes: notes(report),
        seconds: report.took_ms.div_ceil(1_000).to_string(),
    }
    .render()
}

fn changing(rows: &[CategoryRow]) -> Vec<&CategoryRow> {
    let changes = |row: &&CategoryRow| {
        let totals = &row.totals;
        [&totals.discount, &totals.points, &totals.payable]
            .iter()
            .any(|amounts| !is_zero(&amounts.difference))
    };
    rows.iter().filter(changes).collect()
}

fn class(difference: &str) -> &'static str {
    match difference {
        text if is_zero(text) => "same",
        text if text.starts_with('-') => "less",
        _ => "more",
    }
}
