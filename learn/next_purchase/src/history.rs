//! Receipts of members, in memory: 4 bytes for each good on one, and 24 for the receipt.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::error::NextPurchaseError;
use crate::slots::count;

/// Most goods on receipts, each counted once on a receipt.
pub const MOST_LINES: u32 = 400_000_000;

/// Days since 1970 that receipts may be of: 1900 to 2200.
const DAYS: Range<i64> = -25_567..84_006;

/// A receipt of a member.
#[derive(Clone, Debug)]
pub struct Receipt<'a> {
    pub member: &'a str,
    /// Days since 1 January 1970, by the clocks of the chain.
    pub day: i64,
    /// Empty if unknown.
    pub outlet: &'a str,
    /// Lines whose good is not known may be left out; the receipt counts as a visit all the same.
    pub lines: &'a [Line<'a>],
}

/// A good on a receipt.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub good: &'a str,
    /// What the good is one of, such as the category above; empty if unknown.
    pub group: &'a str,
}

/// Takes receipts in any order.
#[derive(Debug, Default)]
pub struct Collector {
    members: Names,
    goods: Names,
    groups: Names,
    outlets: Names,
    baskets: Vec<Basket>,
    lines: Vec<u32>,
    /// Receipts on which a good was given as one of a group.
    grouped: BTreeMap<(u32, u32), u64>,
}

/// Numbers of texts, in the order in which they came.
#[derive(Debug, Default)]
struct Names(HashMap<String, u32>);

#[derive(Clone, Debug)]
pub(crate) struct Basket {
    pub(crate) member: u32,
    pub(crate) day: i64,
    pub(crate) outlet: u32,
    first: u32,
    length: u32,
}

/// All receipts, by member and day. Members, goods, groups and outlets are numbers in the order of their names, so
/// that nothing depends on the order in which receipts were given.
#[derive(Debug)]
pub struct History {
    pub(crate) members: Vec<String>,
    pub(crate) goods: Vec<String>,
    pub(crate) outlets: u32,
    /// The group of each good: the one that most receipts give, of several the first by name.
    pub(crate) group: Vec<u32>,
    baskets: Vec<Basket>,
    lines: Vec<u32>,
    /// Where the receipts of each member are.
    of_member: Vec<Range<usize>>,
    days: Range<i64>,
}

impl Collector {
    /// Adds a receipt.
    ///
    /// # Errors
    ///
    /// A day outside of 1900 to 2200, or more than [`MOST_LINES`].
    pub fn add(&mut self, receipt: &Receipt<'_>) -> Result<(), NextPurchaseError> {
        if !DAYS.contains(&receipt.day) {
            return Err(NextPurchaseError::Day { found: receipt.day });
        }
        let mut goods: Vec<(u32, u32)> = receipt
            .lines
            .iter()
            .map(|line| (self.goods.number(line.good), self.groups.number(line.group)))
            .collect();
        goods.sort_unstable();
        goods.dedup_by_key(|(good, _)| *good);
        let first = count(self.lines.len());
        if first.saturating_add(count(goods.len())) > MOST_LINES {
            return Err(NextPurchaseError::TooManyLines);
        }
        for (good, group) in &goods {
            *self.grouped.entry((*good, *group)).or_default() += 1;
        }
        self.lines.extend(goods.iter().map(|(good, _)| good));
        self.baskets.push(Basket {
            member: self.members.number(receipt.member),
            day: receipt.day,
            outlet: self.outlets.number(receipt.outlet),
            first,
            length: count(goods.len()),
        });
        Ok(())
    }

    /// All receipts that were added.
    ///
    /// # Errors
    ///
    /// There is none, or none with a good.
    pub fn finish(mut self) -> Result<History, NextPurchaseError> {
        let first = self.baskets.iter().map(|basket| basket.day).min();
        let last = self.baskets.iter().map(|basket| basket.day).max();
        let (Some(first), Some(last), false) = (first, last, self.lines.is_empty()) else {
            return Err(NextPurchaseError::NoReceipts);
        };
        let (members, member_of) = self.members.sorted();
        let (goods, good_of) = self.goods.sorted();
        let (_, group_of) = self.groups.sorted();
        let (outlets, outlet_of) = self.outlets.sorted();
        let at = crate::slots::at::<u32>;
        self.lines.iter_mut().for_each(|good| *good = at(&good_of, *good));
        for basket in &mut self.baskets {
            basket.member = at(&member_of, basket.member);
            basket.outlet = at(&outlet_of, basket.outlet);
        }
        // Equal keys keep the order in which they came; nothing that is computed depends on it.
        self.baskets.sort_by_key(|basket| (basket.member, basket.day));
        let grouped = self
            .grouped
            .iter()
            .map(|((good, group), receipts)| (at(&good_of, *good), at(&group_of, *group), *receipts));
        let group = main_groups(grouped, goods.len());
        let of_member = ranges(&self.baskets, members.len());
        let (baskets, lines) = (self.baskets, self.lines);
        let (outlets, days) = (count(outlets.len()), first..last + 1);
        Ok(History { members, goods, outlets, group, baskets, lines, of_member, days })
    }
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let number = count(self.0.len());
        self.0.insert(name.to_owned(), number);
        number
    }

    /// The names in their order, and for each number so far the place of its name.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut names: Vec<(String, u32)> = self.0.into_iter().collect();
        names.sort_unstable();
        let mut places: Vec<(u32, u32)> = names.iter().map(|(_, number)| *number).zip(0..).collect();
        places.sort_unstable();
        (
            names.into_iter().map(|(name, _)| name).collect(),
            places.into_iter().map(|(_, place)| place).collect(),
        )
    }
}

fn main_groups(grouped: impl Iterator<Item = (u32, u32, u64)>, goods: usize) -> Vec<u32> {
    let mut best: Vec<(u64, u32)> = vec![(0, 0); goods];
    for (good, group, receipts) in grouped {
        let slot = usize::try_from(good).ok().and_then(|good| best.get_mut(good));
        if let Some(slot) = slot
            && (receipts > slot.0 || (receipts == slot.0 && group < slot.1))
        {
            *slot = (receipts, group);
        }
    }
    best.into_iter().map(|(_, group)| group).collect()
}

fn ranges(baskets: &[Basket], members: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::with_capacity(members);
    let mut begin = 0;
    for chunk in baskets.chunk_by(|one, next| one.member == next.member) {
        ranges.push(begin..begin + chunk.len());
        begin += chunk.len();
    }
    ranges
}

impl History {
    /// Days from the first receipt to the day after the last one.
    #[must_use]
    pub fn days(&self) -> Range<i64> {
        self.days.clone()
    }

    /// Ids of all members, in the order of texts.
    #[must_use]
    pub fn members(&self) -> &[String] {
        &self.members
    }

    /// Names of all goods, in the order of texts.
    #[must_use]
    pub fn goods(&self) -> &[String] {
        &self.goods
    }

    #[must_use]
    pub fn receipts(&self) -> usize {
        self.baskets.len()
    }

    /// Numbers of all members.
    pub(crate) fn numbers(&self) -> Range<u32> {
        0..count(self.members.len())
    }

    /// Receipts of a member within some days, by day.
    pub(crate) fn baskets(&self, member: u32, days: Range<i64>) -> &[Basket] {
        let range = usize::try_from(member).ok().and_then(|member| self.of_member.get(member)).cloned();
        let all = range.and_then(|range| self.baskets.get(range)).unwrap_or_default();
        let begin = all.partition_point(|basket| basket.day < days.start);
        let end = all.partition_point(|basket| basket.day < days.end);
        all.get(begin..end).unwrap_or_default()
    }

    /// Goods of a receipt, each once, in no order that means anything.
    pub(crate) fn goods_of(&self, basket: &Basket) -> &[u32] {
        let begin = usize::try_from(basket.first).unwrap_or(usize::MAX);
        let length = usize::try_from(basket.length).unwrap_or_default();
        self.lines.get(begin..begin.saturating_add(length)).unwrap_or_default()
    }

    /// Goods that a member bought within some days, ascending, each once.
    pub(crate) fn bought(&self, member: u32, days: Range<i64>) -> Vec<u32> {
        let baskets = self.baskets(member, days).iter();
        let mut goods: Vec<u32> = baskets.flat_map(|basket| self.goods_of(basket)).copied().collect();
        goods.sort_unstable();
        goods.dedup();
        goods
    }
}
