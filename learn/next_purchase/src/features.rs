//! What is known of a pair of member and good, as integers.

use crate::chain::Chain;
use crate::decay::{MONTH, ONE, SEASON, TWO_MONTHS};
use crate::profile::{Own, Profile};
use crate::slots::{at, count, millionths};

/// Names of the features, in the order of their columns.
///
/// Shares and rates are in millionths; a purchase of today counts a million in decayed sums; ages and gaps are in days.
pub const FEATURES: [&str; 37] = [
    "own.receipts",
    "own.decayed_14",
    "own.decayed_30",
    "own.decayed_60",
    "own.decayed_120",
    "own.share_30",
    "own.share_60",
    "own.share_120",
    "own.rate_60",
    "own.rate_120",
    "own.expected",
    "own.weeks_1_4",
    "own.weeks_5_8",
    "own.weeks_9_12",
    "own.weeks_13_16",
    "own.stretches",
    "own.last",
    "own.first",
    "own.median_gap",
    "own.due",
    "own.rank",
    "good.hazard",
    "good.popularity",
    "good.trend",
    "good.holders",
    "good.buyers",
    "good.stay",
    "good.newcomers",
    "good.outlet",
    "good.season",
    "good.similar",
    "group.decayed_60",
    "group.share",
    "member.receipts",
    "member.trips",
    "member.last",
    "member.goods",
];

/// A value for each of [`FEATURES`]; none where it is missing.
pub(crate) type Row = [Option<i64>; FEATURES.len()];

/// A candidate of a member.
pub(crate) struct Pair<'a> {
    /// None if the member never bought the good.
    pub(crate) own: Option<&'a Own>,
    /// Among the member's own goods by rate, from 1.
    pub(crate) rank: u32,
    /// How near the good is to what the member buys.
    pub(crate) near: u64,
    /// Decayed purchases of the good's group.
    pub(crate) group: u64,
}

impl Pair<'_> {
    pub(crate) fn row(&self, good: u32, chain: &Chain, profile: &Profile) -> Row {
        let never = Own::default();
        let own = self.own.unwrap_or(&never);
        let bought = self.own.is_some();
        let slot = |sums: &[u64], half_life: usize| at(sums, count(half_life));
        let decayed = |half_life| slot(&own.decayed, half_life);
        let share = |half_life| Some(millionths(decayed(half_life), slot(&profile.decayed, half_life)));
        let rate = |half_life| chain.rate(good, decayed(half_life), profile, half_life);
        let stretch = |number| Some(i64::from(at(&own.stretches, number)));
        let stretches = own.stretches.iter().filter(|receipts| **receipts > 0).count();
        let gap = own.median_gap();
        let days = |days: u32| bought.then_some(i64::from(days));
        let usual = chain.usual(good);
        let usual = usual.as_ref();
        [
            Some(i64::from(own.receipts)),
            whole(decayed(0)),
            whole(decayed(MONTH)),
            whole(decayed(TWO_MONTHS)),
            whole(decayed(SEASON)),
            share(MONTH),
            share(TWO_MONTHS),
            share(SEASON),
            Some(rate(TWO_MONTHS)),
            Some(rate(SEASON)),
            // Receipts of four weeks are a third of those of the last twelve.
            Some(rate(SEASON).saturating_mul(i64::from(profile.trips.max(1))) / 3),
            stretch(0),
            stretch(1),
            stretch(2),
            stretch(3),
            Some(i64::from(count(stretches))),
            days(own.last),
            days(own.first),
            gap.map(i64::from),
            // Days since the last purchase in hundredths of the usual gap.
            gap.map(|gap| i64::from(own.last) * 100 / i64::from(gap.max(1))),
            Some(i64::from(self.rank)),
            if bought { chain.hazard(good, own.last) } else { None },
            usual.map(|usual| usual.popularity),
            usual.map(|usual| usual.trend),
            usual.map(|usual| usual.holders),
            whole(chain.buyers(good)),
            usual.map(|usual| usual.stay),
            usual.map(|usual| usual.newcomers),
            Some(chain.outlets.share(profile.outlet, good)),
            usual.and_then(|usual| usual.season),
            whole(self.near),
            whole(self.group),
            Some(millionths(decayed(TWO_MONTHS), self.group.max(ONE / 100))),
            Some(i64::from(profile.receipts)),
            Some(i64::from(profile.trips)),
            Some(i64::from(profile.last)),
            Some(i64::from(count(profile.goods.len()))),
        ]
    }
}

fn whole(value: u64) -> Option<i64> {
    Some(i64::try_from(value).unwrap_or(i64::MAX))
}
