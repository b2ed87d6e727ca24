//! Forests that were trained apart, on one set of features.

use std::collections::{BTreeMap, BTreeSet};

use forest::{Feature, Forest, ForestError, Tree};

/// The same forests, all with the features and the cuts that any of them has, so that one row of bins suits them
/// all. Features are in the order in which they first appear. Every score stays as it is.
///
/// # Errors
/// A feature with more cuts than a forest holds.
pub fn unify(forests: &[Forest]) -> Result<Vec<Forest>, ForestError> {
    let mut order: Vec<&str> = Vec::new();
    let mut cuts: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for feature in forests.iter().flat_map(Forest::features) {
        let of_name = cuts.entry(&feature.name).or_insert_with(|| {
            order.push(&feature.name);
            BTreeSet::new()
        });
        of_name.extend(&feature.cuts);
    }
    let feature = |name: &&str| Feature {
        name: (*name).to_owned(),
        cuts: cuts.get(name).into_iter().flatten().copied().collect(),
    };
    let features: Vec<Feature> = order.iter().map(feature).collect();
    forests.iter().map(|forest| moved(forest, &features)).collect()
}

/// A forest on other features, which have all of its own and all of their cuts.
fn moved(forest: &Forest, features: &[Feature]) -> Result<Forest, ForestError> {
    let place = |own: &Feature| features.iter().position(|feature| feature.name == own.name).unwrap_or(0);
    let places: Vec<usize> = forest.features().iter().map(place).collect();
    let tree = |tree: &Tree| {
        let mut tree = tree.clone();
        for node in &mut tree.nodes {
            let own = forest.features().get(usize::from(node.feature));
            let place = places.get(usize::from(node.feature)).copied().unwrap_or(0);
            let cuts = features.get(place).map_or(&[][..], |feature| &feature.cuts);
            // Behind all cuts every known value goes left.
            let cut = own.and_then(|own| own.cuts.get(usize::from(node.cut)));
            let position = cut.map_or(cuts.len(), |cut| cuts.partition_point(|one| one < cut));
            node.feature = u16::try_from(place).unwrap_or(u16::MAX);
            node.cut = u8::try_from(position).unwrap_or(u8::MAX);
        }
        tree
    };
    Forest::new(features.to_vec(), forest.base(), forest.trees().iter().map(tree).collect())
}
