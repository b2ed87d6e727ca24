//! Prices: fractions that are compared exactly.

use std::cmp::Ordering;
use std::num::{NonZeroU64, NonZeroU128};

/// The number of buckets by which prices can be sorted coarsely: 9 bits of mantissa for each of 194 exponents.
pub(crate) const BUCKETS: usize = 194 * 512;

/// A price of at least 0: `whole + rest/of`, with `rest` below `of`. As a mixed number it can be compared
/// without an overflow whatever its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slope {
    whole: u128,
    rest: u64,
    of: NonZeroU64,
}

impl Slope {
    pub(crate) const ZERO: Self = Self { whole: 0, rest: 0, of: NonZeroU64::MIN };

    pub(crate) fn new(rise: u128, run: NonZeroU64) -> Self {
        if let Ok(rise) = u64::try_from(rise) {
            return Self { whole: u128::from(rise / run), rest: rise % run, of: run };
        }
        let wide = NonZeroU128::from(run);
        Self { whole: rise / wide, rest: u64::try_from(rise % wide).unwrap_or_default(), of: run }
    }

    /// A whole number.
    pub(crate) const fn whole(whole: u128) -> Self {
        Self { whole, rest: 0, of: NonZeroU64::MIN }
    }

    /// The price rounded down.
    pub(crate) const fn floor(self) -> u128 {
        self.whole
    }

    /// The bucket of a price, below [`BUCKETS`]: the place of its first bit, and the nine bits after it. Buckets
    /// never decrease with the price.
    pub(crate) fn bucket(self) -> usize {
        let (leading, exponent) = if self.whole >= 512 {
            let bits = 128 - self.whole.leading_zeros();
            (u64::try_from(self.whole >> bits.saturating_sub(10)).unwrap_or_default(), 64 + bits)
        } else if self.whole > 0 {
            let whole = u64::try_from(self.whole).unwrap_or_default();
            let scaled = (whole << 22) | ((self.rest << 22) / self.of);
            let bits = 64 - scaled.leading_zeros();
            (scaled >> bits.saturating_sub(10), (64 + bits).saturating_sub(22))
        } else if self.rest > 0 {
            let zeros = self.rest.leading_zeros();
            let scaled = (self.rest << zeros) / self.of;
            let bits = 64 - scaled.leading_zeros();
            (scaled >> bits.saturating_sub(10), (64 + bits).saturating_sub(zeros))
        } else {
            return 0;
        };
        let place = u64::from(exponent) * 512 + (leading & 511);
        usize::try_from(place).unwrap_or_default().min(BUCKETS - 1)
    }
}

impl Ord for Slope {
    fn cmp(&self, other: &Self) -> Ordering {
        self.whole.cmp(&other.whole).then_with(|| {
            let mine = u128::from(self.rest) * u128::from(other.of.get());
            let theirs = u128::from(other.rest) * u128::from(self.of.get());
            mine.cmp(&theirs)
        })
    }
}

impl PartialOrd for Slope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Slope {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Slope {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run() -> impl Strategy<Value = NonZeroU64> {
        (1_u64..1 << 41).prop_map(|run| NonZeroU64::new(run).unwrap())
    }

    fn rise() -> impl Strategy<Value = u128> {
        (0_u128..1 << 41, 0_u32..76).prop_map(|(rise, shift)| rise << shift)
    }

    proptest! {
        #[test]
        fn prices_compare_as_fractions_do(a in 0_u128..1 << 41, b in run(), c in 0_u128..1 << 41, d in run()) {
            let exact = (a * u128::from(d.get())).cmp(&(c * u128::from(b.get())));
            prop_assert_eq!(Slope::new(a, b).cmp(&Slope::new(c, d)), exact);
        }

        #[test]
        fn buckets_never_decrease_with_the_price(a in rise(), b in run(), c in rise(), d in run()) {
            let (one, other) = (Slope::new(a, b), Slope::new(c, d));
            let (low, high) = if one <= other { (one, other) } else { (other, one) };
            prop_assert!(low.bucket() <= high.bucket(), "{:?} {:?}", low, high);
            prop_assert!(high.bucket() < BUCKETS);
        }
    }
}
