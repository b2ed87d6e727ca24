//! What is known of a member on the morning of a day.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::decay::{Decay, HALF_LIVES};
use crate::history::History;

/// Stretches of four weeks before the day in which purchases are counted.
pub(crate) const STRETCHES: usize = 6;
/// Days of such a stretch.
pub(crate) const STRETCH: u32 = 28;
/// Days before the day from which a member's outlet and trips are taken.
pub(crate) const RECENT: u32 = 84;

/// A member's own purchases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) receipts: u32,
    /// Receipts, decayed by each of the half-lives.
    pub(crate) decayed: [u64; HALF_LIVES.len()],
    /// Receipts of the last [`RECENT`] days.
    pub(crate) trips: u32,
    /// Days since the last and since the first receipt.
    pub(crate) last: u32,
    pub(crate) first: u32,
    /// The outlet of most receipts, of several the first by name.
    pub(crate) outlet: u32,
    /// Goods bought before, by their numbers.
    pub(crate) goods: Vec<Own>,
}

/// Purchases of one good by one member. A good counts once on a receipt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub(crate) good: u32,
    pub(crate) receipts: u32,
    pub(crate) decayed: [u64; HALF_LIVES.len()],
    /// Receipts in the last four weeks, in the four before, and so on.
    pub(crate) stretches: [u32; STRETCHES],
    pub(crate) last: u32,
    pub(crate) first: u32,
    /// Days between days of purchase, ascending.
    pub(crate) gaps: Vec<u32>,
}

impl Profile {
    pub(crate) fn new(history: &History, member: u32, days: Range<i64>, decay: &Decay) -> Self {
        let mut profile = Self::default();
        let mut outlets: BTreeMap<u32, u32> = BTreeMap::new();
        let mut ages: Vec<(u32, u32)> = Vec::new();
        for basket in history.baskets(member, days.clone()) {
            let age = u32::try_from(days.end - basket.day).unwrap_or(u32::MAX);
            profile.receipts += 1;
            sum(&mut profile.decayed, decay.weights(age));
            profile.trips += u32::from(age <= RECENT);
            profile.last = age;
            profile.first = profile.first.max(age);
            *outlets.entry(basket.outlet).or_default() += 1;
            ages.extend(history.goods_of(basket).iter().map(|good| (*good, age)));
        }
        ages.sort_unstable();
        profile.goods =
            ages.chunk_by(|one, next| one.0 == next.0).map(|ages| Own::new(ages, decay)).collect();
        let most = outlets.iter().max_by_key(|(outlet, receipts)| (**receipts, std::cmp::Reverse(**outlet)));
        profile.outlet = most.map(|(outlet, _)| *outlet).unwrap_or_default();
        profile
    }
}

impl Own {
    /// Pairs of one good and the age of a purchase, ascending.
    fn new(ages: &[(u32, u32)], decay: &Decay) -> Self {
        let mut own = Self::default();
        if let (Some((good, last)), Some((_, first))) = (ages.first(), ages.last()) {
            (own.good, own.last, own.first) = (*good, *last, *first);
        }
        for (_, age) in ages {
            own.receipts += 1;
            sum(&mut own.decayed, decay.weights(*age));
            let stretch = usize::try_from(age.saturating_sub(1) / STRETCH).unwrap_or(usize::MAX);
            if let Some(slot) = own.stretches.get_mut(stretch) {
                *slot += 1;
            }
        }
        let gaps = ages.iter().zip(ages.iter().skip(1)).map(|((_, one), (_, next))| next - one);
        own.gaps = gaps.filter(|gap| *gap > 0).collect();
        own.gaps.sort_unstable();
        own
    }

    /// Median days between two purchases, the mean of the middle two rounded down; none after one purchase.
    pub(crate) fn median_gap(&self) -> Option<u32> {
        let middle = self.gaps.len() / 2;
        let upper = self.gaps.get(middle)?;
        let lower =
            if self.gaps.len().is_multiple_of(2) { self.gaps.get(middle.checked_sub(1)?)? } else { upper };
        Some(lower.midpoint(*upper))
    }

    /// Whether the good was bought in a stretch.
    pub(crate) fn within(&self, stretch: usize) -> bool {
        self.stretches.get(stretch).is_some_and(|receipts| *receipts > 0)
    }
}

fn sum(into: &mut [u64; HALF_LIVES.len()], weights: [u64; HALF_LIVES.len()]) {
    into.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
}
