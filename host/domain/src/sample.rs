//! Stable random samples of members or purchases.

use crate::quantities::Percent;

/// True if `id` is in the sample of `percent` that `salt` draws. The result depends on the arguments
/// only, and whoever is in a sample stays in it as the percentage grows. The function is frozen: a
/// change would draw other control groups.
pub fn in_share(percent: Percent, salt: &str, id: &str) -> bool {
    let bucket = stable_hash(&[salt.as_bytes(), &[0], id.as_bytes()]) % 10_000;
    i64::try_from(bucket).is_ok_and(|bucket| bucket < i64::from(percent.0))
}

/// True if `id` is in the sample of `share` millionths that `salt` draws for exploration: as [`in_share`], but other members
/// than a control group of the same salt, so that neither says anything about the other. Frozen, too.
pub fn in_millionths(share: u32, salt: &str, id: &str) -> bool {
    let bucket = stable_hash(&[b"exploration", &[0], salt.as_bytes(), &[0], id.as_bytes()]) % 1_000_000;
    bucket < u64::from(share)
}

/// A number below `of` that these texts draw, each with the same chance; none if there is none. Frozen, too.
pub fn drawn(texts: &[&str], of: usize) -> Option<usize> {
    let mut parts: Vec<&[u8]> = vec![b"item"];
    for text in texts {
        parts.extend([&[0][..], text.as_bytes()]);
    }
    let hash = u128::from(stable_hash(&parts));
    let number = hash.checked_mul(u128::try_from(of).ok()?)? >> 64;
    usize::try_from(number).ok().filter(|number| *number < of)
}

/// FNV-1a, 64 bits, with the finaliser of MurmurHash3 so that the low digits are evenly distributed too.
fn stable_hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
