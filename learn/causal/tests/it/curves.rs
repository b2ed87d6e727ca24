//! Qini, AUTOC, share and calibration: exact small cases, laws, and what noise and the truth get.

use causal::Bootstrap;
use causal::curves::{Ranked, deciles, rank};
use proptest::prelude::*;

use crate::made_up::unit;

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-12, "{found} instead of {wanted}");
}

fn members(rows: usize) -> Vec<u64> {
    (0..rows as u64).collect()
}

/// By hand, with n = 4: sums of gains 4, 6, 6, 4; Q = 1, 1.5, 1.5, 1; straight line 0.25, 0.5, 0.75, 1.
#[test]
fn a_ranking_without_ties_by_hand() {
    let ranked = Ranked::new(&[1.0, 4.0, 2.0, 3.0], &[-2.0, 4.0, 0.0, 2.0], &members(4)).unwrap();
    close(ranked.qini(), (0.75 + 1.0 + 0.75 + 0.0) / 4.0);
    close(ranked.autoc(), (3.0 + 2.0 + 1.0 + 0.0) / 4.0);
    close(ranked.share(0.5).unwrap(), 1.5);
    close(ranked.share(0.3).unwrap(), (4.0 + 0.2 * 2.0) / 4.0);
    close(ranked.share(1.0).unwrap(), 1.0);
    let curve = ranked.curve(4);
    let wanted = [(0.0, 0.0), (0.25, 1.0), (0.5, 1.5), (0.75, 1.5), (1.0, 1.0)];
    for (found, wanted) in curve.iter().zip(wanted) {
        close(found.0, wanted.0);
        close(found.1, wanted.1);
    }
}

/// By hand: the two pairs share gains 3 and −1, so sums are 3, 6, 5, 4.
#[test]
fn ties_share_their_gain() {
    let ranked = Ranked::new(&[1.0, 1.0, 0.0, 0.0], &[4.0, 2.0, 0.0, -2.0], &members(4)).unwrap();
    close(ranked.qini(), (0.5 + 1.0 + 0.5 + 0.0) / 4.0);
    close(ranked.autoc(), (2.0 + 2.0 + (5.0 / 3.0 - 1.0) + 0.0) / 4.0);
    let all = Ranked::new(&[7.0; 4], &[4.0, 2.0, 0.0, -2.0], &members(4)).unwrap();
    close(all.qini(), 0.0);
    close(all.autoc(), 0.0);
    close(all.share(0.3).unwrap(), 0.3);
}

#[test]
fn a_share_of_nothing_is_none() {
    assert_eq!(Ranked::new(&[2.0, 1.0], &[1.0, -1.0], &members(2)).unwrap().share(0.3), None);
    let gain: Vec<f64> = (0..400).map(|row| if row % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let priority: Vec<f64> = (0..400).map(|row| unit(row, 5)).collect();
    assert_eq!(rank(&priority, &gain, &members(400), &Bootstrap::default()).unwrap().share, None);
}

/// Gains with known expectation: the score that knows it ranks best, a random one not at all.
#[test]
fn the_truth_ranks_best_and_noise_not_at_all() {
    let rows = 4_000;
    let truth: Vec<f64> = (0..rows).map(|row| unit(row, 1)).collect();
    let gain: Vec<f64> = (0..rows).map(|row| truth[row as usize] + 4.0 * (unit(row, 2) - 0.5)).collect();
    let scored = |score: &dyn Fn(u64) -> f64| {
        let priority: Vec<f64> = (0..rows).map(score).collect();
        rank(&priority, &gain, &members(rows as usize), &Bootstrap::default()).unwrap()
    };
    let oracle = scored(&|row| truth[row as usize]);
    let blurred = scored(&|row| truth[row as usize] + unit(row, 3));
    let noise = scored(&|row| unit(row, 4));
    // The expected Qini of a uniform effect is the mean of u·(1 − u)/2, a twelfth.
    assert!((oracle.qini.estimate - 1.0 / 12.0).abs() < 3.0 * oracle.qini.error, "{:?}", oracle.qini);
    // Its expected TOC is (1 − u)/2, with mean a quarter.
    assert!((oracle.autoc.estimate - 0.25).abs() < 3.0 * oracle.autoc.error, "{:?}", oracle.autoc);
    assert!(oracle.qini.estimate > blurred.qini.estimate && blurred.qini.estimate > noise.qini.estimate);
    assert!(noise.qini.estimate.abs() < 2.0 * noise.qini.error, "{:?}", noise.qini);
    assert!(noise.autoc.estimate.abs() < 2.0 * noise.autoc.error, "{:?}", noise.autoc);
    // A uniform effect has 0.3 · 0.85 / 0.5 in its best 30 %.
    let share = oracle.share.unwrap();
    assert!((share.estimate - 0.51).abs() < 3.0 * share.error, "{share:?}");
}

#[test]
fn tenths_say_what_was_predicted_and_what_came() {
    let rows = 5_000;
    let truth: Vec<f64> = (0..rows).map(|row| unit(row, 1)).collect();
    let gain: Vec<f64> = (0..rows).map(|row| truth[row as usize] + unit(row, 2) - 0.5).collect();
    let groups = deciles(&truth, &gain, &members(rows as usize), &Bootstrap::default()).unwrap();
    assert_eq!(groups.iter().map(|group| group.rows).collect::<Vec<_>>(), vec![500; 10]);
    for (place, group) in groups.iter().enumerate() {
        let wanted = 0.95 - place as f64 / 10.0;
        assert!((group.predicted - wanted).abs() < 0.02, "{group:?}");
        assert!((group.realised.estimate - group.predicted).abs() < 4.0 * group.realised.error, "{group:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Only the order of priorities counts, and not the order of rows.
    #[test]
    fn only_the_order_of_priorities_counts(
        rows in prop::collection::vec((-20_i32..20, -100_i32..100), 1..80),
        turn in 0_usize..80,
    ) {
        let figures = |rows: &[(i32, i32, u64)], f: &dyn Fn(f64) -> f64| {
            let priority: Vec<f64> = rows.iter().map(|row| f(f64::from(row.0))).collect();
            let gain: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let members: Vec<u64> = rows.iter().map(|row| row.2).collect();
            let ranked = Ranked::new(&priority, &gain, &members).unwrap();
            (ranked.qini(), ranked.autoc(), ranked.share(0.3), ranked.curve(10))
        };
        let rows: Vec<_> = rows.iter().enumerate().map(|(member, row)| (row.0, row.1, member as u64)).collect();
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let plain = figures(&rows, &|x| x);
        prop_assert_eq!(&plain, &figures(&turned, &|x| x));
        prop_assert_eq!(&plain, &figures(&rows, &|x| x * x * x + 7.0));
    }

    /// The best order has no smaller Qini value than any other.
    #[test]
    fn no_order_beats_that_of_the_gains(gain in prop::collection::vec(-50_i32..50, 1..60), salt: u64) {
        let gain: Vec<f64> = gain.into_iter().map(f64::from).collect();
        let other: Vec<f64> = (0..gain.len() as u64).map(|row| unit(row, salt)).collect();
        let best = Ranked::new(&gain, &gain, &members(gain.len())).unwrap();
        let other = Ranked::new(&other, &gain, &members(gain.len())).unwrap();
        prop_assert!(best.qini() >= other.qini() - 1e-9);
        prop_assert!(best.autoc() >= other.autoc() - 1e-9);
    }
}
