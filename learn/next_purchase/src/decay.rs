//! Weights that halve every so many days, as integers.

/// Weight of a purchase of today.
pub(crate) const ONE: u64 = 1_000_000;

/// One in the fixed point that powers are taken in.
const FIXED: u64 = 1 << 31;

/// Half-lives in days of the decayed sums, in their order.
pub(crate) const HALF_LIVES: [u32; 4] = [14, 30, 60, 120];

/// The positions of half-lives that are used one by one.
pub(crate) const MONTH: usize = 1;
pub(crate) const TWO_MONTHS: usize = 2;
pub(crate) const SEASON: usize = 3;

/// Weights by age in days for each of [`HALF_LIVES`].
#[derive(Clone, Debug)]
pub(crate) struct Decay([Vec<u64>; HALF_LIVES.len()]);

impl Decay {
    /// Tables for ages of `0..=days`.
    pub(crate) fn new(days: u32) -> Self {
        Self(HALF_LIVES.map(|half_life| table(half_life, days)))
    }

    /// The weights of a purchase of some age; 0 beyond the tables.
    pub(crate) fn weights(&self, age: u32) -> [u64; HALF_LIVES.len()] {
        self.0.each_ref().map(|table| crate::slots::at(table, age))
    }
}

fn table(half_life: u32, days: u32) -> Vec<u64> {
    let ratio = ratio(half_life);
    let mut weight = FIXED;
    let mut weights = Vec::new();
    for _ in 0..=days {
        weights.push((weight * ONE) >> 31);
        weight = times(weight, ratio);
    }
    weights
}

/// The smallest daily factor that leaves at least a half after a half-life.
fn ratio(half_life: u32) -> u64 {
    let (mut below, mut enough) = (0, FIXED);
    while enough - below > 1 {
        let middle = below.midpoint(enough);
        let left = (0..half_life).fold(FIXED, |left, _| times(left, middle));
        if left >= FIXED / 2 { enough = middle } else { below = middle }
    }
    enough
}

fn times(one: u64, other: u64) -> u64 {
    (one * other) >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_halve_every_half_life() {
        let decay = Decay::new(365);
        assert_eq!(decay.weights(0), [ONE; HALF_LIVES.len()]);
        for (place, half_life) in HALF_LIVES.into_iter().enumerate() {
            let at = |age: u32| decay.weights(age)[place];
            assert!(at(half_life).abs_diff(ONE / 2) <= 1, "{half_life}: {}", at(half_life));
            assert!(at(2 * half_life).abs_diff(ONE / 4) <= 1, "{half_life}: {}", at(2 * half_life));
            assert!((0..365).all(|age| at(age) > at(age + 1) || at(age) < 100), "{half_life}");
            assert!((0..365).all(|age| at(age) >= at(age + 1)), "{half_life}");
        }
        assert_eq!(decay.weights(366), [0; HALF_LIVES.len()]);
    }
}
