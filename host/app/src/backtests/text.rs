//! The report as text, and the words that the page shares with it.

use super::report::{Amounts, Bin, Counts, OfferRow, Purchases, Report, Totals};
use crate::report::aligned;

/// Offers that are listed; the report as JSON has all.
const OFFERS: usize = 20;

/// The report as text for a terminal.
pub fn text(report: &Report) -> String {
    let mut lines = vec!["Back-test".to_owned()];
    lines.extend(report.changes.iter().cloned());
    lines.extend(priced(report));
    lines.push(verdict(report));
    lines.push(String::new());
    let header = ["", "live", "candidate", "difference"].map(str::to_owned);
    let rows =
        numbers(&report.totals, &report.currency).into_iter().map(|(name, amounts)| row(name, &amounts));
    lines.extend(aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>(), 1));
    lines.push(String::new());
    let header = ["offer", "receipts", "discount", "points"].map(str::to_owned);
    let changed: Vec<&OfferRow> = report.offers.iter().filter(|offer| offer.changes()).collect();
    let rows = changed
        .iter()
        .take(OFFERS)
        .map(|offer| [offer.offer.clone(), offer.fired.sign(), offer.discount.sign(), offer.points.sign()]);
    if changed.is_empty() {
        lines.push("no offer gives anything else".to_owned());
    } else {
        lines.extend(aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>(), 1));
    }
    if changed.len() > OFFERS {
        lines.push(format!("and {} more", changed.len().saturating_sub(OFFERS)));
    }
    lines.extend(notes(report).into_iter().map(|note| format!("\nnote: {note}")));
    lines.push(String::new());
    lines.join("\n")
}

fn row(name: String, amounts: &Amounts) -> [String; 4] {
    [name, amounts.is_now(), amounts.would_be(), amounts.sign()]
}

/// Discount, points earned, paid with points, paid in money: label and amounts.
pub(super) fn numbers(totals: &Totals, currency: &str) -> [(String, Amounts); 4] {
    [
        (format!("discount, {currency}"), totals.discount.clone()),
        ("points earned".to_owned(), totals.points.clone()),
        (format!("paid with points, {currency}"), totals.points_paid.clone()),
        (format!("paid in money, {currency}"), totals.payable.clone()),
    ]
}

/// The result in one sentence.
pub(super) fn verdict(report: &Report) -> String {
    let (changed, all) = (report.receipts_changed, report.receipts);
    if changed == 0 {
        return format!("No receipt of {} would have been priced otherwise.", grouped(&all.to_string()));
    }
    let receipts = format!("{} of {} receipts", grouped(&changed.to_string()), grouped(&all.to_string()));
    let discount = &report.totals.discount.difference;
    let given = match discount.strip_prefix('-') {
        Some(less) => format!("{} {} less discount", grouped(less), report.currency),
        None if is_zero(discount) => "the same discount in all".to_owned(),
        None => format!("{} {} more discount", grouped(discount), report.currency),
    };
    let points = &report.totals.points.difference;
    let points = match points.strip_prefix('-') {
        Some(less) => format!(", and {} points less", grouped(less)),
        None if is_zero(points) => String::new(),
        None => format!(", and {} points more", grouped(points)),
    };
    format!("{receipts} would have been priced otherwise: {given}{points}.")
}

/// The purchases that were priced, and their period.
pub(super) fn priced(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(from), Some(to)) = (&report.sold_from, &report.sold_to) {
        let receipts = grouped(&report.receipts.to_string());
        lines.push(format!("Priced: {receipts} receipts, sold from {from} to {to}."));
    }
    if let Some(Purchases { last, from, to, pos }) = &report.purchases {
        let mut chosen = format!("Chosen: the last {} confirmed purchases", grouped(&last.to_string()));
        chosen.extend(from.iter().map(|from| format!(" from {from} on")));
        chosen.extend(to.iter().map(|to| format!(" before {to}")));
        if !pos.is_empty() {
            chosen.push_str(&format!(" of {}", pos.join(", ")));
        }
        lines.push(format!("{chosen}."));
    }
    lines
}

/// Notes for the reader: faults, and limits of the comparison.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    for fault in &report.faults {
        let (name, version, outcome) = (&fault.mechanic, &fault.version, &fault.outcome);
        notes.push(format!("mechanic {name} {version} failed on {} receipts ({outcome})", fault.receipts));
    }
    notes.extend(report.outside_period.iter().map(|outside| {
        format!(
            "{} of {} receipts are outside the period of offer {}, and get nothing of it",
            outside.receipts, report.receipts, outside.offer
        )
    }));
    if report.receipts_not_sold.candidate > 0 {
        let receipts = report.receipts_not_sold.candidate;
        notes.push(format!("{receipts} receipts would be refused: an offer with `on_fault: fail` fails"));
    }
    if report.receipts_unreadable > 0 {
        notes.push(format!("{} receipts cannot be read", report.receipts_unreadable));
    }
    notes.extend(report.warnings.iter().map(|warning| format!("warning about the candidate: {warning}")));
    if report.receipts_approximated > 0 {
        notes.push(format!(
            "{} receipts have no recorded inputs: their members are taken as they are now",
            report.receipts_approximated
        ));
    }
    notes.extend(report.approximated.iter().cloned());
    notes
}

/// The bounds of a bin.
pub(super) fn bounds(bin: &Bin) -> String {
    let whole = |text: &str| text.split('.').next().unwrap_or(text).replace('-', "−");
    match &bin.to {
        None if bin.from.starts_with('-') => format!("≤ {}", whole(&bin.from)),
        None => format!("≥ {}", whole(&bin.from)),
        Some(to) if is_zero(to) && is_zero(&bin.from) => "0".to_owned(),
        Some(to) if is_zero(&bin.from) && to.starts_with('-') => format!("> {}", whole(to)),
        Some(to) if is_zero(&bin.from) => format!("< {}", whole(to)),
        Some(to) if to.starts_with('-') => format!("{} … {}", whole(to), whole(&bin.from)),
        Some(to) => format!("{} … {}", whole(&bin.from), whole(to)),
    }
}

impl OfferRow {
    pub(super) fn changes(&self) -> bool {
        self.fired.difference != 0 || !is_zero(&self.discount.difference) || !is_zero(&self.points.difference)
    }
}

impl Amounts {
    pub(super) fn is_now(&self) -> String {
        grouped(&self.baseline)
    }

    pub(super) fn would_be(&self) -> String {
        grouped(&self.candidate)
    }

    pub(super) fn sign(&self) -> String {
        signed(&self.difference)
    }

    /// Up, down or the same, for its colour.
    pub(super) fn class(&self) -> &'static str {
        class(&self.difference)
    }
}

impl Counts {
    pub(super) fn would_be(&self) -> String {
        grouped(&self.candidate.to_string())
    }

    pub(super) fn sign(&self) -> String {
        signed(&self.difference.to_string())
    }

    pub(super) fn class(&self) -> &'static str {
        class(&self.difference.to_string())
    }
}

fn class(difference: &str) -> &'static str {
    match difference {
        text if is_zero(text) => "same",
        text if text.starts_with('-') => "less",
        _ => "more",
    }
}

pub(super) fn is_zero(decimal: &str) -> bool {
    decimal.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
}

/// With its sign, unless it is zero.
pub(super) fn signed(decimal: &str) -> String {
    match decimal.strip_prefix('-') {
        Some(rest) => format!("−{}", grouped(rest)),
        None if is_zero(decimal) => grouped(decimal),
        None => format!("+{}", grouped(decimal)),
    }
}

/// With a thin space between thousands.
pub(super) fn grouped(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("−", digits));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len().saturating_sub(place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let written = ["0", "999", "1000", "-1234567.05", "0.00"].map(grouped);
        assert_eq!(written, ["0", "999", "1\u{202f}000", "−1\u{202f}234\u{202f}567.05", "0.00"]);
        assert_eq!(["0.00", "-0.50", "12000"].map(signed), ["0.00", "−0.50", "+12\u{202f}000"]);
    }

    #[test]
    fn bins_are_named_by_their_bounds() {
        let bin = |from: &str, to: Option<&str>| {
            bounds(&Bin { from: from.to_owned(), to: to.map(str::to_owned), receipts: 0 })
        };
        assert_eq!(bin("0.00", Some("0.00")), "0");
        assert_eq!(bin("0.00", Some("1.00")), "< 1");
        assert_eq!(bin("0.00", Some("-1.00")), "> −1");
        assert_eq!(bin("-5.00", Some("-10.00")), "−10 … −5");
        assert_eq!(bin("500.00", None), "≥ 500");
        assert_eq!(bin("-500.00", None), "≤ −500");
    }
}
