//! Pseudo-random numbers that depend on nothing but a member and a salt, and the folds drawn by them.

use crate::numbers::index;

/// Number of folds of cross-fitting.
pub const FOLDS: u32 = 5;

/// One step of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
pub const fn split_mix(value: u64) -> u64 {
    let mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number that is uniform over all `u64` for each member, and independent between salts.
pub const fn uniform(cluster: u64, salt: u64) -> u64 {
    split_mix(cluster ^ split_mix(salt))
}

/// The fold of a member, `0..folds`. All rows of a member are in one fold, whatever their order.
pub fn fold(cluster: u64, salt: u64, folds: u32) -> u32 {
    let wide = (u128::from(uniform(cluster, salt)) * u128::from(folds)) >> 64;
    u32::try_from(wide).unwrap_or_default()
}

/// The fold of each of `rows`.
pub(crate) fn folds_of(clusters: &[u64], rows: &[u32], salt: u64) -> Vec<u32> {
    rows.iter().map(|row| fold(clusters.get(index(*row)).copied().unwrap_or_default(), salt, FOLDS)).collect()
}
