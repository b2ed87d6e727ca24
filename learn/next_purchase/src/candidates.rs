//! Which goods a member might buy next, and what is known of each pair.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::chain::Chain;
use crate::decay::TWO_MONTHS;
use crate::features::{Pair, Row};
use crate::history::History;
use crate::profile::Profile;
use crate::settings::Settings;
use crate::slots::{at, count};

/// Candidates of a member with their features.
pub(crate) struct Candidates {
    pub(crate) profile: Profile,
    /// By good.
    pub(crate) rows: Vec<(u32, Row)>,
}

impl Candidates {
    /// What is known of a member on the morning of the chain's day.
    pub(crate) fn new(history: &History, chain: &Chain, member: u32, settings: &Settings) -> Self {
        let profile = Profile::new(history, member, chain.days.clone(), &chain.decay);
        let near = chain.similar.scores(&profile.goods);
        let groups = groups(history, &profile);
        let mut order: Vec<(i64, usize)> =
            profile.goods.iter().map(|own| chain.first_rate(own, &profile)).zip(0..).collect();
        order.sort_unstable_by_key(|(rate, place)| (Reverse(*rate), *place));
        // Ranks from 1 among all own goods; goods that were never bought come behind them.
        let mut ranks: Vec<u32> = vec![0; order.len()];
        for ((_, place), rank) in order.iter().zip(1..) {
            if let Some(slot) = ranks.get_mut(*place) {
                *slot = rank;
            }
        }
        let unranked = count(order.len()) + 1;
        let mut pairs: BTreeMap<u32, Pair<'_>> = BTreeMap::new();
        for (own, rank) in profile.goods.iter().zip(ranks) {
            if rank <= settings.own {
                pairs.insert(own.good, Pair { own: Some(own), rank, near: 0, group: 0 });
            }
        }
        let is_new = |good: &u32| profile.goods.binary_search_by_key(good, |own| own.good).is_err();
        let mut by_nearness: Vec<(u32, u64)> =
            near.iter().copied().filter(|(good, _)| is_new(good)).collect();
        by_nearness.sort_unstable_by_key(|(good, score)| (Reverse(*score), *good));
        let take = |most: u32| usize::try_from(most).unwrap_or(usize::MAX);
        let similar = by_nearness.iter().map(|(good, _)| *good).take(take(settings.similar));
        let popular = chain.popular.iter().copied().filter(is_new).take(take(settings.popular));
        for good in similar.chain(popular) {
            pairs.entry(good).or_insert(Pair { own: None, rank: unranked, near: 0, group: 0 });
        }
        for (good, score) in near {
            if let Some(pair) = pairs.get_mut(&good) {
                pair.near = score;
            }
        }
        for (good, pair) in &mut pairs {
            pair.group = groups.get(&at(&history.group, *good)).copied().unwrap_or_default();
        }
        let rows = pairs.iter().map(|(good, pair)| (*good, pair.row(*good, chain, &profile))).collect();
        Self { profile, rows }
    }
}

/// Decayed purchases of a member in each group.
fn groups(history: &History, profile: &Profile) -> BTreeMap<u32, u64> {
    let mut groups = BTreeMap::new();
    for own in &profile.goods {
        let sum: &mut u64 = groups.entry(at(&history.group, own.good)).or_default();
        *sum += at(&own.decayed, count(TWO_MONTHS));
    }
    groups
}
