//! The number of members that a comparison needs before its difference is told from chance.
//!
//! A difference `d` with variance `v` among `N` members is found at the 5 % level, two-sided, with 80 % power among
//! `N · (z₀.₉₇₅ + z₀.₈)² · v / d²` members who are split alike, since variances fall as numbers grow. Chow, Shao, Wang:
//! Sample Size Calculations in Clinical Research (2nd edition, 2008), tests for equality of two means (section 3.2.1: `(z +
//! z)² σ² (1 + 1/k) / d²` members of one side, and `k` times as many of the other) and of two shares (section 4.2.1).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::statistics::{Ratio, Sample, Share, Z};

/// The power in percent: how often a difference of this size is found.
pub(super) const POWER_PERCENT: &str = "80";

/// The one-sided 80 % quantile of the normal distribution, 0.841621.
const Z_OF_POWER: Decimal = Decimal::from_parts(841_621, 0, 0, false, 6);

/// Members in all who are needed to tell the difference of two means, if it stays as it is. `None` if there is no
/// difference.
pub(super) fn for_means(first: &Sample, second: &Sample, members: i64) -> Option<i64> {
    let difference = first.mean()?.checked_sub(second.mean()?)?;
    let variance = first.variance_of_mean()?.checked_add(second.variance_of_mean()?)?;
    needed(difference, variance, members)
}

/// As [`for_means`], of two shares.
pub(super) fn for_shares(first: Share, second: Share, members: i64) -> Option<i64> {
    let difference = first.value()?.checked_sub(second.value()?)?;
    let variance = first.variance()?.checked_add(second.variance()?)?;
    needed(difference, variance, members)
}

/// As [`for_means`], of two ratios.
pub(super) fn for_ratios(first: &Ratio, second: &Ratio, members: i64) -> Option<i64> {
    let difference = first.value()?.checked_sub(second.value()?)?;
    let variance = first.variance()?.checked_add(second.variance()?)?;
    needed(difference, variance, members)
}

fn needed(difference: Decimal, variance: Decimal, members: i64) -> Option<i64> {
    let quantiles = Z.checked_add(Z_OF_POWER)?;
    // Divided before it is multiplied: squares of money may leave the range of a decimal.
    let spread = variance.checked_div(difference)?.checked_div(difference)?;
    let times = quantiles.checked_mul(quantiles)?.checked_mul(spread)?;
    times.checked_mul(Decimal::from(members))?.ceil().to_i64()
}

#[cfg(test)]
mod tests {
    use rust_decimal::prelude::FromPrimitive as _;
    use statrs::distribution::{ContinuousCDF as _, Normal};

    use super::*;

    #[test]
    fn the_power_is_the_quantile() {
        let quantile = Decimal::from_f64(Normal::standard().inverse_cdf(0.8)).expect("a number");
        assert_eq!(quantile.round_dp(6), Z_OF_POWER);
    }

    #[test]
    fn twice_the_spread_needs_four_times_the_members() {
        // Two sides of 10 each, means 11 and 10, s² = 10/9: v = 2/9, 20 · 7.848879 · 2/9 = 34.88.
        let sample = |middle: i64, spread: i64| {
            let mut sample = Sample::default();
            (0..10).for_each(|number| sample.add(middle + if number % 2 == 0 { spread } else { -spread }));
            sample
        };
        assert_eq!(for_means(&sample(11, 1), &sample(10, 1), 20), Some(35));
        assert_eq!(for_means(&sample(11, 2), &sample(10, 2), 20), Some(140));
        assert_eq!(for_means(&sample(10, 1), &sample(10, 1), 20), None, "no difference");
        assert_eq!(for_means(&sample(11, 0), &sample(10, 0), 20), Some(0), "no doubt");
    }

    #[test]
    fn shares_need_what_the_formula_says() {
        // (z + z)² (0.65 · 0.35 + 0.85 · 0.15) / 0.2² = 69.66 of each side.
        let share = |some| Share { some, all: 100 };
        assert_eq!(for_shares(share(65), share(85), 200), Some(140));
        assert_eq!(for_shares(share(65), share(65), 200), None);
    }
}
