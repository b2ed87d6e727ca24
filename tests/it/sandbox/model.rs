//! A learner's model at the till: what its forests say, within its share of fuel.

use std::env;

use engine::{Component, Limits, Runtime, RuntimeSettings};
use tests::model::{admitted, walk};
use till::sample;

/// Trees of 64 leaves in each of three levels.
const TREES: [usize; 3] = [100, 100, 100];

/// Most fuel of a call that walks them, over a few features and over as many features and cuts as there may be.
const FUEL: u64 = 60_000;

/// How many receipts are compared for each model; another number by this variable.
const RECEIPTS: u32 = 2_000;
const RECEIPTS_SETTING: &str = "OFFER_HOST_MODEL_RECEIPTS";

#[test]
fn a_model_answers_in_the_sandbox_what_its_forests_say() {
    let receipts = env::var(RECEIPTS_SETTING).map_or(RECEIPTS, |count| count.parse().unwrap());
    for model in [sample::model(5, &TREES, 6).unwrap(), sample::wide(9, &TREES).unwrap()] {
        let walked = walk(&model, receipts).unwrap();
        assert!(walked.proposed > receipts / 10 && walked.declined > receipts / 100, "{walked:?}");
    }
}

#[test]
fn the_largest_models_keep_to_their_fuel() {
    for model in [sample::model(6, &TREES, 6).unwrap(), sample::wide(7, &TREES).unwrap()] {
        let walked = walk(&model, 50).unwrap();
        assert!(walked.fuel <= FUEL, "{}: {walked:?}", model.parts().name);
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
