//! The histogram: where everything stands on the page, in whole pixels.

use super::report::Report;
use super::text::{bounds, grouped};

/// Where the bars stand, and how high they may be.
const GROUND: i64 = 210;
const HEIGHT: i64 = 170;
const LEFT: i64 = 20;
const PITCH: i64 = 86;
const BAR_WIDTH: i64 = 62;

/// Bars for receipts whose discount changes. Unchanged receipts have no bar, because it would dwarf the others;
/// `same` is their number as text.
pub(super) struct Histogram {
    pub bars: Vec<Bar>,
    pub width: i64,
    pub same: String,
}

/// Receipts with a change between two bounds.
pub(super) struct Bar {
    pub bounds: String,
    pub receipts: String,
    /// Which way it goes, for its colour.
    pub class: &'static str,
    pub x: i64,
    pub y: i64,
    pub height: i64,
    pub middle: i64,
    pub label_y: i64,
}

impl Bar {
    pub(super) fn width(&self) -> i64 {
        BAR_WIDTH
    }
}

/// The histogram; `None` if no discount changes.
pub(super) fn histogram(report: &Report) -> Option<Histogram> {
    let zero = |bin: &&super::report::Bin| bounds(bin) == "0";
    let same = report.histogram.iter().find(zero).map_or(0, |bin| bin.receipts);
    let changing = report.histogram.iter().filter(|bin| !zero(bin));
    let most = changing.clone().map(|bin| bin.receipts).max().filter(|most| *most > 0)?;
    let bars = changing.zip(0_i64..).map(|(bin, number)| {
        let height = pixels(bin.receipts, most);
        let x = LEFT.saturating_add(PITCH.saturating_mul(number));
        let y = GROUND.saturating_sub(height);
        let is_less = bin.from.starts_with('-') || bin.to.as_ref().is_some_and(|to| to.starts_with('-'));
        Bar {
            bounds: bounds(bin),
            receipts: grouped(&bin.receipts.to_string()),
            class: if is_less { "less" } else { "more" },
            x,
            y,
            height,
            middle: x.saturating_add(BAR_WIDTH / 2),
            label_y: y.saturating_sub(7),
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let count = i64::try_from(bars.len()).unwrap_or(0);
    let width = LEFT.saturating_mul(2).saturating_add(PITCH.saturating_mul(count));
    Some(Histogram { bars, width, same: grouped(&same.to_string()) })
}

/// Height in pixels; the largest bar has `HEIGHT`, any other than zero at least 1.
fn pixels(receipts: i64, most: i64) -> i64 {
    let height = receipts.saturating_mul(HEIGHT).checked_div(most).unwrap_or(0);
    if receipts > 0 { height.max(1) } else { 0 }
}
