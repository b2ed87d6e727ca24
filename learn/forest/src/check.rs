//! The check of a forest, once, so that walking it needs none.

use alloc::collections::BTreeSet;
use alloc::vec;

use crate::error::ForestError;
use crate::feature::Feature;
use crate::tree::{Child, Node, Tree};
use crate::{MAX_BASE, MAX_CUTS, MAX_DEPTH, MAX_FEATURES, MAX_FOREST_NODES, MAX_NAME, MAX_NODES, MAX_TREES};

/// A count against its limit.
pub(crate) fn limit(what: &'static str, found: usize, most: usize) -> Result<(), ForestError> {
    if found <= most {
        Ok(())
    } else {
        Err(ForestError::Limit { what, found: wide(found), most: wide(most) })
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(crate) fn base(base: i64) -> Result<(), ForestError> {
    if base.unsigned_abs() <= MAX_BASE.unsigned_abs() {
        Ok(())
    } else {
        Err(ForestError::Limit {
            what: "size of the base",
            found: base.unsigned_abs(),
            most: MAX_BASE.unsigned_abs(),
        })
    }
}

pub(crate) fn features(features: &[Feature]) -> Result<(), ForestError> {
    limit("features of a forest", features.len(), MAX_FEATURES)?;
    let mut names = BTreeSet::new();
    for (position, feature) in features.iter().enumerate() {
        let refused = |problem| ForestError::Feature { feature: position, problem };
        if feature.name.is_empty() || feature.name.len() > MAX_NAME {
            return Err(refused("its name is empty or longer than 255 bytes"));
        }
        if !names.insert(feature.name.as_str()) {
            return Err(refused("an earlier feature has the same name"));
        }
        if feature.cuts.len() > MAX_CUTS {
            return Err(refused("it has more than 254 cuts"));
        }
        if !feature.cuts.is_sorted_by(|one, next| one < next) {
            return Err(refused("its cuts do not ascend"));
        }
    }
    Ok(())
}

pub(crate) fn trees(trees: &[Tree], features: &[Feature]) -> Result<(), ForestError> {
    limit("trees of a forest", trees.len(), MAX_TREES)?;
    let mut nodes = 0_usize;
    for (position, tree) in trees.iter().enumerate() {
        nodes = nodes.saturating_add(tree.nodes.len());
        limit("nodes of a forest", nodes, MAX_FOREST_NODES)?;
        whole(position, tree)?;
        for (number, node) in tree.nodes.iter().enumerate() {
            split(node, features).map_err(|problem| ForestError::Node {
                tree: position,
                node: number,
                problem,
            })?;
        }
    }
    Ok(())
}

/// The feature and the cut of a node exist.
fn split(node: &Node, features: &[Feature]) -> Result<(), &'static str> {
    let feature =
        features.get(usize::from(node.feature)).ok_or("it asks for a feature that does not exist")?;
    if usize::from(node.cut) > feature.cuts.len() {
        Err("it asks for a cut that does not exist")
    } else {
        Ok(())
    }
}

/// Children come after their parents and have one each, so that each walk ends at a leaf.
fn whole(position: usize, tree: &Tree) -> Result<(), ForestError> {
    let refused = |problem| ForestError::Tree { tree: position, problem };
    if tree.nodes.len() > MAX_NODES {
        return Err(refused("it has more than 65,535 nodes"));
    }
    if tree.leaves.len() != tree.nodes.len().saturating_add(1) {
        return Err(refused("it needs one leaf more than nodes"));
    }
    // Depth of each node, the root at 1; 0 where no parent has named it yet.
    let mut depth = vec![0_usize; tree.nodes.len()];
    let mut leaves = vec![false; tree.leaves.len()];
    if let Some(root) = depth.first_mut() {
        *root = 1;
    }
    for (number, node) in tree.nodes.iter().enumerate() {
        let problem = |problem| ForestError::Node { tree: position, node: number, problem };
        let here = depth.get(number).copied().unwrap_or_default();
        if here == 0 {
            return Err(problem("no earlier node leads to it"));
        }
        if here > MAX_DEPTH {
            return Err(problem("it lies deeper than 255 nodes"));
        }
        for child in [node.left, node.right] {
            let taken = match child {
                Child::Node(child) => match depth.get_mut(usize::from(child)) {
                    Some(depth) => core::mem::replace(depth, here.saturating_add(1)) != 0,
                    None => return Err(problem("it leads to a node that does not exist")),
                },
                Child::Leaf(leaf) => match leaves.get_mut(usize::from(leaf)) {
                    Some(taken) => core::mem::replace(taken, true),
                    None => return Err(problem("it leads to a leaf that does not exist")),
                },
            };
            if taken {
                return Err(problem("it leads to a place that has a parent already"));
            }
        }
    }
    // There are as many children as leaves and nodes but the root, and none was taken twice: none is left out.
    // The leaf of a tree without nodes is its root.
    Ok(())
}
