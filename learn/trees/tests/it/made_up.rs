//! Made-up rows.

use trees::{Bins, Feature, cuts};

/// SplitMix64 of a seed and a position.
pub(crate) fn draw(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add((position + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Below a bound.
pub(crate) fn below(seed: u64, position: u64, bound: u64) -> i64 {
    i64::try_from(draw(seed, position) % bound).unwrap()
}

/// Six features of 0 to 999, one value of ten missing, and a target of steps, an interaction and noise.
pub(crate) fn table(rows: u64, seed: u64) -> (Vec<Vec<Option<i64>>>, Vec<i32>) {
    let value = |feature: u64, row: u64| {
        let value = below(seed + feature, row, 1_000);
        (!draw(seed + 100 + feature, row).is_multiple_of(10)).then_some(value)
    };
    let columns: Vec<Vec<_>> =
        (0..6).map(|feature| (0..rows).map(|row| value(feature, row)).collect()).collect();
    let target = |row: usize| {
        let at = |feature: usize| columns[feature][row];
        let step = if at(0).unwrap_or(0) < 300 { 0 } else { 400_000 };
        let both = if at(1).is_none() || (at(1) > Some(500) && at(2) > Some(500)) { 300_000 } else { 0 };
        let noise = below(seed + 999, u64::try_from(row).unwrap(), 200_000) - 100_000;
        i32::try_from(step + both + noise).unwrap()
    };
    let targets = (0..usize::try_from(rows).unwrap()).map(target).collect();
    (columns, targets)
}

pub(crate) fn bins(columns: &[Vec<Option<i64>>], most: usize) -> Bins {
    let feature =
        |(number, values): (usize, &Vec<_>)| Feature { name: format!("f{number}"), cuts: cuts(values, most) };
    Bins::from_values(columns.iter().enumerate().map(feature).collect(), columns).unwrap()
}

pub(crate) fn all(bins: &Bins) -> Vec<u32> {
    (0..u32::try_from(bins.rows()).unwrap()).collect()
}
