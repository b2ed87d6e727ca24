//! The bytes of a forest. All numbers are little-endian.
//!
//! | from | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `ohforest` |
//! | 8 | 4 | version of the format, 1 |
//! | 12 | 4 | CRC-32 (IEEE 802.3) of all bytes but these four |
//! | 16 | 8 | base, `i64` |
//! | 24 | 4 | F features |
//! | 28 | 4 | T trees |
//! | 32 | 4 | N nodes, of all trees |
//! | 36 | 4 | C cuts, of all features |
//! | 40 | 4 | S bytes of names |
//! | 44 | 4 | 0 |
//! | 48 | 8 C | cuts, `i64`, feature by feature |
//! | … | 8 N | nodes, tree by tree: feature `u16`; cut `u8`; flags `u8` (1: missing goes left, 2: left is a leaf, 4: right is a leaf); left `u16`; right `u16`, positions in the tree |
//! | … | 4 (N + T) | leaves, `i32`, tree by tree; a tree has one more than nodes |
//! | … | 2 T | nodes of each tree, `u16` |
//! | … | 2 F | cuts of each feature `u8`, bytes of its name `u8` |
//! | … | S | names in UTF-8 |
//!
//! The same forest has only one form, and bytes are accepted only if they are that form.

use alloc::string::String;
use alloc::vec::Vec;

use crate::checksum::crc32;
use crate::error::ForestError;
use crate::feature::Feature;
use crate::model::Forest;
use crate::tree::{Child, Node, Tree};
use crate::view::View;

/// First bytes of a forest.
pub const MAGIC: [u8; 8] = *b"ohforest";
/// Version of the format.
pub const VERSION: u32 = 1;

pub(crate) const HEADER: usize = 48;
pub(crate) const NODE: usize = 8;
pub(crate) const MISSING_LEFT: u8 = 1;
pub(crate) const LEFT_LEAF: u8 = 2;
pub(crate) const RIGHT_LEAF: u8 = 4;

impl Forest {
    /// The bytes of this forest.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let nodes = || self.trees().iter().flat_map(|tree| &tree.nodes);
        let cuts = || self.features().iter().flat_map(|feature| &feature.cuts);
        let names: usize = self.features().iter().map(|feature| feature.name.len()).sum();
        let mut rest = Vec::new();
        rest.extend(self.base().to_le_bytes());
        for count in [self.features().len(), self.trees().len(), nodes().count(), cuts().count(), names, 0] {
            rest.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        cuts().for_each(|cut| rest.extend(cut.to_le_bytes()));
        nodes().for_each(|node| rest.extend(node_bytes(node)));
        self.trees().iter().flat_map(|tree| &tree.leaves).for_each(|leaf| rest.extend(leaf.to_le_bytes()));
        for tree in self.trees() {
            rest.extend(u16::try_from(tree.nodes.len()).unwrap_or(u16::MAX).to_le_bytes());
        }
        for feature in self.features() {
            let length = |length| u8::try_from(length).unwrap_or(u8::MAX);
            rest.extend([length(feature.cuts.len()), length(feature.name.len())]);
        }
        self.features().iter().for_each(|feature| rest.extend(feature.name.as_bytes()));
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        let sum = crc32(bytes.iter().chain(&rest));
        bytes.extend(sum.to_le_bytes());
        bytes.extend(rest);
        bytes
    }

    /// Reads and checks the bytes of a forest.
    ///
    /// # Errors
    /// What is wrong with them; any change of a bit is. It never panics, and takes no more memory than a
    /// small multiple of the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ForestError> {
        let view = View::new(bytes)?;
        let found = crc32(bytes.iter().take(12).chain(bytes.iter().skip(16)));
        if view.checksum() != found {
            return Err(ForestError::Checksum { expected: view.checksum(), found });
        }
        Self::new(features(&view)?, view.base(), trees(&view)?)
    }
}

fn node_bytes(node: &Node) -> [u8; NODE] {
    let (left, left_flag) = child_bytes(node.left, LEFT_LEAF);
    let (right, right_flag) = child_bytes(node.right, RIGHT_LEAF);
    let flags = if node.missing_left { MISSING_LEFT } else { 0 } | left_flag | right_flag;
    let [feature, feature_high] = node.feature.to_le_bytes();
    let ([left, left_high], [right, right_high]) = (left.to_le_bytes(), right.to_le_bytes());
    [feature, feature_high, node.cut, flags, left, left_high, right, right_high]
}

fn child_bytes(child: Child, flag: u8) -> (u16, u8) {
    match child {
        Child::Node(node) => (node, 0),
        Child::Leaf(leaf) => (leaf, flag),
    }
}

/// A node and the flags that are not known, which must be none.
pub(crate) fn node(bytes: [u8; NODE]) -> (Node, u8) {
    let [feature, feature_high, cut, flags, left, left_high, right, right_high] = bytes;
    let child =
        |position, flag| if flags & flag == 0 { Child::Node(position) } else { Child::Leaf(position) };
    let node = Node {
        feature: u16::from_le_bytes([feature, feature_high]),
        cut,
        missing_left: flags & MISSING_LEFT != 0,
        left: child(u16::from_le_bytes([left, left_high]), LEFT_LEAF),
        right: child(u16::from_le_bytes([right, right_high]), RIGHT_LEAF),
    };
    (node, flags & !(MISSING_LEFT | LEFT_LEAF | RIGHT_LEAF))
}

fn features(view: &View<'_>) -> Result<Vec<Feature>, ForestError> {
    let mut cuts = view.cuts();
    let mut names = view.names();
    let mut features = Vec::new();
    for (position, (count, length)) in view.feature_lengths().enumerate() {
        let refused = |problem| ForestError::Feature { feature: position, problem };
        let (name, more) = names.split_at_checked(length).ok_or(refused("its name is cut short"))?;
        names = more;
        let name = core::str::from_utf8(name).map_err(|_| refused("its name is not UTF-8"))?;
        let cuts: Vec<i64> = cuts.by_ref().take(count).collect();
        if cuts.len() != count {
            return Err(refused("its cuts are cut short"));
        }
        features.push(Feature { name: String::from(name), cuts });
    }
    let position = features.len();
    if !names.is_empty() || cuts.next().is_some() {
        return Err(ForestError::Feature {
            feature: position,
            problem: "there is none, but names or cuts are left over",
        });
    }
    Ok(features)
}

fn trees(view: &View<'_>) -> Result<Vec<Tree>, ForestError> {
    let mut nodes = view.nodes();
    let mut leaves = view.leaves();
    let mut trees = Vec::new();
    for (position, count) in view.tree_lengths().enumerate() {
        let mut tree =
            Tree { nodes: Vec::new(), leaves: leaves.by_ref().take(count.saturating_add(1)).collect() };
        for (number, bytes) in nodes.by_ref().take(count).enumerate() {
            let (node, unknown) = node(bytes);
            if unknown != 0 {
                return Err(ForestError::Node {
                    tree: position,
                    node: number,
                    problem: "it has unknown flags",
                });
            }
            tree.nodes.push(node);
        }
        if tree.nodes.len() != count {
            return Err(ForestError::Tree { tree: position, problem: "its nodes are cut short" });
        }
        trees.push(tree);
    }
    if nodes.next().is_some() {
        return Err(ForestError::Tree {
            tree: trees.len(),
            problem: "there is none, but nodes are left over",
        });
    }
    Ok(trees)
}
