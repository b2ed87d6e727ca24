//! Made-up forests.

use forest::{Child, Feature, Forest, Node, Tree};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

/// Two features, a tree of three leaves and a single leaf.
pub(crate) fn small() -> Forest {
    let features = vec![feature("visits", &[1, 5, 9]), feature("Größe", &[-3])];
    let nodes = vec![
        Node { feature: 0, cut: 1, missing_left: true, left: Child::Leaf(0), right: Child::Node(1) },
        Node { feature: 1, cut: 0, missing_left: false, left: Child::Leaf(1), right: Child::Leaf(2) },
    ];
    let trees = vec![Tree { nodes, leaves: vec![-7, 20, 300] }, Tree { nodes: vec![], leaves: vec![4] }];
    Forest::new(features, 1_000, trees).unwrap()
}

pub(crate) fn feature(name: &str, cuts: &[i64]) -> Feature {
    Feature { name: name.to_owned(), cuts: cuts.to_vec() }
}

/// Any forest of up to six features and eight trees.
pub(crate) fn forests() -> impl Strategy<Value = Forest> {
    let cut = prop_oneof![-20_i64..20, any::<i64>()];
    let features = vec(btree_set(cut, 0..12), 1..6).prop_map(|all| {
        let named = |(number, cuts): (usize, std::collections::BTreeSet<i64>)| Feature {
            name: format!("f{number}"),
            cuts: cuts.into_iter().collect(),
        };
        all.into_iter().enumerate().map(named).collect::<Vec<_>>()
    });
    let splits = vec((any::<u16>(), any::<u8>(), any::<bool>(), any::<u16>()), 0..20);
    let leaves = vec(any::<i32>(), 21);
    (features, vec((splits, leaves), 0..8), -1_000_000_000_i64..1_000_000_000).prop_map(
        |(features, trees, base)| {
            let trees = trees.into_iter().map(|(splits, leaves)| tree(&features, &splits, &leaves)).collect();
            Forest::new(features, base, trees).unwrap()
        },
    )
}

/// Grows a tree by splitting, again and again, one of its leaves.
fn tree(features: &[Feature], splits: &[(u16, u8, bool, u16)], values: &[i32]) -> Tree {
    let mut nodes: Vec<Node> = Vec::new();
    // Leaves by the place that leads to them.
    let mut open: Vec<Option<(usize, bool)>> = vec![None];
    for (feature, cut, missing_left, which) in splits {
        let feature = usize::from(*feature) % features.len();
        let cut = usize::from(*cut) % (features[feature].cuts.len() + 1);
        let place = open.swap_remove(usize::from(*which) % open.len());
        let number = nodes.len();
        put(&mut nodes, place, Child::Node(u16::try_from(number).unwrap()));
        let (feature, cut) = (u16::try_from(feature).unwrap(), u8::try_from(cut).unwrap());
        let nowhere = Child::Leaf(0);
        nodes.push(Node { feature, cut, missing_left: *missing_left, left: nowhere, right: nowhere });
        open.extend([Some((number, true)), Some((number, false))]);
    }
    for (leaf, place) in open.iter().enumerate() {
        put(&mut nodes, *place, Child::Leaf(u16::try_from(leaf).unwrap()));
    }
    Tree { nodes, leaves: values[..open.len()].to_vec() }
}

fn put(nodes: &mut [Node], place: Option<(usize, bool)>, child: Child) {
    match place {
        Some((node, true)) => nodes[node].left = child,
        Some((node, false)) => nodes[node].right = child,
        None => {}
    }
}
