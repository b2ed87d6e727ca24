//! A table walks as the forests that it was made of.

use proptest::collection::vec;
use proptest::prelude::*;
use till::sample::{FEATURES, forest};
use till::{Level, Model, ModelError, Parts, Source, View};

#[cfg(test)]
fn made(seed: u64, trees: &[usize], depth: u32) -> Model {
    till::sample::model(seed, trees, depth).unwrap()
}

/// Values of the features of [`made`], in the order of its forests.
fn values() -> impl Strategy<Value = Vec<Option<i64>>> {
    vec(proptest::option::weighted(0.8, -60_i64..60), FEATURES.len())
}

/// The value of a source, out of values in the order of the forests.
#[cfg(test)]
fn value(view: &View<'_>, values: &[Option<i64>], source: Source) -> Option<i64> {
    let name = match source {
        Source::Hour => "till.hour".to_owned(),
        Source::Sum => "till.sum".to_owned(),
        Source::GoodsSum(place) => format!("till.goods_sum.{}", view.goods().nth(place.into()).unwrap()),
        Source::GoodsUnits(place) => format!("till.goods_units.{}", view.goods().nth(place.into()).unwrap()),
        other => panic!("{other:?} is no feature here"),
    };
    values[FEATURES.iter().position(|feature| *feature == name).unwrap()]
}

proptest! {
    #[test]
    fn gains_are_those_of_the_forests(seed in any::<u64>(), depth in 0_u32..=6, values in values()) {
        let model = made(seed, &[3, 0, 5], depth);
        let view = model.view().unwrap();
        let attributes = (0..).zip(view.attributes()).filter_map(|(place, name)| {
            Some((place, values[FEATURES.iter().position(|feature| *feature == name).unwrap()]?))
        });
        let bins = view.row(attributes, |source| value(&view, &values, source)).bins;
        for (number, level) in (1..).zip(&model.parts().levels) {
            prop_assert_eq!(view.gain(number, &bins), level.forest.score(&values) * 1_000_000 / level.scale);
            prop_assert_eq!(view.cost(number), level.cost);
        }
        prop_assert_eq!((view.gain(0, &bins), view.gain(4, &bins), view.cost(4)), (0, 0, 0));
    }

    #[test]
    fn a_flipped_bit_never_panics(seed in any::<u64>(), bit in any::<prop::sample::Index>()) {
        let mut table = made(seed, &[2, 1], 3).table().to_vec();
        let bit = bit.index(table.len() * 8);
        table[bit / 8] ^= 1 << (bit % 8);
        if let Ok(view) = View::new(&table) {
            prop_assert!(!view.is_intact());
            let bins = view.row([(0, 5), (1, i64::MAX), (u32::MAX, 5)], |_| Some(5)).bins;
            let _ = (view.gain(1, &bins), view.gain(2, &bins), view.name(), view.goods().count());
        }
    }
}

/// As many cuts as there may be of each kind of search, and values at the ends of what there is.
#[test]
fn every_value_falls_between_its_cuts() {
    for count in [0, 1, 30, 31, 32, 33, 200, 254] {
        let last = i64::from(count) - 1;
        let cuts: Vec<i64> =
            (0..i64::from(count)).map(|cut| if cut == last { i64::MAX } else { cut * 2 }).collect();
        // The cut 254 means every value that is not missing, if there are so many.
        let node = |cut: u8, missing_left| {
            let (left, right) = (forest::Child::Leaf(0), forest::Child::Leaf(1));
            forest::Node { feature: 0, cut, missing_left, left, right }
        };
        let tree =
            |cut, missing_left| forest::Tree { nodes: vec![node(cut, missing_left)], leaves: vec![1, 1000] };
        let trees = (0..=count).flat_map(|cut| [tree(cut, true), tree(cut, false)]).collect();
        let feature = forest::Feature { name: "age".to_owned(), cuts };
        let forest = forest::Forest::new(vec![feature], 0, trees).unwrap();
        let levels = vec![Level { forest, scale: 1_000_000, cost: 0 }];
        let (name, version) = ("edges".to_owned(), "1.0.0".to_owned());
        let model = Model::new(Parts { name, version, levels, constant: None }).unwrap();
        let view = model.view().unwrap();
        let values = (-1..=2 * i64::from(count)).chain([i64::MIN, i64::MAX - 1, i64::MAX]);
        for value in values.map(Some).chain([None]) {
            let row = view.row(value.map(|value| (0, value)), |_| None);
            assert_eq!(row.is_known, value.is_some());
            let expected = model.parts().levels[0].forest.score(&[value]);
            assert_eq!(view.gain(1, &row.bins), expected, "{count} cuts, {value:?}");
        }
    }
}

#[test]
fn a_table_says_what_the_model_is() {
    let model = made(7, &[40, 40], 6);
    let mut region = model.table().to_vec();
    region.extend([0; 1000]);
    let view = View::new(&region).unwrap();
    assert!(view.is_intact(), "what follows the table is none of it");
    assert_eq!(
        (view.name(), view.version(), view.levels(), view.constant()),
        ("levels", "1.2.3", 2, Some(1))
    );
    assert_eq!(view.attributes().collect::<Vec<_>>(), ["age", "recency"]);
    assert_eq!(view.goods().collect::<Vec<_>>(), ["dairy", "tea"]);
    assert_eq!(made(7, &[40, 40], 6), model);
    for length in 0..model.table().len().min(2_000) {
        assert!(View::new(&model.table()[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let parts = made(1, &[1, 1], 2).parts().clone();
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        Model::new(parts).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let level = |forest| Level { forest, scale: 1, cost: 0 };
    for (said, expected) in [
        (with(&|parts| parts.name = "No".to_owned()), "no name of a mechanic"),
        (with(&|parts| parts.version = "1.0".to_owned()), "no version"),
        (with(&|parts| parts.levels.clear()), "no level"),
        (with(&|parts| parts.constant = Some(3)), "level 3, and the model has 2"),
        (with(&|parts| parts.levels[1].scale = 0), "level 2: what a score means"),
        (with(&|parts| parts.levels[0].cost = i64::MIN), "level 1: its cost"),
        (
            with(&|parts| parts.levels[0].forest = forest(1, 1, 7, &FEATURES, 20).unwrap()),
            "7 nodes deep, at most 6",
        ),
        (with(&|parts| parts.levels.push(level(forest(1, 9, 6, &FEATURES, 10).unwrap()))), "cut in two ways"),
        (
            with(&|parts| parts.levels.push(level(forest(1, 9, 6, &["till.rain"], 20).unwrap()))),
            "does not know `till.rain`",
        ),
        (
            with(&|parts| parts.levels.push(level(forest(1, 900, 6, &["age"], 20).unwrap()))),
            "at most 327680 fit",
        ),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(matches!(View::new(&[0; 4096]), Err(ModelError::NotATable { .. })));
}
