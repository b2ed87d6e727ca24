//! The numbers of runs, as tables for `docs/performance.md`.

use std::time::Duration;

use domain::decimal::format_scaled;

use super::Report;

/// Median and 99th percentile of the times of calls.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub p50: Duration,
    pub p99: Duration,
}

impl Spread {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }
}

/// One row for each run.
pub fn speed(reports: &[Report]) -> String {
    let mut text = String::from(
        "| clients | purchases/s | calculate p50 | p99 | confirm p50 | p99 | return p50 | p99 |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for report in reports {
        let per_second = per_second(report.totals.purchases, report.took);
        let cells = [report.calculate, report.confirm, report.returns]
            .map(|spread| format!("{} | {}", milliseconds(spread.p50), milliseconds(spread.p99)))
            .join(" | ");
        text += &format!("| {} | {per_second} | {cells} |\n", report.clients);
    }
    text
}

/// Sums of purchases and returns, and the points that are left.
pub fn totals(report: &Report) -> String {
    let totals = &report.totals;
    let amount = |cents| format_scaled(cents, 2);
    let row = |what: &str, count: usize, sums: &super::Sums| {
        format!(
            "| {what} | {count} | {} | {} | {} | {} | {} | {} |\n",
            amount(sums.amount),
            amount(sums.discount),
            amount(sums.points_paid),
            amount(sums.payable),
            amount(sums.points_earned),
            amount(sums.points_spent)
        )
    };
    let mut text = String::from(
        "| | receipts | amount | discount | paid with points | paid in money | points earned | points spent |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    text += &row("purchases", totals.purchases, &totals.sold);
    text += &row("returns", totals.returns, &totals.returned);
    text + &format!("\nPoints left: {}\n", amount(totals.points_left))
}

/// Count per second.
pub fn per_second(count: usize, took: Duration) -> u128 {
    u128::try_from(count).unwrap_or_default() * 1_000_000 / took.as_micros().max(1)
}

pub(crate) fn milliseconds(time: Duration) -> String {
    let hundredths = (time.as_micros() + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
