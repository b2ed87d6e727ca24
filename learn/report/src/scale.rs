//! Where a number stands in a drawing.

use std::fmt::{self, Display, Formatter};

/// A place in a drawing, in the units of its `viewBox`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place(pub(crate) f64);

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let value = if self.0.is_finite() { self.0 } else { 0.0 };
        // Adding zero takes the sign off a negative zero.
        write!(out, "{:.1}", (value * 10.0).round() / 10.0 + 0.0)
    }
}

/// Numbers from `low` to `high` stand at `from` to `to`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale that holds all of `values` that are finite, with a margin of a twentieth on both sides.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 0.0) };
        let room = if high > low { (high - low) / 20.0 } else { low.abs().max(0.1) / 10.0 };
        Self { low: low - room, high: high + room, from, to }
    }

    /// A scale from `low` to `high`, without a margin.
    pub(crate) fn exact(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high, from, to }
    }

    /// Where a number stands; at the nearer end if it is outside.
    pub(crate) fn at(&self, value: f64) -> Place {
        let part = (value - self.low) / (self.high - self.low);
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        Place(self.from + part * (self.to - self.from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_between_the_ends() {
        let scale = Scale::exact(10.0, 20.0, 100.0, 0.0);
        let places = [10.0, 15.0, 20.0, 30.0, f64::NAN].map(|value| scale.at(value).to_string());
        assert_eq!(places, ["100.0", "50.0", "0.0", "0.0", "100.0"]);
        let scale = Scale::around([1.0, 3.0, f64::NAN], 0.0, 110.0);
        assert_eq!([1.0, 2.0, 3.0].map(|value| scale.at(value).to_string()), ["5.0", "55.0", "105.0"]);
        assert_eq!(Scale::around([], 0.0, 100.0).at(0.0).to_string(), "50.0");
        assert_eq!(Place(-0.01).to_string(), "0.0");
    }
}
