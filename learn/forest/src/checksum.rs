//! CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320): it finds every change of a single bit, and of
//! up to 32 neighbouring bits.

/// Checksum of some bytes, one after the other.
pub(crate) fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}
