//! Goods that are bought by the same members: item-kNN by the cosine of their columns.
//!
//! Counting pairs takes the square of the number of goods, so that only the goods with the most buyers take part,
//! and of each member only the goods bought most.

use std::cmp::Reverse;

use crate::decay::TWO_MONTHS;
use crate::profile::Own;
use crate::slots::{add, at, count};

/// Most goods that have neighbours: 32 MiB of sums.
const MOST_GOODS: usize = 2_048;
/// Most goods of a member that are counted.
const MOST_OWN: usize = 128;
/// Neighbours of a good.
const NEIGHBOURS: usize = 50;
/// Added to the squared length of each column, so that a few buyers do not make goods alike: 25 who bought once.
const PRIOR: u64 = 25_000_000;

/// Sums over members of products of their weights for two goods.
pub(crate) struct Together {
    /// Goods that take part, and for each good its place among them, from 1.
    goods: Vec<u32>,
    place: Vec<u32>,
    sums: Vec<u64>,
}

/// Neighbours of each good with their cosine in millionths.
#[derive(Debug, Default)]
pub(crate) struct Similar(Vec<Vec<(u32, u64)>>);

/// How much a member bought of a good: the root of the decayed receipts, a thousand for one of today.
fn weight(own: &Own) -> u64 {
    at(&own.decayed, count(TWO_MONTHS)).isqrt()
}

impl Together {
    /// `bought` has a good once for each of its buyers.
    pub(crate) fn new(goods: usize, bought: impl Iterator<Item = u32>) -> Self {
        let mut buyers: Vec<u64> = vec![0; goods];
        bought.for_each(|good| add(&mut buyers, good, 1));
        let mut order: Vec<u32> = (0..count(goods)).filter(|good| at(&buyers, *good) > 0).collect();
        order.sort_by_key(|good| (Reverse(at(&buyers, *good)), *good));
        order.truncate(MOST_GOODS);
        let mut place = vec![0; goods];
        for (number, good) in (1..).zip(&order) {
            add(&mut place, *good, number);
        }
        Self { sums: vec![0; order.len() * order.len()], goods: order, place }
    }

    pub(crate) fn add(&mut self, goods: &[Own]) {
        let mut own: Vec<(u64, usize)> = Vec::new();
        for good in goods {
            let place = usize::try_from(at(&self.place, good.good)).unwrap_or_default();
            if let Some(place) = place.checked_sub(1) {
                own.push((weight(good), place));
            }
        }
        own.sort_unstable_by_key(|(weight, place)| (Reverse(*weight), *place));
        own.truncate(MOST_OWN);
        let width = self.goods.len();
        for (one, row) in &own {
            let Some(sums) = self.sums.get_mut(row * width..(row + 1) * width) else { continue };
            for (other, column) in &own {
                if let Some(sum) = sums.get_mut(*column) {
                    *sum = sum.saturating_add(one * other);
                }
            }
        }
    }

    pub(crate) fn similar(self) -> Similar {
        let width = self.goods.len().max(1);
        let rows = || self.sums.chunks(width);
        let lengths: Vec<u64> = rows()
            .enumerate()
            .map(|(row, sums)| sums.get(row).copied().unwrap_or_default() + PRIOR)
            .collect();
        let mut similar = vec![Vec::new(); self.place.len()];
        for (((good, sums), length), row) in self.goods.iter().zip(rows()).zip(&lengths).zip(0..) {
            let mut neighbours: Vec<(u64, u32)> = Vec::new();
            for (((other, sum), other_length), column) in self.goods.iter().zip(sums).zip(&lengths).zip(0..) {
                let root = (u128::from(*length) * u128::from(*other_length)).isqrt();
                let cosine = (u128::from(*sum) * 1_000_000).checked_div(root).unwrap_or_default();
                let cosine = u64::try_from(cosine).unwrap_or_default();
                if cosine > 0 && row != column {
                    neighbours.push((cosine, *other));
                }
            }
            neighbours.sort_unstable_by_key(|(cosine, other)| (Reverse(*cosine), *other));
            neighbours.truncate(NEIGHBOURS);
            if let Some(slot) = usize::try_from(*good).ok().and_then(|good| similar.get_mut(good)) {
                *slot = neighbours.into_iter().map(|(cosine, other)| (other, cosine)).collect();
            }
        }
        Similar(similar)
    }
}

impl Similar {
    /// How near each good is to what a member bought: pairs of a good and its score, by good. Goods that are near
    /// nothing are left out.
    pub(crate) fn scores(&self, goods: &[Own]) -> Vec<(u32, u64)> {
        let mut near: Vec<(u32, u64)> = Vec::new();
        for own in goods {
            let place = usize::try_from(own.good).unwrap_or(usize::MAX);
            let neighbours = self.0.get(place).map(Vec::as_slice).unwrap_or_default();
            let weight = weight(own);
            near.extend(neighbours.iter().map(|(good, cosine)| (*good, weight * cosine / 1_000)));
        }
        near.sort_unstable();
        near.chunk_by(|one, next| one.0 == next.0)
            .filter_map(|same| {
                let (good, _) = same.first()?;
                Some((*good, same.iter().map(|(_, score)| score).sum()))
            })
            .collect()
    }
}
