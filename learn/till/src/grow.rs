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
            let mut grown = Grown { columns: &columns, tree, splits: [[0, u8::MAX]; SLOTS], leaves: [0; SLOTS] };
            grown.grow(first(tree), 1, 0).map_err(|()| ModelError::Tree {
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
    columns: &'a [usize],
    tree: &'a Tree,
    splits: [[u8; 2]; SLOTS],
    leaves: [i32; SLOTS],
}

impl Grown<'_> {
    /// Puts a node or a leaf at a place; a leaf above the last row fills all below it.
    fn grow(&mut self, child: Child, place: usize, above: usize) -> Result<(), ()> {
        match child {
            Child::Leaf(leaf) => {
                let value = self.tree.leaves.get(usize::from(leaf)).copied().unwrap_or_default();
                let width = SLOTS >> above;
                let start = (place << (MAX_DEPTH - above)) - SLOTS;
                self.leaves.iter_mut().skip(start).take(width).for_each(|leaf| *leaf = value);
                Ok(())
            }
            Child::Node(_) if above == MAX_DEPTH => Err(()),
            Child::Node(node) => {
                let node = *self.tree.nodes.get(usize::from(node)).ok_or(())?;
                let column = self.columns.get(usize::from(node.feature)).copied().unwrap_or_default();
                // A bin goes right if it is above 1 + cut; where missing is the largest, bins are 1 smaller.
                let (column, limit) = match node.missing_left {
                    true => (column, node.cut.saturating_add(1)),
                    false => (column + MISSING_RIGHT, node.cut),
                };
                if let Some(split) = self.splits.get_mut(place) {
                    *split = [u8::try_from(column).unwrap_or(u8::MAX), limit];
                }
                self.grow(node.left, 2 * place, above + 1)?;
                self.grow(node.right, 2 * place + 1, above + 1)
            }
        }
    }

    fn to_bytes(&self) -> [u8; TREE] {
        let mut bytes = [0; TREE];
        let all = self.splits.iter().flatten().copied().chain(self.leaves.iter().flat_map(|leaf| leaf.to_le_bytes()));
        bytes.iter_mut().zip(all).for_each(|(byte, value)| *byte = value);
        bytes
    }
}
