//! Means, shares and ratios with 95 % confidence intervals, in exact decimals.
//!
//! An estimate is `None` if there is no honest one: for fewer than two members, or if sums leave the range of a
//! decimal.

use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use rust_decimal::{Decimal, MathematicalOps as _};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The two-sided 95 % quantile of the normal distribution, 1.959964.
pub(super) const Z: Decimal = Decimal::from_parts(1_959_964, 0, 0, false, 6);

/// The largest number of degrees of freedom that tables have a row of its own for.
const TABLE: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// The number of degrees of freedom beyond which the quantile is computed by its expansion.
const SERIES: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// An estimated value with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The point estimate.
    pub value: Decimal,
    /// The lower end.
    pub low: Decimal,
    /// The upper end.
    pub high: Decimal,
}

impl Estimate {
    /// `value ± quantile · √variance`.
    fn new(value: Decimal, variance: Decimal, quantile: Decimal) -> Option<Self> {
        let margin = variance.max(Decimal::ZERO).sqrt()?.checked_mul(quantile)?;
        Some(Self { value, low: value.checked_sub(margin)?, high: value.checked_add(margin)? })
    }

    /// The estimate in percent.
    pub fn percent(self) -> Option<Self> {
        self.times(Decimal::ONE_HUNDRED)
    }

    /// True if the interval does not have zero in it: the value is told from chance.
    pub fn is_clear(&self) -> bool {
        self.low > Decimal::ZERO || self.high < Decimal::ZERO
    }

    /// The estimate of so many times the value.
    pub fn times(self, factor: Decimal) -> Option<Self> {
        Some(Self {
            value: self.value.checked_mul(factor)?,
            low: self.low.checked_mul(factor)?,
            high: self.high.checked_mul(factor)?,
        })
    }
}

/// The members of a group who did something, and all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Number of those who did.
    pub some: i64,
    /// Number of all.
    pub all: i64,
}

impl Share {
    /// `(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`, the score interval, which is honest about few members and
    /// about nobody: 0 of 2 may be up to two thirds. Wilson: Probable inference, the law of succession, and statistical
    /// inference, JASA 22 (1927). `statrs` has no interval of shares.
    pub fn estimate(self) -> Option<Estimate> {
        let value = self.value().filter(|_| self.all >= 2)?;
        let count = Decimal::from(self.all);
        let weight = Z.checked_mul(Z)?.checked_div(count)?;
        let spread = value.checked_mul(Decimal::ONE.checked_sub(value)?)?.checked_div(count)?;
        let uncertainty = weight.checked_div(count.checked_mul(Decimal::from(4))?)?;
        let margin = spread.checked_add(uncertainty)?.max(Decimal::ZERO).sqrt()?.checked_mul(Z)?;
        let middle = value.checked_add(weight.checked_div(Decimal::TWO)?)?;
        let scale = Decimal::ONE.checked_add(weight)?;
        let low = middle.checked_sub(margin)?.checked_div(scale)?;
        let high = middle.checked_add(margin)?.checked_div(scale)?;
        // The value lies within, also after the rounding of roots.
        Some(Estimate {
            value,
            low: low.max(Decimal::ZERO).min(value),
            high: high.min(Decimal::ONE).max(value),
        })
    }

    pub(super) fn value(self) -> Option<Decimal> {
        Decimal::from(self.some).checked_div(Decimal::from(self.all))
    }

    /// `p(1 − p)/n`, the variance of the share.
    pub(super) fn variance(self) -> Option<Decimal> {
        let value = self.value()?;
        value.checked_mul(Decimal::ONE.checked_sub(value)?)?.checked_div(Decimal::from(self.all))
    }
}

/// A sample of one value for each member: number, sum, and sum of squares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    count: i64,
    sum: i128,
    squares: i128,
}

impl Sample {
    /// Adds a member.
    pub fn add(&mut self, value: i64) {
        let value = i128::from(value);
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(value);
        self.squares = self.squares.saturating_add(value.saturating_mul(value));
    }

    /// The sum of all values.
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// `x̄ ± t s/√n`, with Student's t for n − 1 degrees of freedom.
    pub fn estimate(&self) -> Option<Estimate> {
        let freedom = Decimal::from(self.count.checked_sub(1)?);
        Estimate::new(self.mean()?, self.variance_of_mean()?, student(freedom)?)
    }

    pub(super) fn mean(&self) -> Option<Decimal> {
        quotient(self.sum, i128::from(self.count))
    }

    /// `s²/n`, where `s² = (Σx² − (Σx)²/n)/(n − 1)`.
    pub(super) fn variance_of_mean(&self) -> Option<Decimal> {
        let count = i128::from(self.count);
        let deviation = count.checked_mul(self.squares)?.checked_sub(self.sum.checked_mul(self.sum)?)?;
        let freedom = count.checked_sub(1).filter(|freedom| *freedom > 0)?;
        quotient(deviation, count.checked_mul(freedom)?)?.checked_div(decimal(count)?)
    }
}

/// Two values for each member whose sums are divided, as money by receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ratio {
    count: i64,
    below: i128,
    above: i128,
    below_squares: i128,
    products: i128,
    above_squares: i128,
}

impl Ratio {
    /// Adds a member.
    pub fn add(&mut self, above: i64, below: i64) {
        let (above, below) = (i128::from(above), i128::from(below));
        self.count = self.count.saturating_add(1);
        self.above = self.above.saturating_add(above);
        self.below = self.below.saturating_add(below);
        self.above_squares = self.above_squares.saturating_add(above.saturating_mul(above));
        self.products = self.products.saturating_add(above.saturating_mul(below));
        self.below_squares = self.below_squares.saturating_add(below.saturating_mul(below));
    }

    /// `r ± z √var(r)`, see `Ratio::variance`.
    pub fn estimate(&self) -> Option<Estimate> {
        Estimate::new(self.value()?, self.variance()?, Z)
    }

    pub(super) fn value(&self) -> Option<Decimal> {
        quotient(self.above, self.below)
    }

    /// `var(r) = Σ(y − r x)² / (n − 1) / (n x̄²)` for `r = Σy / Σx` over members: the delta method, for
    /// receipts of one member are no independent draws. Deng, Knoblich, Lu: Applying the Delta Method
    /// in Metric Analytics, KDD 2018, §3.
    pub(super) fn variance(&self) -> Option<Decimal> {
        let (ratio, count) = (self.value()?, Decimal::from(self.count));
        let cross = ratio.checked_mul(decimal(self.products)?)?.checked_mul(Decimal::TWO)?;
        let square = ratio.checked_mul(ratio)?.checked_mul(decimal(self.below_squares)?)?;
        let residuals = decimal(self.above_squares)?.checked_sub(cross)?.checked_add(square)?;
        let freedom = self.count.checked_sub(1).filter(|freedom| *freedom > 0)?;
        let mean = decimal(self.below)?.checked_div(count)?;
        let below = count.checked_mul(mean.checked_mul(mean)?)?;
        residuals.checked_div(Decimal::from(freedom))?.checked_div(below)
    }
}

/// From `d − √((p₁ − l₁)² + (u₂ − p₂)²)` to `d + √((u₁ − p₁)² + (p₂ − l₂)²)`, where `d = p₁ − p₂`, and `l` and `u` are
/// the ends of each share's score interval. Newcombe: Interval estimation for the difference between independent
/// proportions, Statistics in Medicine 17 (1998), method 10.
pub fn difference_of_shares(first: Share, second: Share) -> Option<Estimate> {
    let (first, second) = (first.estimate()?, second.estimate()?);
    let value = first.value.checked_sub(second.value)?;
    let distance =
        |one: Decimal, other: Decimal| one.checked_mul(one)?.checked_add(other.checked_mul(other)?)?.sqrt();
    let below = distance(first.value.checked_sub(first.low)?, second.high.checked_sub(second.value)?)?;
    let above = distance(first.high.checked_sub(first.value)?, second.value.checked_sub(second.low)?)?;
    Some(Estimate { value, low: value.checked_sub(below)?, high: value.checked_add(above)? })
}

/// `x̄₁ − x̄₂ ± t √(s₁²/n₁ + s₂²/n₂)`, with the degrees of freedom of Welch and Satterthwaite. Welch:
/// The generalization of Student's problem when several different population variances are involved,
/// Biometrika 34 (1947).
pub fn difference_of_means(first: &Sample, second: &Sample) -> Option<Estimate> {
    let (one, other) = (first.variance_of_mean()?, second.variance_of_mean()?);
    let variance = one.checked_add(other)?;
    let quantile = student(degrees_of_freedom((one, first.count), (other, second.count))?)?;
    Estimate::new(first.mean()?.checked_sub(second.mean()?)?, variance, quantile)
}

/// `r − 1 ± z √(v₁/x̄₂² + r² v₂/x̄₂²)` for `r = x̄₁ / x̄₂` and `v = s²/n`: how much larger the first mean
/// is in proportion to the second, by the delta method; see `Ratio::variance` for the source.
pub fn relative_difference_of_means(first: &Sample, second: &Sample) -> Option<Estimate> {
    let (above, below) = (first.mean()?, second.mean().filter(|mean| *mean > Decimal::ZERO)?);
    let ratio = above.checked_div(below)?;
    let spread = ratio.checked_mul(ratio)?.checked_mul(second.variance_of_mean()?)?;
    let variance = first.variance_of_mean()?.checked_add(spread)?.checked_div(below.checked_mul(below)?)?;
    Estimate::new(ratio.checked_sub(Decimal::ONE)?, variance, Z)
}

/// `r₁ − r₂ ± z √(var(r₁) + var(r₂))`, see `Ratio::variance`.
pub fn difference_of_ratios(first: &Ratio, second: &Ratio) -> Option<Estimate> {
    let variance = first.variance()?.checked_add(second.variance()?)?;
    Estimate::new(first.value()?.checked_sub(second.value()?)?, variance, Z)
}

/// `(v₁ + v₂)² / (v₁²/(n₁ − 1) + v₂²/(n₂ − 1))`, without squares of large numbers.
fn degrees_of_freedom(first: (Decimal, i64), second: (Decimal, i64)) -> Option<Decimal> {
    let all = first.0.checked_add(second.0)?;
    if all.is_zero() {
        // Nothing varies: any quantile gives an interval of no width.
        return Some(Decimal::ONE);
    }
    let part = |(variance, count): (Decimal, i64)| {
        let weight = variance.checked_div(all)?;
        weight.checked_mul(weight)?.checked_div(Decimal::from(count.checked_sub(1)?))
    };
    Decimal::ONE.checked_div(part(first)?.checked_add(part(second)?)?)
}

/// The two-sided 95 % quantile of Student's t: the inverse of its distribution function at 0.975 (NIST/SEMATECH
/// e-Handbook of Statistical Methods, 1.3.6.6.4 and 1.3.6.7.2).
///
/// Up to [`TABLE`] degrees of freedom as tables print it: of the whole number below, which errs to the safe side, with
/// three places. Beyond [`SERIES`], where the library subtracts nearly equal floats, by its expansion around the normal
/// quantile: `z + (z³ + z)/4ν`, exact to seven places there (Abramowitz, Stegun: Handbook of Mathematical Functions,
/// 26.7.5). The quantile is the only float of a report: sums of squares need more digits than a float has.
fn student(freedom: Decimal) -> Option<Decimal> {
    if freedom > SERIES {
        return Z.checked_add(Decimal::new(2_372_271, 6).checked_div(freedom)?);
    }
    let quantile = |freedom: Decimal| {
        let student = StudentsT::new(0.0, 1.0, freedom.to_f64()?).ok()?;
        Decimal::from_f64(student.inverse_cdf(0.975))
    };
    if freedom <= TABLE {
        return quantile(freedom.floor().max(Decimal::ONE)).map(|found| found.round_dp(3));
    }
    quantile(freedom)
}

fn decimal(number: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(number, 0).ok()
}

/// Both may be larger than a decimal can be, as long as the quotient is not.
fn quotient(above: i128, below: i128) -> Option<Decimal> {
    let rest = decimal(above.checked_rem(below)?)?.checked_div(decimal(below)?)?;
    decimal(above.checked_div(below)?)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[i64]) -> Sample {
        let mut sample = Sample::default();
        values.iter().for_each(|value| sample.add(*value));
        sample
    }

    fn ratio(pairs: &[(i64, i64)]) -> Ratio {
        let mut ratio = Ratio::default();
        pairs.iter().for_each(|(above, below)| ratio.add(*above, *below));
        ratio
    }

    #[track_caller]
    fn assert_is(found: Option<Estimate>, expected: [&str; 3]) {
        let found = found.expect("enough members");
        let found = [found.value, found.low, found.high].map(|number| number.round_dp(4).normalize());
        assert_eq!(found.map(|number| number.to_string()), expected);
    }

    #[test]
    fn shares() {
        // The examples of Newcombe: Two-sided confidence intervals for the single proportion, Statistics in
        // Medicine 17 (1998), table I, method 3; and nobody of two.
        for (some, all, expected) in [
            (81, 263, ["0.308", "0.2553", "0.3662"]),
            (15, 148, ["0.1014", "0.0624", "0.1605"]),
            (0, 20, ["0", "0", "0.1611"]),
            (1, 29, ["0.0345", "0.0061", "0.1718"]),
            (0, 2, ["0", "0", "0.6576"]),
            (2, 2, ["1", "0.3424", "1"]),
        ] {
            assert_is(Share { some, all }.estimate(), expected);
        }
    }

    #[test]
    fn differences_of_shares() {
        // The examples of the paper that the method is from, table II.
        for (first, second, expected) in [
            ((56, 70), (48, 80), ["0.2", "0.0524", "0.3339"]),
            ((9, 10), (3, 10), ["0.6", "0.1705", "0.809"]),
            ((6, 7), (2, 7), ["0.5714", "0.0582", "0.8062"]),
            ((5, 56), (0, 29), ["0.0893", "-0.0381", "0.1926"]),
            ((0, 10), (0, 20), ["0", "-0.1611", "0.2775"]),
            ((10, 10), (0, 20), ["1", "0.6791", "1"]),
        ] {
            let share = |(some, all)| Share { some, all };
            assert_is(difference_of_shares(share(first), share(second)), expected);
        }
    }

    #[test]
    fn means() {
        // Means 25 and 15, s² = 500/3 and 100/3, v = 41.6667 and 8.3333.
        let (first, second) = (sample(&[10, 20, 30, 40]), sample(&[10, 10, 20, 20]));
        // Three degrees of freedom: 3.182 · √41.6667 = 3.182 · 6.454972 = 20.539722.
        assert_is(first.estimate(), ["25", "4.4603", "45.5397"]);
        // √50 = 7.071068; 50² / (41.6667²/3 + 8.3333²/3) = 4.1538, hence t = 2.776: 19.629285.
        assert_is(difference_of_means(&first, &second), ["10", "-9.6293", "29.6293"]);
        // r = 5/3; √(41.6667/225 + 25/9 · 8.3333/225) = √0.288066 = 0.536718, times z = 1.051948.
        assert_is(relative_difference_of_means(&first, &second), ["0.6667", "-0.3853", "1.7186"]);
        assert_is(difference_of_means(&sample(&[7, 7]), &sample(&[5, 5])), ["2", "2", "2"]);
    }

    #[test]
    fn ratios() {
        // 60/4 = 15; y − 15x is −5, 0, 0, 5; 50/3/(4 · 1²) = 4.166667, √ = 2.041241, times z = 4.000759.
        let first = ratio(&[(10, 1), (30, 2), (0, 0), (20, 1)]);
        assert_is(first.estimate(), ["15", "10.9992", "19.0008"]);
        // 30/3 = 10; y − 10x is 2, −2, 0; 8/2/(3 · 1²) = 1.333333.
        let second = ratio(&[(12, 1), (8, 1), (10, 1)]);
        // √(4.166667 + 1.333333) = √5.5 = 2.345208, times z = 4.596523.
        assert_is(difference_of_ratios(&first, &second), ["5", "0.4035", "9.5965"]);
    }

    #[test]
    fn quantiles_of_student() {
        for (freedom, expected) in [
            ("0.9", "12.706"),
            ("2", "4.303"),
            ("10.5", "2.228"),
            ("1", "12.706"),
            ("4.99", "2.776"),
            ("30", "2.042"),
            ("40", "2.0210"),
            ("60", "2.0003"),
            ("120", "1.9799"),
            ("10000", "1.9602"),
            ("10001", "1.9602"),
        ] {
            let quantile = student(freedom.parse().expect("a number")).expect("a quantile");
            let wanted: Decimal = expected.parse().expect("a number");
            assert!((quantile - wanted).abs() <= Decimal::new(1, 4), "{freedom}: {quantile}");
        }
    }

    #[test]
    fn nothing_is_made_up() {
        assert_eq!(Share { some: 1, all: 1 }.estimate(), None);
        assert_eq!(sample(&[5]).estimate(), None);
        assert_eq!(difference_of_means(&sample(&[1, 2]), &sample(&[3])), None);
        assert_eq!(relative_difference_of_means(&sample(&[1, 2]), &sample(&[0, 0])), None);
        assert_eq!(ratio(&[(0, 0), (0, 0)]).estimate(), None, "nobody bought");
        let huge = sample(&[i64::MAX, i64::MIN, 0]);
        assert_eq!(huge.estimate(), None, "beyond what a decimal holds");
    }

    #[test]
    fn a_million_members_are_not_too_many() {
        let mut sample = Sample::default();
        for number in 0..1_000_000_i64 {
            sample.add(number % 2 * 100_000_000);
        }
        // Half of 1,000,000.00 on average; s = 50,000,000.00 / √(1 − 1/n), √n = 1,000:
        // 1.959964 × 50,000.025.
        let found = sample.estimate().expect("it fits");
        assert_eq!(found.value, Decimal::from(50_000_000));
        assert_eq!((found.high - found.value).round_dp(0), Decimal::from(97_998));
    }
}
