//! One decision tree.

use alloc::vec::Vec;

/// Where a node sends a row: positions in the same tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// A node, later in the tree than the one that names it.
    Node(u16),
    Leaf(u16),
}

/// A question about one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Position of the feature in the forest.
    pub feature: u16,
    /// Position of a cut of the feature: a value below the cut goes left. If it is the number of the
    /// feature's cuts, every value that is not missing goes left.
    pub cut: u8,
    /// Whether a missing value goes left.
    pub missing_left: bool,
    pub left: Child,
    pub right: Child,
}

/// A tree: every node and leaf but the root is the child of exactly one node. A tree without nodes is its
/// only leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The root is the first.
    pub nodes: Vec<Node>,
    /// One more than nodes.
    pub leaves: Vec<i32>,
}

impl Node {
    /// Where a row with this bin of the feature goes.
    #[must_use]
    pub fn child(&self, bin: u8) -> Child {
        if self.goes_left(bin) { self.left } else { self.right }
    }

    /// Whether a row with this bin of the feature goes left: the one place that says what a split means.
    #[must_use]
    pub fn goes_left(&self, bin: u8) -> bool {
        match bin.checked_sub(1) {
            None => self.missing_left,
            Some(cuts_passed) => cuts_passed <= self.cut,
        }
    }
}

impl Tree {
    /// The leaf of a row, which is given as a function from the position of a feature to its bin.
    ///
    /// Trees of a [`Forest`](crate::Forest) are checked and end here at a leaf. A tree that is not may name
    /// nodes that do not exist: it gives 0.
    pub(crate) fn leaf(&self, bin: impl Fn(u16) -> u8) -> i32 {
        let mut child = if self.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
        loop {
            match child {
                Child::Leaf(leaf) => return self.leaves.get(usize::from(leaf)).copied().unwrap_or_default(),
                Child::Node(node) => match self.nodes.get(usize::from(node)) {
                    Some(node) => child = node.child(bin(node.feature)),
                    None => return 0,
                },
            }
        }
    }
}
