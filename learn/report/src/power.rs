//! How large a control group must be for an effect to be told from chance.
//!
//! Each of two arms needs `16 · v / δ²` rows to find a difference `δ` with 80 % power by a two-sided test at
//! the 5 % level (Lehr, Statistics in Medicine 11, 1992), where `v` is the variance of the outcome; for an
//! outcome of 0 and 1 that happens at the rate `p` it is `p (1 − p)`.

use choose::Verdict;

use crate::number::{UNKNOWN, Units, fixed};

/// Standard errors to each side of a 95 % interval.
const Z: f64 = 1.96;

/// How large groups must be.
pub(crate) struct Power {
    /// What the variance comes from, in words.
    pub(crate) basis: String,
    pub(crate) rows: Vec<Row>,
    /// Smallest effect that this experiment could find.
    pub(crate) smallest: String,
}

pub(crate) struct Row {
    pub(crate) effect: String,
    pub(crate) about: String,
    /// Rows of each arm.
    pub(crate) needed: String,
}

/// None if the control arm says nothing about the variance.
pub(crate) fn power(verdict: &Verdict, units: Units) -> Option<Power> {
    let control = verdict.arms.first()?;
    let rate = control.mean.estimate;
    let binary = verdict.experiment.binary;
    let (variance, basis) = if binary {
        let basis = format!("{} of rows of the control have the outcome", units.amount(rate));
        (rate * (1.0 - rate), basis)
    } else {
        let error = (control.mean.high - control.mean.low) / (2.0 * Z);
        let variance = error * error * number(verdict.experiment.rows) * control.propensity;
        let basis =
            format!("the outcome of the control varies by {} around its mean", units.amount(variance.sqrt()));
        (variance, basis)
    };
    if !(variance > 0.0 && variance.is_finite()) {
        return None;
    }
    let fewest = verdict.arms.iter().map(|arm| arm.rows).min().filter(|rows| *rows > 0)?;
    let rows = effects(verdict).into_iter().map(|(effect, about)| Row {
        effect: units.change(effect).trim_start_matches('+').to_owned(),
        about,
        needed: needed(variance, effect),
    });
    let smallest = units.change(4.0 * (variance / number(fewest)).sqrt());
    Some(Power { basis, rows: rows.collect(), smallest: smallest.trim_start_matches('+').to_owned() })
}

/// Effects worth a line, largest first.
fn effects(verdict: &Verdict) -> Vec<(f64, String)> {
    let mut effects: Vec<(f64, String)> = verdict
        .arms
        .iter()
        .filter_map(|arm| Some((arm.effect?.estimate.abs(), format!("as {} had here", arm.name))))
        .filter(|(effect, _)| *effect > 0.0 && effect.is_finite())
        .collect();
    let smallest = effects.iter().map(|(effect, _)| *effect).fold(f64::INFINITY, f64::min);
    if smallest.is_finite() {
        effects.push((smallest / 2.0, "half of the smallest effect here".to_owned()));
        effects.push((smallest / 4.0, "a quarter of it".to_owned()));
    }
    if verdict.experiment.binary {
        effects.push((0.005, "half a percentage point".to_owned()));
    }
    effects.sort_by(|a, b| b.0.total_cmp(&a.0));
    effects
}

/// Rounded up, with commas.
fn needed(variance: f64, effect: f64) -> String {
    // A billionth less, so that rounding noise does not make one row more of a whole number.
    let rows = (16.0 * variance / (effect * effect) * (1.0 - 1e-12)).ceil();
    if !rows.is_finite() || rows >= 1e15 {
        return UNKNOWN.to_owned();
    }
    fixed(rows, 0).parse().map_or_else(|_| UNKNOWN.to_owned(), crate::number::count)
}

/// A count as a float; all counts here are far below 2⁵³.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from u64 to f64")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_point_on_seventy_percent_needs_134_400_rows_of_each_arm() {
        assert_eq!(needed(0.7 * 0.3, 0.005), "134,400");
        assert_eq!(needed(0.25, 0.1), "400");
        assert_eq!(needed(0.25, 0.0), UNKNOWN);
    }
}
