//! Whether features and scores have moved.

use drift::{DriftError, LEAST_ROWS, MOVED, psi, scores, stability};
use forest::Feature;
use proptest::prelude::*;
use trees::Bins;

fn bins(values: impl Iterator<Item = Option<i64>>, cuts: &[i64]) -> Bins {
    let feature = Feature { name: "spent".to_owned(), cuts: cuts.to_vec() };
    Bins::from_values(vec![feature], &[values.collect()]).unwrap()
}

/// The index of Siddiqi by hand: shares 0.5, 0.5 against 0.25, 0.75 give
/// (0.25 − 0.5) ln 0.5 + (0.75 − 0.5) ln 1.5 = 0.27465.
#[test]
fn the_index_is_that_of_the_book() {
    let found = psi(&[0, 1_000, 1_000], &[0, 500, 1_500]).unwrap();
    assert!((found - 0.274_653).abs() < 1e-6, "{found}");
}

#[test]
fn a_feature_that_has_moved_is_told() {
    let cuts: Vec<i64> = (1..100).collect();
    let then = bins((0..20_000).map(|row| Some(row % 100)), &cuts);
    let same = stability(&then, &bins((0..5_000).map(|row| Some((row * 7) % 100)), &cuts)).unwrap();
    assert!(same[0].psi < 0.02 && !same[0].moved, "{same:?}");
    let moved = stability(&then, &bins((0..5_000).map(|row| Some((row % 100 + 30).min(99))), &cuts)).unwrap();
    assert!(moved[0].psi > MOVED && moved[0].moved, "{moved:?}");
    assert_eq!(moved[0].feature, "spent");
}

#[test]
fn values_that_go_missing_are_told() {
    let cuts: Vec<i64> = (1..10).collect();
    let then = bins((0..2_000).map(|row| Some(row % 10)), &cuts);
    let now = bins((0..2_000).map(|row| (row % 4 > 0).then_some(row % 10)), &cuts);
    let found = stability(&then, &now).unwrap();
    assert_eq!(found[0].missing, (0.0, 0.25));
    assert!(found[0].moved, "{found:?}");
}

#[test]
fn scores_that_have_moved_are_told() {
    let score = |row: i32, by: f64| f64::from(row % 1_000) / 1_000.0 + by;
    let then: Vec<f64> = (0..10_000).map(|row| score(row, 0.0)).collect();
    let same: Vec<f64> = (0..3_000).map(|row| score(row, 0.0)).collect();
    let moved: Vec<f64> = (0..3_000).map(|row| score(row, 0.3)).collect();
    assert!(scores(&then, &same).unwrap() < 0.01);
    assert!(scores(&then, &moved).unwrap() > MOVED);
    assert!(matches!(scores(&then, &[f64::NAN; 600]), Err(DriftError::NotFinite)));
}

#[test]
fn what_cannot_be_told_is_refused_in_words() {
    let then = bins((0..2_000).map(Some), &[1_000]);
    let few = stability(&then, &bins((0..499).map(Some), &[1_000])).unwrap_err().to_string();
    assert_eq!(few, "499 rows of now are too few to tell drift from chance; at least 500");
    let other = stability(&then, &bins((0..2_000).map(Some), &[1_001])).unwrap_err().to_string();
    assert!(other.contains("other cuts"), "{other}");
    assert!(psi(&[600], &[600, 0]).is_err());
    assert_eq!(LEAST_ROWS, 500);
}

proptest! {
    #[test]
    fn the_index_is_finite_and_not_negative_and_0_of_the_same(
        then in prop::collection::vec(0_u64..100_000, 3..256),
        seed in prop::collection::vec(0_u64..100_000, 256),
    ) {
        let now: Vec<u64> = seed.iter().copied().take(then.len()).collect();
        prop_assume!(then.iter().sum::<u64>() >= 500 && now.iter().sum::<u64>() >= 500);
        let found = psi(&then, &now).unwrap();
        prop_assert!(found.is_finite() && found > -1e-3, "{}", found);
        let same = psi(&then, &then).unwrap();
        prop_assert!(same.abs() < 1e-12, "{}", same);
    }
}
