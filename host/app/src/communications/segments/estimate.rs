//! Estimates for previews: where there are too many members to count while somebody waits, slices of them are looked at,
//! spread evenly over all numbers, and the whole is told from them.

use std::time::{Duration, Instant};

use communications::segments::Rule;
use communications::segments::members::RoaringBitmap;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::build::{AT_A_TIME, Part};
use super::catalogue::Catalogue;
use crate::error::Error;
use crate::state::App;

/// Members of a slice, at most.
const SLICE: u32 = 2_048;
/// Slices that are looked at however long they take. Fewer would say little.
const SLICES_MIN: usize = 8;
/// The margin of an estimate, in standard errors: 19 of 20 are within it.
const ERRORS: u128 = 2;
/// In a sample without a single one there may be this many in as many as it has, in 19 of 20 cases.
const UNSEEN: u128 = 3;

/// The members found, or their estimated number.
pub(super) struct Estimate {
    pub(super) count: u64,
    pub(super) of: u64,
    /// None if all members were looked at.
    pub(super) margin: Option<u64>,
    /// Members that were found.
    pub(super) found: RoaringBitmap,
}

/// A slice that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    /// Members that the rule holds for.
    count: u64,
    /// Members.
    of: u64,
}

/// Counts the members that a rule holds for, of the numbers up to `last`, for about as long as `within`.
pub(super) async fn estimate(
    app: &App,
    catalogue: &Catalogue,
    rule: &Rule,
    last: u32,
    within: Duration,
) -> Result<Estimate, Error> {
    let started = Instant::now();
    let slices = last / SLICE + 1;
    let look = |slice: u32| async move {
        let first = slice.saturating_mul(SLICE);
        let part = Part::load(app, catalogue, (first, first.saturating_add(SLICE - 1))).await?;
        Ok::<_, Error>((part.members(app, rule).await?, part.size()))
    };
    let mut looked = Box::pin(stream::iter(spread(slices).map(look)).buffered(AT_A_TIME));
    let (mut found, mut seen) = (RoaringBitmap::new(), Vec::new());
    while let Some(slice) = looked.next().await {
        let (members, of) = slice?;
        seen.push(Slice { count: members.len(), of });
        found |= members;
        let is_enough = seen.len() >= SLICES_MIN && seen.iter().any(|slice| slice.of > 0);
        if is_enough && started.elapsed() >= within {
            break;
        }
    }
    let (count, of, margin) = whole(&seen, u64::from(slices));
    let is_all = u64::try_from(seen.len()).is_ok_and(|seen| seen == u64::from(slices));
    Ok(Estimate { count, of, margin: Some(margin).filter(|_| !is_all), found })
}

/// Numbers below `count`, each once, so that those at the beginning lie as far from each other as may be.
fn spread(count: u32) -> impl Iterator<Item = u32> {
    let bits = u32::BITS - count.saturating_sub(1).leading_zeros();
    let reversed = move |number: u32| number.reverse_bits().checked_shr(u32::BITS - bits).unwrap_or(0);
    (0..1_u64 << bits)
        .filter_map(|number| u32::try_from(number).ok())
        .map(reversed)
        .filter(move |number| *number < count)
}

/// Count, number of members and margin of all slices, from some of them. The margin is told from how unlike the slices are:
/// members that came together may be alike.
fn whole(seen: &[Slice], slices: u64) -> (u64, u64, u64) {
    let looked = u128::try_from(seen.len()).unwrap_or(1).max(1);
    let (count, of) = seen.iter().fold((0_u128, 0_u128), |(count, of), slice| {
        (count.saturating_add(u128::from(slice.count)), of.saturating_add(u128::from(slice.of)))
    });
    let all = of.saturating_mul(u128::from(slices)) / looked;
    let share = |part: u128| part.saturating_mul(all).checked_div(of).unwrap_or(0);
    // Each slice has as many as its share of the whole but for this, times the members that were looked at.
    let off = |slice: &Slice| {
        u128::from(slice.count).saturating_mul(of).abs_diff(count.saturating_mul(u128::from(slice.of)))
    };
    let squares = seen.iter().map(off).fold(0_u128, |sum, off| sum.saturating_add(off.saturating_mul(off)));
    let error = (squares.saturating_mul(looked) / looked.saturating_sub(1).max(1)).isqrt();
    let margin = share(error.saturating_mul(ERRORS).checked_div(of).unwrap_or(0)).max(share(UNSEEN));
    let number = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
    (number(share(count)), number(all), number(margin))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_spread_has_every_number_once_and_the_first_ones_far_apart() {
        for count in [1, 2, 3, 7, 8, 1_000] {
            let all: Vec<u32> = spread(count).collect();
            assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
            assert_eq!(all.iter().copied().collect::<BTreeSet<u32>>(), (0..count).collect());
        }
        assert_eq!(spread(16).take(4).collect::<Vec<_>>(), [0, 8, 4, 12]);
    }

    #[test]
    fn the_whole_is_told_from_a_part() {
        let alike = [Slice { count: 500, of: 1_000 }; 10];
        // Every slice is the same: only that so few were looked at is left.
        assert_eq!(whole(&alike, 100), (50_000, 100_000, 30));
        let unlike: Vec<Slice> =
            (0..10).map(|number| Slice { count: 400 + 200 * (number % 2), of: 1_000 }).collect();
        // A tenth more or less in each slice: two standard errors of 3,330.
        assert_eq!(whole(&unlike, 100), (50_000, 100_000, 6_660));
        assert_eq!(whole(&[Slice { count: 0, of: 0 }; 3], 5), (0, 0, 0));
        assert_eq!(whole(&[], 0), (0, 0, 0));
    }
}
