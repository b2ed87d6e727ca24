//! Growing one tree, level by level.

use forest::{Child, Node, Tree};

use crate::bins::Bins;
use crate::cell::{Cell, Part};
use crate::error::TrainError;
use crate::index;
use crate::level::{Open, Work, search, winner};
use crate::round::divide;
use crate::split::{Rules, Split};

/// One million, the unit of the rate.
const MILLION: i128 = 1_000_000;

/// What stays the same from tree to tree.
pub(crate) struct Grower<'a> {
    pub(crate) bins: &'a Bins,
    pub(crate) rules: Rules,
    pub(crate) depth: u32,
    pub(crate) rate_millionths: u32,
    pub(crate) threads: u32,
    pub(crate) works: Vec<Work>,
    /// Gain of the splits on each feature so far.
    pub(crate) gains: Vec<u128>,
    /// Holds rows while they are parted.
    pub(crate) aside: Vec<Part>,
}

/// A tree, and the rows of each of its leaves next to each other among the parts.
struct Growing {
    tree: Tree,
    ends: Vec<(std::ops::Range<usize>, i32)>,
}

/// A node of the level and the place in the tree that waits for it.
struct Waiting {
    node: Open,
    place: Option<(usize, bool)>,
}

impl Grower<'_> {
    /// Grows a tree on the residuals of `parts` and takes its leaves from them. None if nothing can be
    /// gained by a split.
    pub(crate) fn tree(&mut self, parts: &mut [Part]) -> Result<Option<Tree>, TrainError> {
        let sums = parts.iter().map(Cell::from).fold(Cell::default(), |sum, cell| sum + cell);
        let root = Waiting { node: Open { rows: 0..parts.len(), sums, parent: 0 }, place: None };
        let mut growing = Growing { tree: Tree { nodes: Vec::new(), leaves: Vec::new() }, ends: Vec::new() };
        let mut level = vec![root];
        for _ in 0..self.depth {
            level = self.level(level, parts, &mut growing)?;
            if level.is_empty() {
                break;
            }
        }
        for waiting in level {
            self.end(waiting, &mut growing)?;
        }
        if growing.tree.nodes.is_empty() {
            return Ok(None);
        }
        for (rows, leaf) in growing.ends {
            for part in parts.get_mut(rows).unwrap_or_default() {
                part.residual = part.residual.checked_sub(leaf).ok_or(TrainError::TooLarge)?;
            }
        }
        Ok(Some(growing.tree))
    }

    /// Splits the nodes of a level or makes leaves of them; answers with the next level.
    fn level(
        &mut self,
        level: Vec<Waiting>,
        parts: &mut [Part],
        growing: &mut Growing,
    ) -> Result<Vec<Waiting>, TrainError> {
        let nodes: Vec<Open> = level.iter().map(|waiting| waiting.node.clone()).collect();
        search(&mut self.works, self.bins, &nodes, parts, &self.rules, self.threads);
        let mut next = Vec::new();
        for (position, waiting) in level.into_iter().enumerate() {
            match winner(&self.works, position) {
                None => self.end(waiting, growing)?,
                Some((feature, split)) => {
                    if let Some(gain) = self.gains.get_mut(feature) {
                        *gain = gain.saturating_add(split.gain);
                    }
                    next.extend(self.split(waiting, position, feature, &split, parts, growing)?);
                }
            }
        }
        Ok(next)
    }

    fn split(
        &mut self,
        waiting: Waiting,
        position: usize,
        feature: usize,
        split: &Split,
        parts: &mut [Part],
        growing: &mut Growing,
    ) -> Result<[Waiting; 2], TrainError> {
        let node = Node {
            feature: u16::try_from(feature).map_err(|_| TrainError::TooLarge)?,
            cut: split.cut,
            missing_left: split.missing_left,
            left: Child::Leaf(0),
            right: Child::Leaf(0),
        };
        let number = growing.tree.nodes.len();
        put(&mut growing.tree, waiting.place, Child::Node(short(number)?));
        growing.tree.nodes.push(node);
        let rows = waiting.node.rows;
        let column = self.bins.column(feature).unwrap_or_default();
        let left = part(parts.get_mut(rows.clone()).unwrap_or_default(), &mut self.aside, |part| {
            let bin = column.get(index(part.row)).copied().unwrap_or_default();
            node.goes_left(bin)
        });
        let middle = rows.start.saturating_add(left);
        let child = |rows, sums, left| Waiting {
            node: Open { rows, sums, parent: position },
            place: Some((number, left)),
        };
        Ok([child(rows.start..middle, split.left, true), child(middle..rows.end, split.right, false)])
    }

    /// Makes a leaf: rate times the mean residual, with the ridge, rounded to the nearest integer.
    fn end(&self, waiting: Waiting, growing: &mut Growing) -> Result<(), TrainError> {
        let sums = waiting.node.sums;
        let over =
            i128::from(sums.weight()).saturating_add(i128::from(self.rules.ridge)).saturating_mul(MILLION);
        let value = divide(i128::from(sums.pull).saturating_mul(i128::from(self.rate_millionths)), over);
        let value = i32::try_from(value).map_err(|_| TrainError::TooLarge)?;
        let leaf = Child::Leaf(short(growing.tree.leaves.len())?);
        put(&mut growing.tree, waiting.place, leaf);
        growing.tree.leaves.push(value);
        growing.ends.push((waiting.node.rows, value));
        Ok(())
    }
}

/// Brings the parts that go left to the front, all in their order, and counts them.
fn part(parts: &mut [Part], aside: &mut Vec<Part>, goes_left: impl Fn(&Part) -> bool) -> usize {
    aside.clear();
    let mut left = 0_usize;
    for position in 0..parts.len() {
        let Some(part) = parts.get(position).copied() else { break };
        if goes_left(&part) {
            if let Some(place) = parts.get_mut(left) {
                *place = part;
            }
            left += 1;
        } else {
            aside.push(part);
        }
    }
    for (place, part) in parts.iter_mut().skip(left).zip(aside.iter()) {
        *place = *part;
    }
    left
}

/// Sets the child at a place: a node's position, and whether its left child is meant. The root has none.
fn put(tree: &mut Tree, place: Option<(usize, bool)>, child: Child) {
    if let Some((node, left)) = place
        && let Some(node) = tree.nodes.get_mut(node)
    {
        *if left { &mut node.left } else { &mut node.right } = child;
    }
}

fn short(position: usize) -> Result<u16, TrainError> {
    u16::try_from(position).map_err(|_| TrainError::TooLarge)
}
