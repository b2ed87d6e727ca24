//! Pseudo-random numbers that depend on nothing but a member and a salt.

/// One step of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Different
/// values stay different.
const fn split_mix(value: u64) -> u64 {
    let mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The place of a member in the order that decides between equals; no two members share one.
pub(crate) const fn turn(member: u64, salt: u64) -> u64 {
    split_mix(member ^ split_mix(salt))
}

/// A number from `0..1_000_000`, uniform over members, periods and salts.
pub(crate) fn millionth(member: u64, period: u64, salt: u64) -> u32 {
    let place = turn(member, salt ^ split_mix(period));
    u32::try_from((u128::from(place) * 1_000_000) >> 64).unwrap_or_default()
}
