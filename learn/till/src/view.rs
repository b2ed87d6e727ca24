//! Walks a table where it lies.

use crate::source::Source;
use crate::table::{self, CHECKSUM, FEATURE, FEW, HEADER, LEVEL, MAGIC, MANY, MISSING_RIGHT, SLOTS, TREE};
use crate::{MAX_BYTES, MAX_DEPTH, MAX_FEATURES, MAX_GOODS, MAX_LEVELS, MAX_TREES, MILLIONTHS, ModelError};

/// A table that [`Model`](crate::Model) wrote.
///
/// It looks at the header and the lengths only, so that a mechanic begins to score at once. Of bytes that
/// were changed since, gains mean nothing, but they come in the same time and without a panic;
/// [`is_intact`](View::is_intact) tells.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    constant: u8,
    members: u8,
    cuts: &'a [[[u8; 8]; FEW]],
    levels: &'a [[u8; LEVEL]],
    trees: &'a [[u8; TREE]],
    features: &'a [[u8; FEATURE]],
    goods: &'a [u8],
    name_length: u8,
    version_length: u8,
    texts: &'a [u8],
    whole: &'a [u8],
}

/// Bytes from a place of a tree to its limit in the last row, that included.
const REACH: usize = SLOTS + SLOTS / 2 + 1;

/// The columns of one row: each feature twice, see [`table`]. A byte is always inside.
#[derive(Clone, Debug)]
pub struct Bins([u8; 256]);

/// A row, and whether anything is known of the member.
#[derive(Clone, Debug)]
pub struct Row {
    pub bins: Bins,
    /// Whether an attribute that the model asks for has a value, or the model asks for none.
    pub is_known: bool,
}

impl<'a> View<'a> {
    /// Reads the header. What follows the table is left out.
    ///
    /// # Errors
    ///
    /// Other bytes than those of a table, numbers above the limits, another length than the header says.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let refused = |problem| ModelError::NotATable { problem };
        let (header, _) =
            bytes.split_first_chunk::<HEADER>().ok_or(refused("it is shorter than its header"))?;
        let [
            m0,
            m1,
            m2,
            m3,
            m4,
            m5,
            m6,
            m7,
            l0,
            l1,
            l2,
            l3,
            features,
            members,
            levels,
            constant,
            goods,
            name,
            version,
            0,
            x0,
            x1,
            x2,
            x3,
            c0,
            c1,
            c2,
            c3,
            t0,
            t1,
            t2,
            t3,
        ] = *header
        else {
            return Err(refused("its header is damaged"));
        };
        if [m0, m1, m2, m3, m4, m5, m6, m7] != MAGIC {
            return Err(refused("it begins otherwise"));
        }
        let wide = |bytes| usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX);
        let (length, texts) = (wide([l0, l1, l2, l3]), wide([x0, x1, x2, x3]));
        let (cuts, trees) = (wide([c0, c1, c2, c3]), wide([t0, t1, t2, t3]));
        let (features, levels, goods) = (usize::from(features), usize::from(levels), usize::from(goods));
        let within = features <= MAX_FEATURES
            && levels <= MAX_LEVELS
            && goods <= MAX_GOODS
            && trees <= MAX_TREES
            && length <= MAX_BYTES
            && texts <= MAX_BYTES
            && cuts <= MAX_BYTES;
        let parts = HEADER + 8 * FEW * cuts.min(MAX_BYTES) + LEVEL * levels + TREE * trees.min(MAX_TREES);
        if !within || length != parts + FEATURE * features + goods + texts + CHECKSUM {
            return Err(refused("its lengths do not add up"));
        }
        let short = || refused("it is cut short");
        let whole = bytes.get(..length).ok_or_else(short)?;
        let rest = whole.get(HEADER..).ok_or_else(short)?;
        let (cuts, rest) = section::<8>(rest, FEW * cuts).ok_or_else(short)?;
        let (cuts, _) = cuts.as_chunks::<FEW>();
        let (levels, rest) = section::<LEVEL>(rest, levels).ok_or_else(short)?;
        let (trees, rest) = section::<TREE>(rest, trees).ok_or_else(short)?;
        let (features, rest) = section::<FEATURE>(rest, features).ok_or_else(short)?;
        let (goods, rest) = rest.split_at_checked(goods).ok_or_else(short)?;
        let (texts, _) = rest.split_at_checked(texts).ok_or_else(short)?;
        Ok(Self {
            constant,
            members,
            cuts,
            levels,
            trees,
            features,
            goods,
            name_length: name,
            version_length: version,
            texts,
            whole,
        })
    }

    /// Whether the bytes are those that were written. It takes a while: for when a mechanic is admitted.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let split = self.whole.split_last_chunk::<CHECKSUM>();
        split.is_some_and(|(rest, sum)| table::checksum(rest) == u64::from_le_bytes(*sum))
    }

    /// Name of the mechanic.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text(0, self.name_length)
    }

    /// Version of the mechanic.
    #[must_use]
    pub fn version(&self) -> &'a str {
        self.text(usize::from(self.name_length), self.version_length)
    }

    /// Number of levels, nothing not counted.
    #[must_use]
    pub fn levels(&self) -> u8 {
        u8::try_from(self.levels.len()).unwrap_or(u8::MAX)
    }

    /// The level of members of whom nothing is known; nothing if they get none.
    #[must_use]
    pub fn constant(&self) -> Option<u8> {
        Some(self.constant).filter(|level| *level > 0)
    }

    /// Attributes of the member that the model asks for: the name of each, in the order of
    /// [`Source::Member`].
    pub fn attributes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let view = *self;
        let mut start = usize::from(self.name_length) + usize::from(self.version_length);
        self.features.iter().take(usize::from(self.members)).map(move |[_, _, _, length, ..]| {
            let name = view.text(start, *length);
            start += usize::from(*length);
            name
        })
    }

    /// Labels of the goods that an offer must name, in the order of [`Source::GoodsSum`].
    pub fn goods(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let view = *self;
        let names = self.features.iter().take(usize::from(self.members)).map(|[_, _, _, length, ..]| *length);
        let before = [self.name_length, self.version_length].into_iter().chain(names);
        let mut start: usize = before.map(usize::from).sum();
        self.goods.iter().map(move |length| {
            let label = view.text(start, *length);
            start += usize::from(*length);
            label
        })
    }

    /// The columns of a row: takes the attributes of the member that have a value, each with its place among those
    /// that the model asks for, and asks for what the till knows. Others than the model asks for are left out.
    #[must_use]
    pub fn row(
        &self,
        attributes: impl IntoIterator<Item = (u32, i64)>,
        till: impl Fn(Source) -> Option<i64>,
    ) -> Row {
        let mut bins = Bins::MISSING;
        let (asked, known) = self.features.split_at_checked(self.members.into()).unwrap_or_default();
        let mut is_known = asked.is_empty();
        for (place, value) in attributes {
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let Some(feature) = asked.get(place) {
                bins.set(place, self.passed(feature, value));
                is_known = true;
            }
        }
        for (place, feature) in (asked.len()..).zip(known) {
            let [kind, of, ..] = *feature;
            if let Some(value) = Source::of_bytes([kind, of]).and_then(&till) {
                bins.set(place, self.passed(feature, value));
            }
        }
        Row { bins, is_known }
    }

    /// Number of a feature's cuts that are not above a value.
    #[inline]
    fn passed(&self, [_, _, count, _, start @ ..]: &[u8; FEATURE], value: i64) -> u8 {
        let start = usize::try_from(u32::from_le_bytes(*start)).unwrap_or(usize::MAX);
        let place = if usize::from(*count) < FEW {
            self.cuts.get(start).map(|slots| few(slots, value))
        } else {
            let blocks = self.cuts.get(start..).and_then(|blocks| blocks.first_chunk::<{ MANY / FEW }>());
            let slots = blocks.and_then(|blocks| blocks.as_flattened().first_chunk());
            slots.map(|slots| many(slots, value))
        };
        // The largest value passes the slots behind the cuts as well.
        u8::try_from(place.unwrap_or_default()).unwrap_or(u8::MAX).min(*count)
    }

    /// What a level brings over nothing with this row, in millionths; 0 for a level that there is not.
    #[must_use]
    pub fn gain(&self, level: u8, bins: &Bins) -> i64 {
        let mut trees = self.trees;
        for (number, bytes) in (1..).zip(self.levels) {
            let (base, scale, _, count) = table::level(bytes);
            let (own, rest) = trees.split_at_checked(count).unwrap_or_default();
            trees = rest;
            if number == level {
                let score =
                    own.iter().fold(base, |score, tree| score.wrapping_add(i64::from(leaf(tree, bins))));
                return score.saturating_mul(MILLIONTHS).checked_div(scale).unwrap_or_default();
            }
        }
        0
    }

    /// What a level costs, in millionths.
    #[must_use]
    pub fn cost(&self, level: u8) -> i64 {
        let place = usize::from(level).checked_sub(1).and_then(|place| self.levels.get(place));
        place.map_or(0, |bytes| table::level(bytes).2)
    }

    fn text(&self, start: usize, length: u8) -> &'a str {
        let bytes = self.texts.get(start..start.saturating_add(usize::from(length))).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

type Slot = [u8; 8];

/// Place of the last slot that is not above a value; 0 if the second one is.
#[inline]
fn few(slots: &[Slot; FEW], value: i64) -> usize {
    let last = || {
        let half: &[Slot; 16] = halve(slots, value)?;
        let half: &[Slot; 8] = halve(half, value)?;
        let half: &[Slot; 4] = halve(half, value)?;
        let half: &[Slot; 2] = halve(half, value)?;
        halve::<2, 1>(half, value)
    };
    last().map_or(0, |last| distance(slots, last))
}

/// The same of many slots.
#[inline]
fn many(slots: &[Slot; MANY], value: i64) -> usize {
    let block = || {
        let half: &[Slot; 128] = halve(slots, value)?;
        let half: &[Slot; 64] = halve(half, value)?;
        halve::<64, FEW>(half, value)
    };
    block().map_or(0, |block| distance(slots, block) + few(block, value))
}

/// Slots between the beginning of some and that of a part of them.
#[inline]
fn distance(slots: &[Slot], part: &[Slot]) -> usize {
    part.as_ptr().addr().wrapping_sub(slots.as_ptr().addr()) / size_of::<Slot>()
}

/// The half of N slots that has the last one that is not above a value. The way is an address,
/// not a place to be added to one.
#[inline]
fn halve<const N: usize, const M: usize>(slots: &[Slot; N], value: i64) -> Option<&[Slot; M]> {
    let (low, high) = slots.split_at_checked(M)?;
    let is_passed = high.first().is_some_and(|slot| i64::from_le_bytes(*slot) <= value);
    if is_passed { high.first_chunk() } else { low.first_chunk() }
}

impl Bins {
    /// Nothing has a value.
    const MISSING: Self = {
        let mut bins = [0; 256];
        let (_, second) = bins.split_at_mut(MISSING_RIGHT);
        let mut rest = second;
        while let Some((first, others)) = rest.split_first_mut() {
            *first = u8::MAX;
            rest = others;
        }
        Self(bins)
    };

    /// The value of a feature has passed so many cuts, 254 at most.
    #[inline]
    fn set(&mut self, place: usize, passed: u8) {
        let Self(bins) = self;
        // There are 64 features at most, so that nothing is cut off; and the compiler sees that the places exist.
        let place = place % MISSING_RIGHT;
        for (place, bin) in [(place, passed.wrapping_add(1)), (place + MISSING_RIGHT, passed)] {
            if let Some(slot) = bins.get_mut(place) {
                *slot = bin;
            }
        }
    }
}

/// The leaf of a row. This is nearly all of what a call costs, and written for that: that every tree has the same
/// shape spares it every question but the one of the node, and every check that a place exists, which the
/// compiler proves. As a function of its own it takes a quarter fewer instructions than in the loop over trees.
#[inline(never)]
fn leaf(tree: &[u8; TREE], bins: &Bins) -> i32 {
    let Bins(bins) = bins;
    let (_, leaves) = tree.split_at(2 * SLOTS);
    let (leaves, _) = leaves.as_chunks::<4>();
    let mut place = 0_usize;
    for row in 0..MAX_DEPTH {
        let Some(from) = tree.get(place..).and_then(|from| from.first_chunk::<REACH>()) else { return 0 };
        let column = from.get(1 << row).copied().unwrap_or_default();
        let limit = from.get(SLOTS + (1 << row)).copied().unwrap_or_default();
        let bin = bins.get(usize::from(column)).copied().unwrap_or_default();
        place |= usize::from(bin > limit) << row;
    }
    leaves.get(place).map_or(0, |leaf| i32::from_le_bytes(*leaf))
}

/// The next `count` pieces of N bytes.
fn section<const N: usize>(bytes: &[u8], count: usize) -> Option<(&[[u8; N]], &[u8])> {
    let (section, rest) = bytes.split_at_checked(count.checked_mul(N)?)?;
    Some((section.as_chunks::<N>().0, rest))
}
