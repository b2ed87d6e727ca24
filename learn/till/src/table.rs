//! The bytes of a model at the till. All numbers are little-endian.
//!
//! | from | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `ohtill02` |
//! | 8 | 4 | bytes of the whole table |
//! | 12 | 1 | F features |
//! | 13 | 1 | M of them, the first, are attributes of the member |
//! | 14 | 1 | L levels |
//! | 15 | 1 | the constant: a level from 1, 0 for nothing |
//! | 16 | 1 | G labels of goods |
//! | 17 | 1 | bytes of the name |
//! | 18 | 1 | bytes of the version |
//! | 19 | 1 | 0 |
//! | 20 | 4 | S bytes of texts |
//! | 24 | 4 | C blocks of cuts, of all features |
//! | 28 | 4 | T trees, of all levels |
//! | 32 | 256 C | blocks of 32 slots of cuts, `i64`, feature by feature |
//! | … | 28 L | levels: base `i64`; what of a score is an outcome of 1, `i64`; cost `i64`, in millionths; trees `u32` |
//! | … | 384 T | trees, level by level |
//! | … | 8 F | features: kind and place of the source; cuts; bytes of the name, 0 for what the till knows; first block `u32` |
//! | … | G | bytes of each label |
//! | … | S | texts in UTF-8: name, version, names of attributes, labels |
//! | … | 8 | checksum of all bytes before it |
//!
//! **A tree** is complete, of depth 6: 64 columns, 64 limits, a byte each, then 64 leaves of four bytes. Node *p*
//! of row *r*, both from 0, has its column and its limit at 2^*r* + *p*; place 0 is not used. From there a row of
//! values goes to node *p* of the next row, or to *p* + 2^*r* if its byte in the column is above the limit; what
//! follows row 5 is the leaf. Shallower trees are filled up.
//!
//! **Cuts** of a feature take a block of 32 slots, or 8 blocks if there are more than 31: the first is not used, then come the cuts,
//! which ascend, then the largest `i64`. So they are searched in 5 steps or 8, without a question whether a slot
//! exists.
//!
//! **Columns** of a row: for feature *f* its bin at *f*, 0 where the value is missing; and at 128 + *f* the
//! bin less 1, 255 where it is missing. So one comparison also sends missing values to the side that the
//! trainer chose.

use std::iter;

use crate::grow;
use crate::model::Parts;
use crate::source::{Named, Source};
use crate::{MAX_BYTES, MAX_FEATURES, MAX_GOODS, MAX_TREES, ModelError};

/// First bytes of a table.
pub const MAGIC: [u8; 8] = *b"ohtill02";

pub(crate) const HEADER: usize = 32;
pub(crate) const LEVEL: usize = 28;
pub(crate) const TREE: usize = 384;
pub(crate) const FEATURE: usize = 8;
pub(crate) const CHECKSUM: usize = 8;
/// Places, and leaves, of a tree.
pub(crate) const SLOTS: usize = 64;
/// Slots for few cuts, and for many.
pub(crate) const FEW: usize = 32;
pub(crate) const MANY: usize = 256;
/// First column in which a missing value is the largest.
pub(crate) const MISSING_RIGHT: usize = 128;

/// Base, score of an outcome of 1, cost and trees of a level.
pub(crate) fn level(bytes: &[u8; LEVEL]) -> (i64, i64, i64, usize) {
    let (numbers, trees) = bytes.as_chunks::<8>();
    let mut numbers = numbers.iter().map(|number| i64::from_le_bytes(*number));
    let mut next = || numbers.next().unwrap_or_default();
    let trees = trees.first_chunk::<4>().map_or(0, |trees| u32::from_le_bytes(*trees));
    (next(), next(), next(), usize::try_from(trees).unwrap_or(usize::MAX))
}

/// A feature that the trees of some level ask for.
pub(crate) struct Used<'a> {
    pub(crate) name: &'a str,
    source: Source,
    cuts: &'a [i64],
}

/// Writes the table of a model whose parts were checked by themselves.
pub(crate) fn write(parts: &Parts) -> Result<Vec<u8>, ModelError> {
    let (features, labels) = used(parts)?;
    let attributes = || features.iter().filter(|feature| matches!(feature.source, Source::Member(_)));
    let trees = grow::trees(parts, &features)?;
    limit("trees of a model", trees.len(), MAX_TREES)?;
    let mut cuts: Vec<i64> = Vec::new();
    let mut starts = Vec::new();
    for feature in &features {
        starts.push(cuts.len() / FEW);
        cuts.extend(slots(feature.cuts));
    }
    let texts: Vec<&str> = [parts.name.as_str(), parts.version.as_str()]
        .into_iter()
        .chain(attributes().map(|feature| feature.name))
        .chain(labels.iter().copied())
        .collect();
    let text_bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut rest = vec![
        byte(features.len()),
        byte(attributes().count()),
        byte(parts.levels.len()),
        parts.constant.unwrap_or_default(),
        byte(labels.len()),
        byte(parts.name.len()),
        byte(parts.version.len()),
        0,
    ];
    for count in [text_bytes, cuts.len() / FEW, trees.len()] {
        rest.extend(word(count));
    }
    cuts.iter().for_each(|cut| rest.extend(cut.to_le_bytes()));
    for level in &parts.levels {
        for number in [level.forest.base(), level.scale, level.cost] {
            rest.extend(number.to_le_bytes());
        }
        rest.extend(word(level.forest.trees().len()));
    }
    trees.iter().for_each(|tree| rest.extend(tree));
    for (feature, start) in features.iter().zip(starts) {
        let name = if matches!(feature.source, Source::Member(_)) { feature.name.len() } else { 0 };
        rest.extend(feature.source.to_bytes());
        rest.extend([byte(feature.cuts.len()), byte(name)]);
        rest.extend(word(start));
    }
    rest.extend(labels.iter().map(|label| byte(label.len())));
    texts.iter().for_each(|text| rest.extend(text.as_bytes()));
    let length = MAGIC.len() + 4 + rest.len() + CHECKSUM;
    limit("bytes of a model", length, MAX_BYTES)?;
    let mut table = [MAGIC.as_slice(), &word(length), &rest].concat();
    table.extend(checksum(&table).to_le_bytes());
    Ok(table)
}

/// The slots of a feature's cuts.
fn slots(cuts: &[i64]) -> impl Iterator<Item = i64> {
    let slots = if cuts.len() < FEW { FEW } else { MANY };
    let unused = iter::once(i64::MIN);
    unused.chain(cuts.iter().copied()).chain(iter::repeat(i64::MAX)).take(slots)
}

/// A checksum that any change within eight bytes from a multiple of eight alters: each step is a bijection of the
/// sum, and of the word. A mechanic works it out for 320 KiB within a third of the fuel of a call.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, word: [u8; 8]| {
        let mixed = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 32)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(byte, own)| *byte = *own);
    let sum = words.iter().fold(u64::try_from(bytes.len()).unwrap_or(u64::MAX), |sum, word| step(sum, *word));
    step(sum, last)
}

/// The features that trees ask for: attributes of the member by name, then what the till knows; and the
/// labels of goods by name.
fn used(parts: &Parts) -> Result<(Vec<Used<'_>>, Vec<&str>), ModelError> {
    let mut all: Vec<(Named<'_>, &str, &[i64])> = Vec::new();
    for level in &parts.levels {
        let asked = grow::asked(&level.forest);
        for feature in
            level.forest.features().iter().zip(asked).filter_map(|(feature, asked)| asked.then_some(feature))
        {
            match all.iter().find(|(_, name, _)| *name == feature.name) {
                Some((_, _, cuts)) if *cuts == feature.cuts => {}
                Some(_) => return Err(ModelError::Cuts { name: feature.name.clone() }),
                None => all.push((Named::read(&feature.name)?, &feature.name, &feature.cuts)),
            }
        }
    }
    limit("features that trees ask for", all.len(), MAX_FEATURES)?;
    all.sort_by_key(|(named, name, _)| (!matches!(named, Named::Member(_)), *name));
    let mut labels: Vec<&str> = all
        .iter()
        .filter_map(|(named, ..)| if let Named::Goods { label, .. } = named { Some(*label) } else { None })
        .collect();
    labels.sort_unstable();
    labels.dedup();
    limit("labels of goods", labels.len(), MAX_GOODS)?;
    let mut features = Vec::new();
    for (place, (named, name, cuts)) in all.into_iter().enumerate() {
        let place_of = |label| byte(labels.iter().position(|one| *one == label).unwrap_or_default());
        let source = match named {
            Named::Member(_) => Source::Member(byte(place)),
            Named::Till(source) => source,
            Named::Goods { label, sum: true } => Source::GoodsSum(place_of(label)),
            Named::Goods { label, sum: false } => Source::GoodsUnits(place_of(label)),
        };
        limit("bytes of the name of a feature", name.len(), usize::from(u8::MAX))?;
        features.push(Used { name, source, cuts });
    }
    Ok((features, labels))
}

pub(crate) fn limit(what: &'static str, found: usize, most: usize) -> Result<(), ModelError> {
    if found <= most { Ok(()) } else { Err(ModelError::Limit { what, found, most }) }
}

/// A number that a limit keeps within a byte.
fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
