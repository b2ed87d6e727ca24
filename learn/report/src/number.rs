//! Numbers as people read them.
//!
//! Outcomes of 0 and 1 are written in percent of rows, and their differences in percentage points; any other
//! outcome in its own unit.

use std::fmt::{self, Display, Formatter};

use choose::{Interval, Verdict};

/// What stands for a number that is not there.
pub(crate) const UNKNOWN: &str = "–";

/// A figure and, where it has one, its interval.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) estimate: String,
    pub(crate) interval: Option<String>,
}

impl Figure {
    /// A text in the place of a figure.
    pub(crate) fn text(text: &str) -> Self {
        Self { estimate: text.to_owned(), interval: None }
    }
}

/// For the card: the estimate, and the interval in parentheses.
impl Display for Figure {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.interval {
            Some(interval) => write!(out, "{} ({interval})", self.estimate),
            None => write!(out, "{}", self.estimate),
        }
    }
}

/// How outcomes, costs and values are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    percent: bool,
    digits: usize,
}

impl Units {
    /// Enough digits for differences to show.
    pub(crate) fn new(verdict: &Verdict) -> Self {
        let percent = verdict.experiment.binary;
        let values = verdict.competitors.iter().map(|competitor| competitor.report.value.estimate.abs());
        let largest =
            values.chain(verdict.arms.iter().map(|arm| arm.mean.estimate.abs())).fold(0.0, f64::max);
        let largest = if percent { largest * 100.0 } else { largest };
        let digits = match largest {
            large if large >= 1e5 => 0,
            large if large >= 10.0 => 2,
            large if large >= 1.0 => 3,
            _ => 4,
        };
        Self { percent, digits: if percent { digits.max(2) } else { digits } }
    }

    /// A mean, a cost or a value, with its unit.
    pub(crate) fn amount(self, value: f64) -> String {
        let text = fixed(self.inner(value), self.digits);
        if self.percent && text != UNKNOWN { format!("{text} %") } else { text }
    }

    /// A difference with its sign and its unit.
    pub(crate) fn change(self, value: f64) -> String {
        let text = self.signed(value);
        if self.percent && text != UNKNOWN { format!("{text} points") } else { text }
    }

    pub(crate) fn signed(self, value: f64) -> String {
        signed(self.inner(value), self.digits)
    }

    /// From and to, of amounts.
    pub(crate) fn between(self, interval: Interval) -> String {
        format!("{} to {}", fixed(self.inner(interval.low), self.digits), self.amount(interval.high))
    }

    /// From and to, of differences.
    pub(crate) fn between_changes(self, interval: Interval) -> String {
        format!("{} to {}", self.signed(interval.low), self.change(interval.high))
    }

    /// A mean, a cost or a value with its interval.
    pub(crate) fn amount_figure(self, interval: Interval) -> Figure {
        Figure { estimate: self.amount(interval.estimate), interval: Some(self.between(interval)) }
    }

    /// A difference with its interval.
    pub(crate) fn change_figure(self, interval: Interval) -> Figure {
        let ends = format!("{} to {}", self.signed(interval.low), self.signed(interval.high));
        Figure { estimate: self.change(interval.estimate), interval: Some(ends) }
    }

    /// A mark on an axis, short.
    pub(crate) fn tick(self, value: f64) -> String {
        let text = short(self.inner(value));
        if self.percent { format!("{text} %") } else { text }
    }

    /// The same on an axis of differences.
    pub(crate) fn change_tick(self, value: f64) -> String {
        let text = short(self.inner(value));
        if value > 0.0 { format!("+{text}") } else { text }
    }

    /// A figure of a curve, such as a Qini value: always in the unit of the outcome.
    pub(crate) fn area_figure(self, interval: Interval) -> Figure {
        let area = |value| fixed(value, if self.percent { 5 } else { self.digits.saturating_add(1) });
        let ends = format!("{} to {}", area(interval.low), area(interval.high));
        Figure { estimate: area(interval.estimate), interval: Some(ends) }
    }

    fn inner(self, value: f64) -> f64 {
        if self.percent { value * 100.0 } else { value }
    }
}

/// A number with so many digits after the point; never a negative zero.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|byte| matches!(byte, b'0' | b'.')) => zero.to_owned(),
        _ => text,
    }
}

/// As [`fixed`], with a sign unless it is zero.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    let text = fixed(value, digits);
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value > 0.0 && value.is_finite() && !is_zero { format!("+{text}") } else { text }
}

/// A share as a percentage.
pub(crate) fn percent(share: f64, digits: usize) -> String {
    let text = fixed(share * 100.0, digits);
    if text == UNKNOWN { text } else { format!("{text} %") }
}

/// A number of at most seven characters.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => UNKNOWN.to_owned(),
        _ if size >= 1e12 => format!("{value:.0e}"),
        _ if size >= 1e9 => format!("{}G", fixed(value / 1e9, 1)),
        _ if size >= 1e6 => format!("{}M", fixed(value / 1e6, 1)),
        _ if size >= 1e4 => format!("{}k", fixed(value / 1e3, 1)),
        _ if size >= 100.0 => fixed(value, 0),
        _ if size >= 10.0 => fixed(value, 1),
        _ if size >= 0.1 || size <= 0.0 => fixed(value, 2),
        _ if size >= 0.001 => fixed(value, 4),
        _ => format!("{value:.0e}"),
    }
}

/// A count with commas between thousands.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(fixed(-0.0004, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), UNKNOWN);
        assert_eq!(signed(0.0449, 2), "+0.04");
        assert_eq!(signed(0.004, 2), "0.00");
        assert_eq!(signed(-1.5, 1), "-1.5");
        assert_eq!(percent(0.12345, 1), "12.3 %");
        for (value, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (38_333, "38,333"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(value), text);
        }
    }

    #[test]
    fn marks_on_an_axis_are_short() {
        for value in
            [0.0, 0.000_012_3, 0.0123, 0.5, 12.34, 567.8, 12_345.6, -999_999.0, 1.5e8, -2.5e11, 1e300]
        {
            let text = short(value);
            assert!(text.len() <= 8, "{text}");
        }
    }
}
