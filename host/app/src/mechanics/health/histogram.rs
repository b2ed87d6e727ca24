//! A histogram of sizes in whole numbers. The width of a bucket is an eighth of a power of two, so that a
//! percentile is exact to 12.5 %, and the same receipts give the same percentile on every machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by bucket. Stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(BTreeMap<u32, u64>);

impl Histogram {
    /// Records a size.
    pub fn record(&mut self, size: u64) {
        let count = self.0.entry(bucket(size)).or_default();
        *count = count.saturating_add(1);
    }

    /// Number of recorded sizes.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The size that `percent` of all recorded sizes do not exceed, rounded up to the end of its bucket; 0 if
    /// nothing is recorded.
    pub fn percentile(&self, percent: u64) -> u64 {
        let rank = self.count().saturating_mul(percent).div_ceil(100);
        let mut passed = 0_u64;
        for (bucket, count) in &self.0 {
            passed = passed.saturating_add(*count);
            if passed >= rank {
                return end(*bucket);
            }
        }
        0
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            let sum = self.0.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

/// The bucket of a size. Sizes below 8 have a bucket each; above, each power of two has 8.
fn bucket(size: u64) -> u32 {
    let power = size.checked_ilog2().unwrap_or(0);
    let Some(shift) = power.checked_sub(3) else { return u32::try_from(size).unwrap_or(0) };
    let eighth = u32::try_from(size >> shift).unwrap_or(0) & 7;
    power.saturating_sub(2).saturating_mul(8).saturating_add(eighth)
}

/// The largest size of a bucket.
fn end(bucket: u32) -> u64 {
    let Some(shift) = (bucket / 8).checked_sub(1) else { return u64::from(bucket) };
    let next = u64::from(bucket % 8).saturating_add(9);
    next.checked_shl(shift).unwrap_or(u64::MAX).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_in_its_bucket() {
        for size in (0..5_000).chain([1 << 20, (1 << 20) + 1, (1 << 40) - 1, 123_456_789_012]) {
            let end = end(bucket(size));
            assert!(end >= size && end <= size + size / 8, "{size}: {end}");
            assert_eq!(bucket(end), bucket(size), "{size}");
            assert_eq!(bucket(end + 1), bucket(size) + 1, "{size}");
        }
    }

    #[test]
    fn percentiles_are_ranks() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(99), 0);
        (1..=100).for_each(|_| histogram.record(5));
        histogram.record(7);
        assert_eq!(
            (histogram.percentile(50), histogram.percentile(99), histogram.percentile(100)),
            (5, 5, 7)
        );
    }
}
