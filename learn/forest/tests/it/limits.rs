//! What is not a forest.

use forest::{Child, Feature, Forest, MAX_BASE, MAX_TREES, Node, Tree};

use crate::made_up::feature;

fn refused(features: &[Feature], base: i64, tree: &Tree, trees: usize) -> String {
    Forest::new(features.to_vec(), base, vec![tree.clone(); trees]).unwrap_err().to_string()
}

fn node(feature: u16, cut: u8, left: Child, right: Child) -> Node {
    Node { feature, cut, missing_left: false, left, right }
}

#[test]
fn features_are_checked() {
    let leaf = Tree { nodes: vec![], leaves: vec![0] };
    let cases: [(Vec<Feature>, &str); 6] = [
        (vec![feature("", &[])], "feature 0 of the forest: its name is empty or longer than 255 bytes"),
        (
            vec![feature(&"x".repeat(256), &[])],
            "feature 0 of the forest: its name is empty or longer than 255 bytes",
        ),
        (
            vec![feature("a", &[]), feature("a", &[])],
            "feature 1 of the forest: an earlier feature has the same name",
        ),
        (
            vec![feature("a", &(0..255).collect::<Vec<_>>())],
            "feature 0 of the forest: it has more than 254 cuts",
        ),
        (vec![feature("a", &[1, 1])], "feature 0 of the forest: its cuts do not ascend"),
        (
            (0..16_385).map(|number| feature(&number.to_string(), &[])).collect(),
            "features of a forest: 16385, at most 16384 are possible",
        ),
    ];
    for (features, message) in cases {
        assert_eq!(refused(&features, 0, &leaf, 1), message);
    }
    assert!(refused(&[], MAX_BASE + 1, &leaf, 1).starts_with("size of the base: "));
    assert!(refused(&[], -MAX_BASE - 1, &leaf, 1).starts_with("size of the base: "));
    assert_eq!(refused(&[], 0, &leaf, MAX_TREES + 1), "trees of a forest: 10001, at most 10000 are possible");
}

#[test]
fn trees_are_checked() {
    let features = [feature("a", &[1, 2])];
    let (leaf, inner) = (Child::Leaf, Child::Node);
    let cases = [
        (vec![], vec![], "tree 0 of the forest: it needs one leaf more than nodes"),
        (
            vec![node(0, 0, leaf(0), leaf(1))],
            vec![1],
            "tree 0 of the forest: it needs one leaf more than nodes",
        ),
        (vec![node(1, 0, leaf(0), leaf(1))], vec![1, 2], "it asks for a feature that does not exist"),
        (vec![node(0, 3, leaf(0), leaf(1))], vec![1, 2], "it asks for a cut that does not exist"),
        (vec![node(0, 0, leaf(0), leaf(2))], vec![1, 2], "it leads to a leaf that does not exist"),
        (vec![node(0, 0, leaf(0), inner(1))], vec![1, 2], "it leads to a node that does not exist"),
        (vec![node(0, 0, leaf(0), leaf(0))], vec![1, 2], "it leads to a place that has a parent already"),
        (vec![node(0, 0, leaf(0), inner(0))], vec![1, 2], "it leads to a place that has a parent already"),
        (
            vec![node(0, 0, leaf(0), leaf(1)), node(0, 0, leaf(2), inner(1))],
            vec![1, 2, 3],
            "no earlier node leads to it",
        ),
    ];
    for (nodes, leaves, problem) in cases {
        let message = refused(&features, 0, &Tree { nodes, leaves }, 1);
        assert!(message.ends_with(problem), "{message}");
    }
}

#[test]
fn depth_is_bounded() {
    let chain = |nodes: u16| Tree {
        nodes: (0..nodes)
            .map(|number| {
                let right = if number + 1 < nodes { Child::Node(number + 1) } else { Child::Leaf(nodes) };
                node(0, 0, Child::Leaf(number), right)
            })
            .collect(),
        leaves: vec![1; usize::from(nodes) + 1],
    };
    let features = [feature("a", &[1])];
    let deepest = Forest::new(features.to_vec(), 0, vec![chain(255)]).unwrap();
    assert_eq!(forest::View::new(&deepest.to_bytes()).unwrap().score(&[Some(1)]), 1);
    assert_eq!(
        refused(&features, 0, &chain(256), 1),
        "node 255 of tree 0 of the forest: it lies deeper than 255 nodes"
    );
}
