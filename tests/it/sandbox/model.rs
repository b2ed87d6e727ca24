//! A learner's model at the till: what its forests say, within its share of fuel.

use tests::model::{admitted, walk};
use till::sample;

/// Most fuel of a call that walks 300 trees of 64 leaves.
const FUEL: u64 = 60_000;

#[test]
fn a_model_answers_in_the_sandbox_what_its_forests_say() {
    let walked = walk(&sample::model(5, &[20, 30, 40], 6).unwrap(), 1_000).unwrap();
    assert!(walked.proposed > 100 && walked.declined > 10, "{walked:?}");
}

#[test]
fn the_largest_model_keeps_to_its_fuel() {
    for model in [sample::model(6, &[100, 100, 100], 6).unwrap(), sample::wide(7, &[100, 100, 100]).unwrap()]
    {
        let walked = walk(&model, 50).unwrap();
        assert!(walked.fuel <= FUEL, "{walked:?}");
    }
}

#[test]
fn a_model_is_described_as_what_it_is() {
    let component = admitted(&sample::wide(8, &[2]).unwrap()).unwrap();
    let described = component.description();
    assert_eq!((&*described.name, described.needs.len()), ("wide", 60));
    assert_eq!(described.needs.first().unwrap().name, "attribute-01");
}
