//! One level of a tree: histograms of its nodes and their best splits, feature by feature, on some threads.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::bins::Bins;
use crate::cell::{Cell, Part};
use crate::index;
use crate::split::{Rules, Split, best};

/// Fewest bins to look at (rows times features) for which threads are started.
const WORTH_THREADS: usize = 100_000;

/// A node of the level.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// Its rows among the parts.
    pub(crate) rows: Range<usize>,
    pub(crate) sums: Cell,
    /// Its parent, by position in the level before.
    pub(crate) parent: usize,
}

/// Where the histograms of a level come from.
pub(crate) enum Pair<'a> {
    Root(&'a Open),
    /// Two siblings, next to each other.
    Siblings(&'a Open, &'a Open),
}

/// A feature and its histograms, of the last level and of this one: cells of a node next to each other.
pub(crate) struct Work {
    feature: usize,
    width: usize,
    before: Vec<Cell>,
    now: Vec<Cell>,
    /// Best split of each node of the level on this feature.
    pub(crate) best: Vec<Option<Split>>,
}

impl Work {
    /// One for each feature that can part rows.
    pub(crate) fn of(bins: &Bins) -> Vec<Self> {
        let work =
            |(feature, width)| Self { feature, width, before: Vec::new(), now: Vec::new(), best: Vec::new() };
        bins.features().iter().map(forest::Feature::bins).enumerate().map(work).collect()
    }

    fn level(&mut self, column: &[u8], pairs: &[Pair<'_>], parts: &[Part], rules: &Rules) {
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.clear();
        self.best.clear();
        for pair in pairs {
            match pair {
                Pair::Root(node) => self.count(column, node, parts),
                Pair::Siblings(left, right) => self.siblings(column, left, right, parts, rules),
            }
        }
        let nodes = pairs.iter().flat_map(Pair::nodes);
        for (node, cells) in nodes.zip(self.now.chunks_exact(self.width)) {
            self.best.push(if can_split(node, rules) { best(node.sums, cells, rules) } else { None });
        }
    }

    /// Counts the smaller sibling and takes it from the parent for the other.
    fn siblings(&mut self, column: &[u8], left: &Open, right: &Open, parts: &[Part], rules: &Rules) {
        if !can_split(left, rules) && !can_split(right, rules) {
            self.now.resize(self.now.len().saturating_add(2 * self.width), Cell::default());
            return;
        }
        let from = self.now.len();
        let left_is_smaller = left.rows.len() <= right.rows.len();
        self.count(column, if left_is_smaller { left } else { right }, parts);
        let parent = self.before.chunks_exact(self.width).nth(left.parent).unwrap_or_default();
        self.now.resize(from.saturating_add(2 * self.width), Cell::default());
        let Some((one, other)) =
            self.now.get_mut(from..).and_then(|two| two.split_at_mut_checked(self.width))
        else {
            return;
        };
        for ((smaller, larger), parent) in one.iter_mut().zip(other.iter_mut()).zip(parent) {
            *larger = *parent - *smaller;
        }
        if !left_is_smaller {
            one.swap_with_slice(other);
        }
    }

    /// Adds the histogram of a node.
    fn count(&mut self, column: &[u8], node: &Open, parts: &[Part]) {
        let from = self.now.len();
        self.now.resize(from.saturating_add(self.width), Cell::default());
        let Some(cells) = self.now.get_mut(from..) else { return };
        for part in parts.get(node.rows.clone()).unwrap_or_default() {
            if let Some(cell) = column.get(index(part.row)).and_then(|bin| cells.get_mut(usize::from(*bin))) {
                *cell += Cell::from(part);
            }
        }
    }
}

impl Pair<'_> {
    fn nodes(&self) -> impl Iterator<Item = &Open> {
        match self {
            Self::Root(node) => [Some(*node), None],
            Self::Siblings(left, right) => [Some(*left), Some(*right)],
        }
        .into_iter()
        .flatten()
    }
}

fn can_split(node: &Open, rules: &Rules) -> bool {
    node.sums.rows() >= rules.least_rows.saturating_mul(2)
}

/// Finds the best split of each node on each feature. Each feature is the work of one thread at a time and
/// sums are integers, so neither the number of threads nor their order changes anything.
pub(crate) fn search(
    works: &mut [Work],
    bins: &Bins,
    nodes: &[Open],
    parts: &[Part],
    rules: &Rules,
    threads: u32,
) {
    let pairs: Vec<Pair<'_>> = match nodes {
        [root] => vec![Pair::Root(root)],
        _ => nodes.as_chunks::<2>().0.iter().map(|[left, right]| Pair::Siblings(left, right)).collect(),
    };
    let effort = nodes.iter().map(|node| node.rows.len()).sum::<usize>().saturating_mul(works.len());
    let helpers = if effort < WORTH_THREADS { 0 } else { threads.saturating_sub(1) };
    let queue = Mutex::new(works.iter_mut());
    let job = || {
        while let Some(work) = next(&queue) {
            work.level(bins.column(work.feature).unwrap_or_default(), &pairs, parts, rules);
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // Where the system gives no more threads, those there are do the work.
            drop(thread::Builder::new().spawn_scoped(scope, job));
        }
        job();
    });
}

fn next<'a>(queue: &Mutex<std::slice::IterMut<'a, Work>>) -> Option<&'a mut Work> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// The best split of a node over all features, and the feature: of equal ones the first.
pub(crate) fn winner(works: &[Work], node: usize) -> Option<(usize, Split)> {
    let of_node = |work: &Work| work.best.get(node).copied().flatten().map(|split| (work.feature, split));
    works.iter().filter_map(of_node).reduce(|best, next| if next.1.gain > best.1.gain { next } else { best })
}
