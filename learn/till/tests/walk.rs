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
        Source::Member(place) => view.attributes().nth(place.into()).unwrap().to_owned(),
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
        let bins = view.bins(|source| value(&view, &values, source));
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
            let bins = view.bins(|_| Some(5));
            let _ = (view.gain(1, &bins), view.gain(2, &bins), view.name(), view.goods().count());
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
