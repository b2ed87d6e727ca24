//! Sets of members: a Roaring bitmap of whole numbers for each 65,536 of them, as segments keep their members.

use roaring::RoaringBitmap;

use crate::member::MemberNumber;

/// The part of a set that a number is in.
pub fn part_of(number: u32) -> i64 {
    i64::from(number >> 16)
}

/// Puts numbers into parts.
pub fn parts(numbers: impl IntoIterator<Item = MemberNumber>) -> Vec<(i64, Vec<u8>)> {
    let mut parts: Vec<(i64, RoaringBitmap)> = Vec::new();
    for MemberNumber(number) in numbers {
        let part = part_of(number);
        match parts.binary_search_by_key(&part, |(part, _)| *part) {
            Ok(place) => {
                if let Some((_, bitmap)) = parts.get_mut(place) {
                    bitmap.insert(number);
                }
            }
            Err(place) => parts.insert(place, (part, RoaringBitmap::from_iter([number]))),
        }
    }
    parts.into_iter().map(|(part, bitmap)| (part, written(&bitmap))).collect()
}

/// All that is in at least one of these bitmaps, and how many members that are. None if one of them cannot be read.
pub fn union<'a>(bitmaps: impl IntoIterator<Item = &'a [u8]>) -> Option<(Vec<u8>, u64)> {
    let mut all = RoaringBitmap::new();
    for bytes in bitmaps {
        all |= read(bytes)?;
    }
    Some((written(&all), all.len()))
}

/// The members of a bitmap from a number on, at most `most`, in their order. None if it cannot be read.
pub fn members(bitmap: &[u8], from: u32, most: usize) -> Option<Vec<MemberNumber>> {
    let bitmap = read(bitmap)?;
    Some(bitmap.range(from..).take(most).map(MemberNumber).collect())
}

fn read(bytes: &[u8]) -> Option<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes).ok()
}

fn written(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    // Writing to memory does not fail.
    let _ = bitmap.serialize_into(&mut bytes);
    bytes
}
