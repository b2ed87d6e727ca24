//! Made-up models, for tests and measurements: the same for the same seed.

use std::error::Error;

use forest::{Child, Feature, Forest, ForestError, Node, Tree};

use crate::MAX_FEATURES;
use crate::model::{Level, Model, Parts};

/// Features of [`model`]: attributes of a member, and what the till knows.
pub const FEATURES: [&str; 6] =
    ["recency", "age", "till.hour", "till.sum", "till.goods_sum.tea", "till.goods_units.dairy"];

/// A model called `levels`, 1.2.3, with so many trees in each level. Members of whom nothing is known get
/// level 1.
///
/// # Errors
///
/// It has more than fits.
pub fn model(seed: u64, trees: &[usize], depth: u32) -> Result<Model, Box<dyn Error>> {
    let level = |(number, count): (u32, &usize)| {
        let forest = forest(seed ^ u64::from(number), *count, depth, &FEATURES, 20)?;
        Ok(Level { forest, scale: 1000, cost: i64::from(number) * 1000 })
    };
    let levels = (1..).zip(trees).map(level).collect::<Result<_, ForestError>>()?;
    let (name, version) = ("levels".to_owned(), "1.2.3".to_owned());
    Ok(Model::new(Parts { name, version, levels, constant: Some(1) })?)
}

/// The most that a till asks of a model: [`MAX_FEATURES`] features of 254 cuts, 60 of them attributes, in
/// levels of so many trees with 64 leaves.
///
/// # Errors
///
/// It has more than fits.
pub fn wide(seed: u64, trees: &[usize]) -> Result<Model, Box<dyn Error>> {
    let attributes = (1..=MAX_FEATURES - 4).map(|number| format!("attribute-{number:02}"));
    let known = ["till.hour", "till.sum", "till.lines", "till.units"].map(str::to_owned);
    let names: Vec<String> = attributes.chain(known).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let level = |(number, count): (u32, &usize)| {
        let forest = forest(seed ^ u64::from(number), *count, 6, &names, 254)?;
        Ok(Level { forest, scale: 1000, cost: i64::from(number) * 1000 })
    };
    let levels = (1..).zip(trees).map(level).collect::<Result<_, ForestError>>()?;
    let (name, version) = ("wide".to_owned(), "1.0.0".to_owned());
    Ok(Model::new(Parts { name, version, levels, constant: None })?)
}

/// A model called `steps` that asks for the attribute `visits` alone: each level brings one gain below 5 visits
/// and another from there on, in thousandths, and costs nothing. Members of whom nothing is known get level 1.
///
/// # Errors
///
/// No version, or more levels than fit.
pub fn steps(version: &str, gains: &[(i32, i32)]) -> Result<Model, Box<dyn Error>> {
    let level = |(below, from): &(i32, i32)| {
        let feature = Feature { name: "visits".to_owned(), cuts: vec![5] };
        let node =
            Node { feature: 0, cut: 0, missing_left: true, left: Child::Leaf(0), right: Child::Leaf(1) };
        let forest =
            Forest::new(vec![feature], 0, vec![Tree { nodes: vec![node], leaves: vec![*below, *from] }])?;
        Ok(Level { forest, scale: 1000, cost: 0 })
    };
    let levels = gains.iter().map(level).collect::<Result<_, ForestError>>()?;
    let (name, version) = ("steps".to_owned(), version.to_owned());
    Ok(Model::new(Parts { name, version, levels, constant: Some(1) })?)
}

/// A forest of complete trees. Cuts are the same for the same number of them, about 0.
///
/// # Errors
///
/// A feature twice, or more than a forest holds.
pub fn forest(
    seed: u64,
    trees: usize,
    depth: u32,
    features: &[&str],
    cuts: u8,
) -> Result<Forest, ForestError> {
    let mut random = Random(seed);
    let middle = i64::from(cuts) / 2;
    let features: Vec<Feature> = features
        .iter()
        .map(|name| Feature {
            name: (*name).to_owned(),
            cuts: (0..i64::from(cuts)).map(|cut| (cut - middle) * 5).collect(),
        })
        .collect();
    let count = u64::try_from(features.len()).unwrap_or(u64::MAX);
    let base = i64::from(random.small(2001)) - 1000;
    let trees = (0..trees).map(|_| tree(&mut random, depth, count, cuts)).collect();
    Forest::new(features, base, trees)
}

fn tree(random: &mut Random, depth: u32, features: u64, cuts: u8) -> Tree {
    let inner = (1_u16 << depth) - 1;
    let child = |place: u16| if place < inner { Child::Node(place) } else { Child::Leaf(place - inner) };
    let node = |place: u16, random: &mut Random| Node {
        feature: random.small(features),
        cut: u8::try_from(random.small(u64::from(cuts) + 1)).unwrap_or_default(),
        missing_left: random.small(2) == 0,
        left: child(2 * place + 1),
        right: child(2 * place + 2),
    };
    let nodes = (0..inner).map(|place| node(place, random)).collect();
    Tree { nodes, leaves: (0..=inner).map(|_| i32::from(random.small(2001)) - 1000).collect() }
}

/// SplitMix64.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another, which is at most 65,535.
    pub fn small(&mut self, below: u64) -> u16 {
        u16::try_from(self.any() % below.max(1)).unwrap_or_default()
    }
}
