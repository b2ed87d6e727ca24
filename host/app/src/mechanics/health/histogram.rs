//! How often which size occurred: whole numbers only, with an eighth of a power of two as the width of a
//! step, so that the same receipts give the same percentile on every machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(BTreeMap<u32, u64>);

impl Histogram {
    /// Notes a size.
    pub fn note(&mut self, size: u64) {
        let count = self.0.entry(step(size)).or_default();
        *count = count.saturating_add(1);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The size that this percentage of all do not exceed, rounded up to the end of its step; 0 if there
    /// are none.
    pub fn percentile(&self, percent: u64) -> u64 {
        let rank = self.count().saturating_mul(percent).div_ceil(100);
        let mut seen = 0_u64;
        for (step, count) in &self.0 {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                return end(*step);
            }
        }
        0
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        for (step, count) in &other.0 {
            let sum = self.0.entry(*step).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

/// Sizes below 8 have a step each; above, each power of two has 8.
fn step(size: u64) -> u32 {
    let power = size.checked_ilog2().unwrap_or(0);
    let Some(shift) = power.checked_sub(3) else { return u32::try_from(size).unwrap_or(0) };
    let eighth = u32::try_from(size >> shift).unwrap_or(0) & 7;
    power.saturating_sub(2).saturating_mul(8).saturating_add(eighth)
}

/// The largest size of a step.
fn end(step: u32) -> u64 {
    let Some(shift) = (step / 8).checked_sub(1) else { return u64::from(step) };
    let next = u64::from(step % 8).saturating_add(9);
    next.checked_shl(shift).unwrap_or(u64::MAX).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_in_its_step() {
        for size in (0..5_000).chain([1 << 20, (1 << 20) + 1, (1 << 40) - 1, 123_456_789_012]) {
            let end = end(step(size));
            assert!(end >= size && end <= size + size / 8, "{size}: {end}");
            assert_eq!(step(end), step(size), "{size}");
            assert_eq!(step(end + 1), step(size) + 1, "{size}");
        }
    }

    #[test]
    fn percentiles_are_ranks() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(99), 0);
        (1..=100).for_each(|_| histogram.note(5));
        histogram.note(7);
        assert_eq!(
            (histogram.percentile(50), histogram.percentile(99), histogram.percentile(100)),
            (5, 5, 7)
        );
    }
}
