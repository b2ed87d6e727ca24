//! Numbers that stand for texts: members, categories, outlets.

use sha2::{Digest as _, Sha256};

/// Buckets that members are divided into. A bucket is the first 11 bits of a member's number, so that
/// buckets in their order hold members in their order.
pub const BUCKETS: u32 = 2_048;

/// Bits of a member's number that do not tell its bucket.
const BITS_BELOW: u32 = 53;

/// The number of a member: the first eight bytes of the SHA-256 of the id, as a signed big-endian integer.
pub fn member_code(id: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    digest.first_chunk().copied().map(i64::from_be_bytes).unwrap_or_default()
}

/// The number of a category, an outlet or a kind of outlet: that of a member without the sign; 0 for an
/// empty text, which stands for unknown.
pub fn text_code(text: &str) -> i64 {
    if text.is_empty() { 0 } else { (member_code(text) & i64::MAX).max(1) }
}

/// The bucket of a member, from 0 to [`BUCKETS`] - 1.
pub fn bucket_of(member: i64) -> u32 {
    // The shift leaves -1,024 to 1,023.
    u32::try_from((member >> BITS_BELOW) + i64::from(BUCKETS / 2)).unwrap_or_default()
}

/// Lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
