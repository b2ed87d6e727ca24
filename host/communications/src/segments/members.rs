//! Sets of members as bitmaps, in containers of 65,536.

pub use roaring::RoaringBitmap;

use super::rule::Rule;

/// Members of one container.
pub const CONTAINER: u32 = 65_536;

/// The container of a member's number, and its place in it.
pub fn place_of(number: u32) -> (u32, u32) {
    (number / CONTAINER, number % CONTAINER)
}

/// The set of a rule among `all` members, from the sets of its conditions; `of` has the set of each.
pub fn combine(rule: &Rule, all: &RoaringBitmap, of: &impl Fn(&Rule) -> RoaringBitmap) -> RoaringBitmap {
    match rule {
        Rule::All(rules) => {
            let mut set = all.clone();
            for rule in rules {
                if set.is_empty() {
                    break;
                }
                set &= combine(rule, all, of);
            }
            set
        }
        Rule::Any(rules) => rules.iter().fold(RoaringBitmap::new(), |set, rule| set | combine(rule, all, of)),
        Rule::Not(rule) => all - combine(rule, all, of),
        leaf => of(leaf) & all,
    }
}

/// A set as it is stored.
pub fn write(set: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(set.serialized_size());
    // Writing to memory does not fail.
    let _ = set.serialize_into(&mut bytes);
    bytes
}

/// A set as it was stored; none if the bytes are no set.
pub fn read(bytes: &[u8]) -> Option<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes).ok()
}
