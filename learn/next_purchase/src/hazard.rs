//! How likely a good is bought again within the horizon, by days since it was bought last.

use crate::slots::millionths;

/// First day of each stretch of days since the last purchase; the last one has no end.
const STRETCHES: [u32; 11] = [1, 4, 8, 15, 22, 29, 43, 57, 85, 113, 169];

/// So many cases of the whole chain are added to those of a good.
const PRIOR: u64 = 20;

/// Cases at the beginning of each stretch: those not bought again until then, and how many were within the horizon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hazard {
    waiting: [u64; STRETCHES.len()],
    again: [u64; STRETCHES.len()],
}

impl Hazard {
    /// A good was bought again after so many days.
    pub(crate) fn gap(&mut self, days: u32, horizon: u32) {
        for ((start, waiting), again) in STRETCHES.iter().zip(&mut self.waiting).zip(&mut self.again) {
            *waiting += u64::from(days >= *start);
            *again += u64::from(days >= *start && days < start + horizon);
        }
    }

    /// A good was bought so many days ago and not again since.
    pub(crate) fn open(&mut self, days: u32, horizon: u32) {
        for (start, waiting) in STRETCHES.iter().zip(&mut self.waiting) {
            *waiting += u64::from(days >= start + horizon);
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.waiting.iter_mut().zip(other.waiting).for_each(|(mine, other)| *mine += other);
        self.again.iter_mut().zip(other.again).for_each(|(mine, other)| *mine += other);
    }

    /// Probability, in millionths, that a good which was bought so many days ago is bought within the horizon;
    /// `all` are the cases of all goods.
    pub(crate) fn after(&self, days: u32, all: &Self) -> i64 {
        let stretch = STRETCHES.iter().filter(|start| days >= **start).count().saturating_sub(1);
        let slot = |cases: &[u64]| cases.get(stretch).copied().unwrap_or_default();
        let usual = millionths(slot(&all.again), slot(&all.waiting).max(1));
        let usual = u64::try_from(usual).unwrap_or_default();
        let again = slot(&self.again) * 1_000_000 + PRIOR * usual;
        millionths(again, (slot(&self.waiting) + PRIOR) * 1_000_000)
    }
}
