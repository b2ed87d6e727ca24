//! What is known of goods on the morning of a day, from all members.

use std::ops::Range;

use crate::decay::{Decay, HALF_LIVES, ONE, SEASON};
use crate::hazard::Hazard;
use crate::history::History;
use crate::outlets::Outlets;
use crate::profile::{Own, Profile, RECENT, STRETCH};
use crate::settings::Settings;
use crate::similar::{Similar, Together};
use crate::slots::{add, at, count, millionths};

/// Days from a season to the same of the next year: whole weeks.
const YEAR: i64 = 364;
/// Receipts of the chain that are added to a member's own when the rate of a good is estimated.
const PRIOR_RECEIPTS: u64 = 3;

/// Sums over members for one good.
#[derive(Clone, Debug, Default)]
struct Good {
    /// Receipts in the last four weeks, and in the four before.
    recent: u64,
    before: u64,
    /// Members who ever bought it; who did in the last four weeks; of those, who never did before.
    buyers: u64,
    holders: u64,
    newcomers: u64,
    /// Members who bought it in the last four weeks but four; and of those, who did in the last.
    could_stay: u64,
    stayed: u64,
    /// Receipts, decayed by each half-life.
    decayed: [u64; HALF_LIVES.len()],
    hazard: Hazard,
    /// Receipts of a year ago: within the horizon, and in as many days before.
    year_ago: u64,
    before_year_ago: u64,
}

/// What is known of the goods of a chain.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) days: Range<i64>,
    pub(crate) decay: Decay,
    pub(crate) outlets: Outlets,
    pub(crate) similar: Similar,
    /// Goods by receipts of the last four weeks, the most frequent first.
    pub(crate) popular: Vec<u32>,
    goods: Vec<Good>,
    hazard: Hazard,
    recent_receipts: u64,
    active: u64,
    decayed_receipts: [u64; HALF_LIVES.len()],
    horizon: i64,
}

/// What the chain says of a good for one member, in millionths unless said otherwise.
pub(crate) struct Usual {
    pub(crate) popularity: i64,
    /// Receipts of the last four weeks for a thousand of the four before.
    pub(crate) trend: i64,
    pub(crate) holders: i64,
    pub(crate) stay: i64,
    pub(crate) newcomers: i64,
    /// Receipts a year ago within the horizon for a thousand before; none without a year of receipts.
    pub(crate) season: Option<i64>,
}

impl Chain {
    pub(crate) fn new(history: &History, day: i64, settings: &Settings) -> Self {
        let days = history.days().start..day;
        let decay = Decay::new(u32::try_from(day - days.start).unwrap_or_default());
        let mut chain = Self {
            outlets: Outlets::new(history),
            similar: Similar::default(),
            popular: Vec::new(),
            goods: vec![Good::default(); history.goods.len()],
            hazard: Hazard::default(),
            recent_receipts: 0,
            active: 0,
            decayed_receipts: [0; HALF_LIVES.len()],
            horizon: i64::from(settings.horizon),
            days,
            decay,
        };
        let counts = |member| Profile::new(history, member, chain.days.clone(), &chain.decay);
        let bought = history.numbers().map(counts).flat_map(|profile| profile.goods);
        let mut together = Together::new(history.goods.len(), bought.map(|own| own.good));
        for member in history.numbers() {
            let profile = Profile::new(history, member, chain.days.clone(), &chain.decay);
            together.add(&profile.goods);
            chain.member(history, member, &profile, settings.horizon);
        }
        for good in &chain.goods {
            chain.hazard.add(&good.hazard);
        }
        chain.similar = together.similar();
        chain.popular = popular(&chain.goods);
        chain
    }

    fn member(&mut self, history: &History, member: u32, profile: &Profile, horizon: u32) {
        if profile.receipts == 0 {
            return;
        }
        self.active += u64::from(profile.last <= STRETCH);
        self.decayed_receipts.iter_mut().zip(profile.decayed).for_each(|(sum, weight)| *sum += weight);
        let recent = self.days.end - i64::from(RECENT)..self.days.end;
        for basket in history.baskets(member, recent) {
            self.outlets.count(history, basket);
            self.recent_receipts += u64::from(basket.day >= self.days.end - i64::from(STRETCH));
        }
        for own in &profile.goods {
            let slot = usize::try_from(own.good).ok().and_then(|good| self.goods.get_mut(good));
            if let Some(good) = slot {
                good.count(own, horizon);
            }
        }
        if self.has_season() {
            let year_ago = self.days.end - YEAR;
            self.year_ago(history, member, year_ago..year_ago + self.horizon, |good| &mut good.year_ago);
            let before = year_ago - self.horizon..year_ago;
            self.year_ago(history, member, before, |good| &mut good.before_year_ago);
        }
    }

    fn year_ago(
        &mut self,
        history: &History,
        member: u32,
        days: Range<i64>,
        sum: impl Fn(&mut Good) -> &mut u64,
    ) {
        for number in history.baskets(member, days).iter().flat_map(|basket| history.goods_of(basket)) {
            if let Some(good) = usize::try_from(*number).ok().and_then(|good| self.goods.get_mut(good)) {
                *sum(good) += 1;
            }
        }
    }

    fn has_season(&self) -> bool {
        self.days.end - self.days.start >= YEAR + self.horizon
    }

    fn good(&self, number: u32) -> Option<&Good> {
        usize::try_from(number).ok().and_then(|good| self.goods.get(good))
    }

    pub(crate) fn usual(&self, number: u32) -> Option<Usual> {
        let good = self.good(number)?;
        let thousandths = |one: u64, before: u64| millionths(one, before + 1) / 1_000;
        Some(Usual {
            popularity: millionths(good.recent, self.recent_receipts),
            trend: thousandths(good.recent, good.before),
            holders: millionths(good.holders, self.active),
            stay: millionths(good.stayed, good.could_stay + 10),
            newcomers: millionths(good.newcomers, self.active),
            season: self.has_season().then(|| thousandths(good.year_ago, good.before_year_ago)),
        })
    }

    /// Members who ever bought a good.
    pub(crate) fn buyers(&self, good: u32) -> u64 {
        self.good(good).map_or(0, |good| good.buyers)
    }

    /// Receipts with a good for a million of a member's receipts, decayed, drawn to those of the chain as if there
    /// were a few receipts more: the mean of the posterior of a Poisson rate with a gamma prior.
    pub(crate) fn rate(&self, number: u32, own: u64, profile: &Profile, half_life: usize) -> i64 {
        let slot = |decayed: &[u64]| decayed.get(half_life).copied().unwrap_or_default();
        let chain = self.good(number).map(|good| slot(&good.decayed)).unwrap_or_default();
        let usual = u64::try_from(millionths(chain, slot(&self.decayed_receipts))).unwrap_or_default();
        millionths(own + PRIOR_RECEIPTS * usual, slot(&profile.decayed) + PRIOR_RECEIPTS * ONE)
    }

    /// Probability that a good is bought again within the horizon, from the days since the last purchase.
    pub(crate) fn hazard(&self, number: u32, days: u32) -> Option<i64> {
        self.good(number).map(|good| good.hazard.after(days, &self.hazard))
    }

    /// The rate by which own goods are put into an order before anything is learned.
    pub(crate) fn first_rate(&self, own: &Own, profile: &Profile) -> i64 {
        self.rate(own.good, at(&own.decayed, count(SEASON)), profile, SEASON)
    }
}

impl Good {
    fn count(&mut self, own: &Own, horizon: u32) {
        let within = |stretch| own.within(stretch);
        self.recent += u64::from(at(&own.stretches, 0));
        self.before += u64::from(at(&own.stretches, 1));
        self.buyers += 1;
        self.holders += u64::from(within(0));
        self.newcomers += u64::from(within(0) && own.first <= STRETCH);
        self.could_stay += u64::from(within(1));
        self.stayed += u64::from(within(1) && within(0));
        self.decayed.iter_mut().zip(own.decayed).for_each(|(sum, weight)| *sum += weight);
        own.gaps.iter().for_each(|gap| self.hazard.gap(*gap, horizon));
        self.hazard.open(own.last, horizon);
    }
}

fn popular(goods: &[Good]) -> Vec<u32> {
    let mut receipts: Vec<u64> = vec![0; goods.len()];
    let mut order: Vec<u32> = Vec::new();
    for (number, good) in (0..).zip(goods) {
        add(&mut receipts, number, good.recent);
        if good.recent > 0 {
            order.push(number);
        }
    }
    order.sort_by_key(|good| (std::cmp::Reverse(at(&receipts, *good)), *good));
    order
}
