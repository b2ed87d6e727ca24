//! The histogram: rows of a table with a bar each, so that a page of any width can show it.

use super::report::Report;
use super::text::{bounds, grouped};

/// Bars for receipts whose discount changes. Unchanged receipts have no bar, because it would dwarf the others;
/// `same` is their number as text.
pub(super) struct Histogram {
    pub bars: Vec<Bar>,
    pub same: String,
}

/// Receipts with a change between two bounds.
pub(super) struct Bar {
    pub bounds: String,
    pub receipts: String,
    /// Which way it goes, for its colour.
    pub class: &'static str,
    /// Length in percent of the longest.
    pub percent: i64,
}

/// The histogram; `None` if no discount changes.
pub(super) fn histogram(report: &Report) -> Option<Histogram> {
    let zero = |bin: &&super::report::Bin| bounds(bin) == "0";
    let same = report.histogram.iter().find(zero).map_or(0, |bin| bin.receipts);
    let changing = report.histogram.iter().filter(|bin| !zero(bin));
    let most = changing.clone().map(|bin| bin.receipts).max().filter(|most| *most > 0)?;
    let bars = changing.map(|bin| {
        let is_less = bin.from.starts_with('-') || bin.to.as_ref().is_some_and(|to| to.starts_with('-'));
        Bar {
            bounds: bounds(bin),
            receipts: grouped(&bin.receipts.to_string()),
            class: if is_less { "less" } else { "more" },
            percent: percent(bin.receipts, most),
        }
    });
    Some(Histogram { bars: bars.collect(), same: grouped(&same.to_string()) })
}

/// Length of a bar; any other than zero has at least 1 percent.
fn percent(receipts: i64, most: i64) -> i64 {
    let percent = receipts.saturating_mul(100).checked_div(most).unwrap_or(0);
    if receipts > 0 { percent.max(1) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_receipts_are_seen_beside_many() {
        assert_eq!([0, 1, 500, 1_000].map(|receipts| percent(receipts, 1_000)), [0, 1, 50, 100]);
    }
}
