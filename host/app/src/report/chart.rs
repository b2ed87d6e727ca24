//! Bars with whiskers: where everything stands on the page, in whole pixels.

use rust_decimal::Decimal;

use super::statistics::Estimate;

/// Where the bars stand, and how high they may be.
const GROUND: i64 = 220;
const HEIGHT: i64 = 160;
const BAR_WIDTH: i64 = 70;
const GAP: i64 = 50;
/// Characters of a label that surely fit beside each other.
const LABEL: usize = 12;

/// One number of both sides.
pub(super) struct Panel {
    pub title: String,
    pub bars: Vec<Bar>,
}

/// One side.
pub(super) struct Bar {
    pub name: &'static str,
    pub label: String,
    /// Of the side, for its colour.
    pub class: &'static str,
    pub x: i64,
    pub y: i64,
    pub height: i64,
    pub middle: i64,
    /// The ends of the whisker.
    pub top: i64,
    pub bottom: i64,
    pub label_y: i64,
}

impl Bar {
    pub(super) fn width(&self) -> i64 {
        BAR_WIDTH
    }

    /// The room of a label, less some space between two.
    pub(super) fn room(&self) -> i64 {
        BAR_WIDTH + GAP - 10
    }

    /// True if the label has to be squeezed into its room.
    pub(super) fn is_long(&self) -> bool {
        self.label.chars().count() > LABEL
    }
}

/// A panel, if both sides have a number.
pub(super) fn panel(
    title: String,
    sides: [(&'static str, &'static str, Option<Estimate>); 2],
    write: impl Fn(Decimal) -> String,
) -> Option<Panel> {
    let most = sides.iter().filter_map(|(_, _, estimate)| Some(estimate.as_ref()?.high)).max()?;
    let bars = sides.into_iter().zip(0..).map(|((name, class, estimate), number)| {
        let estimate = estimate?;
        let (x, height) =
            (GAP.saturating_add((BAR_WIDTH + GAP).saturating_mul(number)), pixels(estimate.value, most));
        let (top, bottom) = (GROUND - pixels(estimate.high, most), GROUND - pixels(estimate.low, most));
        Some(Bar {
            name,
            label: write(estimate.value),
            class,
            x,
            y: GROUND.saturating_sub(height),
            height,
            middle: x.saturating_add(BAR_WIDTH / 2),
            top,
            bottom,
            label_y: top.saturating_sub(10),
        })
    });
    Some(Panel { title, bars: bars.collect::<Option<_>>()? })
}

/// How high a value stands if the largest is as high as the chart. What is below zero is not shown.
fn pixels(value: Decimal, most: Decimal) -> i64 {
    let part = value.max(Decimal::ZERO).checked_div(most).unwrap_or_default();
    let height =
        part.checked_mul(Decimal::from(HEIGHT)).and_then(|height| i64::try_from(height.round()).ok());
    height.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_whisker_reaches_the_top() {
        let estimate = |value: i64, low: i64, high: i64| {
            Some(Estimate { value: value.into(), low: low.into(), high: high.into() })
        };
        let sides = [("a", "a", estimate(50, 20, 80)), ("b", "b", estimate(10, -5, 25))];
        let panel = panel("p".to_owned(), sides, |value| value.to_string()).expect("both have numbers");
        let place = |bar: &Bar| (bar.x, bar.y, bar.height, bar.top, bar.bottom);
        // 160 pixels are 80: 50 is 100, 20 is 40; 10 is 20, 25 is 50.
        assert_eq!(
            panel.bars.iter().map(place).collect::<Vec<_>>(),
            [(50, 120, 100, 60, 180), (170, 200, 20, 170, 220)]
        );
        let zero = [("a", "a", estimate(0, 0, 0)), ("b", "b", estimate(0, 0, 0))];
        let panel = super::panel("p".to_owned(), zero, |value| value.to_string()).expect("both have numbers");
        assert!(panel.bars.iter().all(|bar| bar.height == 0));
    }
}
