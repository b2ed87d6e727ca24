//! Values of policies, and their comparison with constants.

use causal::policy::{assign, compare, difference, evaluate};
use causal::{Bootstrap, Scores};
use proptest::prelude::*;

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-12, "{found} instead of {wanted}");
}

/// Twenty members; the arm brings 2 to every second one and nothing to the others, and costs 0.5.
fn every_second() -> (Scores, Vec<f64>) {
    let treated = (0..20).map(|row| if row % 2 == 0 { 2.0 } else { 0.0 }).collect();
    (Scores::of(vec![vec![0.0; 20], treated], (0..20).collect()).unwrap(), vec![0.0, 0.5])
}

#[test]
fn a_value_by_hand() {
    let (scores, costs) = every_second();
    let arms = assign(&[scores.effect(1).unwrap()], &costs).unwrap();
    assert_eq!(arms, [1, 0].repeat(10));
    let value = evaluate(&scores, &arms, &costs, &Bootstrap::default()).unwrap();
    close(value.outcome.estimate, 1.0);
    close(value.spend, 0.25);
    close(value.net.estimate, 0.75);
    assert_eq!(value.shares, [0.5, 0.5]);
}

/// At the policy's spend of 0.25 half of all members, drawn at random, could be treated: net 0.25. All
/// treated: net 0.5.
#[test]
fn constants_at_equal_spend_and_at_any_by_hand() {
    let (scores, costs) = every_second();
    let found = compare(&scores, &[1, 0].repeat(10), &costs, &Bootstrap::default()).unwrap();
    assert_eq!((found.mixture.lower, found.mixture.upper), (0, 1));
    close(found.mixture.share, 0.5);
    close(found.at_equal_spend.estimate, 0.5);
    assert_eq!(found.constant, 1);
    close(found.against_best_constant.estimate, 0.25);
    assert!(found.at_equal_spend.low > 0.0 && found.at_equal_spend.high > found.at_equal_spend.estimate);
}

/// Without costs the rival is the best arm for all; with three arms the rival mixes the two that pay most.
#[test]
fn the_rival_is_the_best_that_can_be_had_for_the_money() {
    let columns = vec![vec![1.0; 20], vec![3.0; 20], vec![4.0; 20]];
    let scores = Scores::of(columns, (0..20).collect()).unwrap();
    let bootstrap = Bootstrap::default();
    let free = compare(&scores, &[1; 20], &[0.0; 3], &bootstrap).unwrap();
    assert_eq!((free.mixture.lower, free.constant), (2, 2));
    close(free.at_equal_spend.estimate, -1.0);
    // Costs 0, 1 and 4: half of arm 1 and half of nobody for 0.5; arm 2 for an eighth brings less.
    let costs = [0.0, 1.0, 4.0];
    let half: Vec<u8> = [0, 1].repeat(10);
    let found = compare(&scores, &half, &costs, &bootstrap).unwrap();
    assert_eq!((found.mixture.lower, found.mixture.upper), (0, 1));
    close(found.at_equal_spend.estimate, 0.0);
    // Beyond the spend of arm 1 money would buy too little: arm 1 for all, and the rest is saved.
    let found = compare(&scores, &[1, 2].repeat(10), &costs, &bootstrap).unwrap();
    assert_eq!((found.mixture.lower, found.mixture.share), (1, 0.0));
    close(found.at_equal_spend.estimate, (2.0 + 0.0) / 2.0 - 2.0);
    // An arm that earns money by itself is the rival at any spend.
    let found = compare(&scores, &[0; 20], &[0.0, -1.0, 4.0], &bootstrap).unwrap();
    assert_eq!((found.mixture.lower, found.constant), (1, 1));
}

#[test]
fn a_constant_is_never_better_than_itself() {
    let (scores, costs) = every_second();
    for arm in [0, 1] {
        let found = compare(&scores, &[arm; 20], &costs, &Bootstrap::default()).unwrap();
        close(found.at_equal_spend.estimate, 0.0);
        close(found.at_equal_spend.error, 0.0);
    }
}

#[test]
fn nobody_is_treated_for_nothing() {
    assert_eq!(assign(&[vec![0.0, 0.5, 0.6]], &[0.0, 0.5]).unwrap(), [0, 0, 1]);
    assert_eq!(assign(&[vec![1.0, 1.0], vec![1.0, 2.0]], &[0.0, 0.1, 0.1]).unwrap(), [1, 2]);
    assert!(assign(&[vec![f64::NAN]], &[0.0, 0.0]).is_err());
    assert!(assign(&[vec![1.0]], &[0.0]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The difference of two policies is the negative of the reverse one, and that of their values.
    #[test]
    fn differences_are_paired(rows in prop::collection::vec((-50_i32..50, -50_i32..50, 0_u8..2, 0_u8..2), 12..60), cost in 0_i32..20) {
        let (control, treated): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (f64::from(row.0), f64::from(row.1))).unzip();
        let scores = Scores::of(vec![control, treated], (0..rows.len() as u64).collect()).unwrap();
        let (first, second): (Vec<u8>, Vec<u8>) = rows.iter().map(|row| (row.2, row.3)).unzip();
        let costs = [0.0, f64::from(cost)];
        let bootstrap = Bootstrap { replicates: 20, ..Bootstrap::default() };
        let there = difference(&scores, &first, &second, &costs, &bootstrap).unwrap();
        let back = difference(&scores, &second, &first, &costs, &bootstrap).unwrap();
        prop_assert!((there.estimate + back.estimate).abs() < 1e-9 && (there.error - back.error).abs() < 1e-9);
        let value = |arms: &[u8]| evaluate(&scores, arms, &costs, &bootstrap).unwrap().net.estimate;
        prop_assert!((there.estimate - (value(&first) - value(&second))).abs() < 1e-9);
    }
}
