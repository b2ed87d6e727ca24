//! A learner's model at the till: what its forests say, within its share of fuel.

use std::env;

use engine::{Component, Limits, Runtime, RuntimeSettings};
use tests::model::{admitted, walk};
use till::sample;

/// Most fuel of a call that walks 300 trees of 64 leaves over a few features.
const FUEL: u64 = 60_000;
/// The same over as many features and cuts as there may be: each takes some 440.
const FUEL_WIDE: u64 = 75_000;

/// How many receipts are compared; another number by this variable.
const RECEIPTS: u32 = 2_000;
const RECEIPTS_SETTING: &str = "OFFER_HOST_MODEL_RECEIPTS";

#[test]
fn a_model_answers_in_the_sandbox_what_its_forests_say() {
    let receipts = env::var(RECEIPTS_SETTING).map_or(RECEIPTS, |count| count.parse().unwrap());
    for model in [sample::model(5, &[20, 30, 40], 6).unwrap(), sample::wide(9, &[10, 10]).unwrap()] {
        let walked = walk(&model, receipts).unwrap();
        assert!(walked.proposed > receipts / 10 && walked.declined > receipts / 100, "{walked:?}");
    }
}

#[test]
fn the_largest_models_keep_to_their_fuel() {
    let trees = [100, 100, 100];
    let few = sample::model(6, &trees, 6).unwrap();
    let wide = sample::wide(7, &trees).unwrap();
    for (model, most) in [(few, FUEL), (wide, FUEL_WIDE)] {
        let walked = walk(&model, 50).unwrap();
        assert!(walked.fuel <= most, "{most}: {walked:?}");
    }
}

#[test]
fn a_model_is_described_as_what_it_is() {
    let component = admitted(&sample::wide(8, &[20]).unwrap()).unwrap();
    let described = component.description();
    assert_eq!((&*described.name, described.needs.len()), ("wide", 60));
    assert_eq!(described.needs.first().unwrap().name, "attribute-01");
}

#[test]
fn a_component_with_another_model_than_was_built_is_not_admitted() {
    let model = sample::model(10, &[5], 6).unwrap();
    let built = component::component(&model).unwrap();
    let place = built.windows(model.table().len()).position(|window| window == model.table()).unwrap();
    let runtime = Runtime::new(&RuntimeSettings::default()).unwrap();
    for place in [place + 100, place + model.table().len() / 2, place + model.table().len() - 1] {
        let mut flipped = built.clone();
        flipped[place] ^= 4;
        let refused = Component::admit(&runtime, &flipped, &Limits::default()).err().unwrap().to_string();
        assert!(refused.contains("damaged") && refused.contains("build it anew"), "{refused}");
    }
}
