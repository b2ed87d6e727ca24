//! Scores.

use forest::{Child, View};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::made_up::{feature, forests, small};

#[test]
fn a_bin_is_one_more_than_the_cuts_that_are_not_above_the_value() {
    let feature = feature("visits", &[1, 5, 9]);
    let cases = [
        (None, 0),
        (Some(i64::MIN), 1),
        (Some(0), 1),
        (Some(1), 2),
        (Some(4), 2),
        (Some(5), 3),
        (Some(9), 4),
        (Some(i64::MAX), 4),
    ];
    for (value, bin) in cases {
        assert_eq!(feature.bin(value), bin, "{value:?}");
    }
    assert_eq!(feature.bins(), 5);
}

#[test]
fn a_score_is_the_base_and_a_leaf_of_each_tree() {
    let forest = small();
    let cases = [
        (vec![Some(4), Some(0)], 1_000 - 7 + 4),
        (vec![None, Some(0)], 1_000 - 7 + 4),
        (vec![Some(5), Some(-4)], 1_000 + 20 + 4),
        (vec![Some(5), Some(-3)], 1_000 + 300 + 4),
        (vec![Some(5), None], 1_000 + 300 + 4),
        (vec![Some(5)], 1_000 + 300 + 4),
        (vec![], 1_000 - 7 + 4),
        (vec![Some(5), Some(-4), Some(77)], 1_000 + 20 + 4),
    ];
    for (values, score) in cases {
        assert_eq!(forest.score(&values), score, "{values:?}");
    }
}

proptest! {
    /// Raw values, bins, stored bytes and a walk by hand agree.
    #[test]
    fn all_ways_to_a_score_agree(
        forest in forests(),
        rows in vec(vec(proptest::option::of(prop_oneof![-25_i64..25, any::<i64>()]), 6), 1..20),
    ) {
        let bytes = forest.to_bytes();
        let view = View::new(&bytes).unwrap();
        for values in rows {
            let bins: Vec<u8> = forest.features().iter().zip(&values).map(|(feature, value)| feature.bin(*value)).collect();
            let score = forest.score(&values);
            prop_assert_eq!(score, forest.score_bins(&bins));
            prop_assert_eq!(score, view.score(&values));
            prop_assert_eq!(score, by_hand(&forest, &values));
        }
    }
}

/// Compares values with cuts, without bins.
fn by_hand(forest: &forest::Forest, values: &[Option<i64>]) -> i64 {
    let leaf = |tree: &forest::Tree| {
        let mut child = if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
        loop {
            let node = match child {
                Child::Leaf(leaf) => return i64::from(tree.leaves[usize::from(leaf)]),
                Child::Node(node) => tree.nodes[usize::from(node)],
            };
            let feature = usize::from(node.feature);
            let cut = forest.features()[feature].cuts.get(usize::from(node.cut));
            let left = match (values[feature], cut) {
                (None, _) => node.missing_left,
                (Some(_), None) => true,
                (Some(value), Some(cut)) => value < *cut,
            };
            child = if left { node.left } else { node.right };
        }
    };
    forest.base() + forest.trees().iter().map(leaf).sum::<i64>()
}
