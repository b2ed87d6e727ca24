//! Trees of any shape, made complete.

use forest::{Child, Forest, Tree};

use crate::model::Parts;
use crate::table::{MISSING_RIGHT, SLOTS, TREE, Used};
use crate::{MAX_DEPTH, ModelError};

/// Which of its features the trees of a forest ask for.
pub(crate) fn asked(forest: &Forest) -> Vec<bool> {
    let mut asked = vec![false; forest.features().len()];
    for node in forest.trees().iter().flat_map(|tree| &tree.nodes) {
        if let Some(asked) = asked.get_mut(usize::from(node.feature)) {
            *asked = true;
        }
    }
    asked
}

/// The complete trees of all levels, in order.
pub(crate) fn trees(parts: &Parts, features: &[Used<'_>]) -> Result<Vec<[u8; TREE]>, ModelError> {
    let mut all = Vec::new();
    for (level, part) in (1..).zip(&parts.levels) {
        // Where the features of this forest stand in the table; those that no tree asks for, anywhere.
        let place = |name: &str| features.iter().position(|feature| feature.name == name).unwrap_or_default();
        let columns: Vec<usize> = part.forest.features().iter().map(|feature| place(&feature.name)).collect();
        for (number, tree) in part.forest.trees().iter().enumerate() {
            let mut grown = Grown::new(&columns, tree);
            grown.grow(first(tree), 0, 0).map_err(|()| ModelError::Tree {
                level,
                tree: number,
                depth: depth(tree, first(tree)),
                most: MAX_DEPTH,
            })?;
            all.push(grown.to_bytes());
        }
    }
    Ok(all)
}

fn first(tree: &Tree) -> Child {
    if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) }
}

/// Nodes between here and the farthest leaf. A checked tree has at most 255.
fn depth(tree: &Tree, child: Child) -> usize {
    match child {
        Child::Leaf(_) => 0,
        Child::Node(node) => tree
            .nodes
            .get(usize::from(node))
            .map_or(0, |node| depth(tree, node.left).max(depth(tree, node.right)).saturating_add(1)),
    }
}

/// A tree on the way to be complete.
struct Grown<'a> {
    /// Columns of the features of the forest.
    features: &'a [usize],
    tree: &'a Tree,
    columns: [u8; SLOTS],
    limits: [u8; SLOTS],
    leaves: [i32; SLOTS],
}

impl<'a> Grown<'a> {
    /// Every row goes left: nothing is above the limit.
    fn new(features: &'a [usize], tree: &'a Tree) -> Self {
        Self { features, tree, columns: [0; SLOTS], limits: [u8::MAX; SLOTS], leaves: [0; SLOTS] }
    }

    /// Puts a node or a leaf at a place in a row; a leaf above the last row fills all below it.
    fn grow(&mut self, child: Child, place: usize, row: usize) -> Result<(), ()> {
        match child {
            Child::Leaf(leaf) => {
                let value = self.tree.leaves.get(usize::from(leaf)).copied().unwrap_or_default();
                self.leaves.iter_mut().skip(place).step_by(1 << row).for_each(|leaf| *leaf = value);
                Ok(())
            }
            Child::Node(_) if row == MAX_DEPTH => Err(()),
            Child::Node(node) => {
                let node = *self.tree.nodes.get(usize::from(node)).ok_or(())?;
                let column = self.features.get(usize::from(node.feature)).copied().unwrap_or_default();
                // A bin goes right if it is above 1 + cut; where missing is the largest, bins are 1 smaller.
                let (column, limit) = match node.missing_left {
                    true => (column, node.cut.saturating_add(1)),
                    false => (column + MISSING_RIGHT, node.cut),
                };
                let right = 1 << row;
                if let (Some(own_column), Some(own_limit)) =
                    (self.columns.get_mut(right + place), self.limits.get_mut(right + place))
                {
                    (*own_column, *own_limit) = (u8::try_from(column).unwrap_or(u8::MAX), limit);
                }
                self.grow(node.left, place, row + 1)?;
                self.grow(node.right, place + right, row + 1)
            }
        }
    }

    fn to_bytes(&self) -> [u8; TREE] {
        let mut bytes = [0; TREE];
        let splits = self.columns.iter().chain(&self.limits).copied();
        let all = splits.chain(self.leaves.iter().flat_map(|leaf| leaf.to_le_bytes()));
        bytes.iter_mut().zip(all).for_each(|(byte, value)| *byte = value);
        bytes
    }
}
