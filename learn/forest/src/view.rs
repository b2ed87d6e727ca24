//! Walks the bytes of a forest as they are.

use alloc::vec::Vec;

use crate::check::limit;
use crate::error::ForestError;
use crate::feature::bin_after;
use crate::format::{HEADER, MAGIC, NODE, VERSION, node};
use crate::tree::Child;
use crate::{MAX_CUTS, MAX_DEPTH, MAX_FEATURES, MAX_FOREST_NODES, MAX_NAME, MAX_TREES};

/// A forest inside bytes that [`Forest::from_bytes`](crate::Forest::from_bytes) has accepted before.
///
/// It looks at the header and the length only, so that a guest begins to score at once. Of bytes that were
/// changed since, the score means nothing, but it comes in the same time and without a panic.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    base: i64,
    checksum: u32,
    cuts: &'a [[u8; 8]],
    nodes: &'a [[u8; NODE]],
    leaves: &'a [[u8; 4]],
    trees: &'a [[u8; 2]],
    features: &'a [[u8; 2]],
    names: &'a [u8],
}

impl<'a> View<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// Other bytes than those of a forest, another version, numbers above the limits, another length than the
    /// header says.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ForestError> {
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(ForestError::NotAForest)?;
        if *magic != MAGIC {
            return Err(ForestError::NotAForest);
        }
        let short = || ForestError::Length { expected: wide(HEADER), found: wide(bytes.len()) };
        let (version, rest) = number(rest).ok_or_else(short)?;
        if version != VERSION {
            return Err(ForestError::Version { found: version });
        }
        let (checksum, rest) = number(rest).ok_or_else(short)?;
        let (base, rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
        let (counts, rest) = rest.split_first_chunk::<24>().ok_or_else(short)?;
        let [features, trees, nodes, cuts, names, zero] = words(counts);
        limit("features of a forest", features, MAX_FEATURES)?;
        limit("trees of a forest", trees, MAX_TREES)?;
        limit("nodes of a forest", nodes, MAX_FOREST_NODES)?;
        limit("cuts of a forest", cuts, MAX_FEATURES * MAX_CUTS)?;
        limit("bytes of names of a forest", names, MAX_FEATURES * MAX_NAME)?;
        limit("the unused number of a forest", zero, 0)?;
        let expected =
            HEADER + 8 * cuts + NODE * nodes + 4 * (nodes + trees) + 2 * trees + 2 * features + names;
        let length = || ForestError::Length { expected: wide(expected), found: wide(bytes.len()) };
        if bytes.len() != expected {
            return Err(length());
        }
        let (cuts, rest) = section::<8>(rest, cuts).ok_or_else(length)?;
        let (nodes, rest) = section::<NODE>(rest, nodes).ok_or_else(length)?;
        let (leaves, rest) = section::<4>(rest, nodes.len() + trees).ok_or_else(length)?;
        let (trees, rest) = section::<2>(rest, trees).ok_or_else(length)?;
        let (features, names) = section::<2>(rest, features).ok_or_else(length)?;
        Ok(Self { base: i64::from_le_bytes(*base), checksum, cuts, nodes, leaves, trees, features, names })
    }

    /// Score of one row of raw values, as [`Forest::score`](crate::Forest::score).
    #[must_use]
    pub fn score(&self, values: &[Option<i64>]) -> i64 {
        let bins = self.bins(values);
        let (mut nodes, mut leaves, mut score) = (self.nodes, self.leaves, self.base);
        for count in self.tree_lengths() {
            score = score.saturating_add(i64::from(leaf(nodes, leaves, &bins, count)));
            nodes = nodes.get(count..).unwrap_or_default();
            leaves = leaves.get(count.saturating_add(1)..).unwrap_or_default();
        }
        score
    }

    /// Names of the features in their order, up to the first that is not UTF-8.
    pub fn feature_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut names = self.names;
        self.features.iter().map_while(move |[_, length]| {
            let (name, rest) = names.split_at_checked(usize::from(*length))?;
            names = rest;
            core::str::from_utf8(name).ok()
        })
    }

    fn bins(&self, values: &[Option<i64>]) -> Vec<u8> {
        let mut cuts = self.cuts;
        let values = values.iter().copied().chain(core::iter::repeat(None));
        let bin = |((count, _), value): ((usize, usize), Option<i64>)| {
            let (of_feature, rest) = cuts.split_at_checked(count).unwrap_or_default();
            cuts = rest;
            match value {
                None => 0,
                Some(value) => bin_after(of_feature.partition_point(|cut| i64::from_le_bytes(*cut) <= value)),
            }
        };
        self.feature_lengths().zip(values).map(bin).collect()
    }

    pub(crate) fn base(&self) -> i64 {
        self.base
    }

    pub(crate) fn checksum(&self) -> u32 {
        self.checksum
    }

    pub(crate) fn cuts(&self) -> impl Iterator<Item = i64> + use<'a> {
        self.cuts.iter().map(|cut| i64::from_le_bytes(*cut))
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = [u8; NODE]> + use<'a> {
        self.nodes.iter().copied()
    }

    pub(crate) fn leaves(&self) -> impl Iterator<Item = i32> + use<'a> {
        self.leaves.iter().map(|leaf| i32::from_le_bytes(*leaf))
    }

    /// Nodes of each tree.
    pub(crate) fn tree_lengths(&self) -> impl Iterator<Item = usize> + use<'a> {
        self.trees.iter().map(|count| usize::from(u16::from_le_bytes(*count)))
    }

    /// Cuts and bytes of the name of each feature.
    pub(crate) fn feature_lengths(&self) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        self.features.iter().map(|[cuts, name]| (usize::from(*cuts), usize::from(*name)))
    }

    pub(crate) fn names(&self) -> &'a [u8] {
        self.names
    }
}

/// The leaf of a row in the tree that comes first, of `count` nodes; 0 if the tree is broken.
fn leaf(nodes: &[[u8; NODE]], leaves: &[[u8; 4]], bins: &[u8], count: usize) -> i32 {
    let mut child = if count == 0 { Child::Leaf(0) } else { Child::Node(0) };
    for _ in 0..=MAX_DEPTH {
        match child {
            Child::Leaf(leaf) => {
                return leaves.get(usize::from(leaf)).map_or(0, |leaf| i32::from_le_bytes(*leaf));
            }
            Child::Node(position) => match nodes.get(usize::from(position)) {
                Some(bytes) => {
                    let (node, _) = node(*bytes);
                    child = node.child(bins.get(usize::from(node.feature)).copied().unwrap_or_default());
                }
                None => return 0,
            },
        }
    }
    0
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk::<4>().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// Six numbers of the header. None is lost: a number that does not fit is above every limit.
fn words(bytes: &[u8; 24]) -> [usize; 6] {
    let (words, _) = bytes.as_chunks::<4>();
    let mut words = words.iter().map(|word| usize::try_from(u32::from_le_bytes(*word)).unwrap_or(usize::MAX));
    core::array::from_fn(|_| words.next().unwrap_or_default())
}

/// The next `count` pieces of N bytes.
fn section<const N: usize>(bytes: &[u8], count: usize) -> Option<(&[[u8; N]], &[u8])> {
    let (section, rest) = bytes.split_at_checked(count.checked_mul(N)?)?;
    Some((section.as_chunks::<N>().0, rest))
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
