//! Scores are unbiased, and a model of the outcome makes them sharper.

use causal::{Nuisances, Scores};

use crate::learners::confound;
use crate::made_up::{made_up, quick};

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

/// Thirty experiments of 900 rows with rare arms: the mean error of each estimate is within three of its
/// standard errors, and AIPW has less than 0.7 of the variance of plain inverse propensity.
#[test]
fn doubly_robust_scores_are_unbiased() {
    let trainer = quick();
    for arm in 0..3 {
        let (mut aipw, mut ipw) = (Vec::new(), Vec::new());
        for seed in 0..30 {
            let made_up = made_up(900, &[600_000, 250_000, 150_000], 100 + seed);
            let rows: Vec<u32> = (0..900).collect();
            let nuisances = Nuisances::fit(&made_up.experiment, &rows, &trainer, seed).unwrap();
            let scores = Scores::new(&made_up.experiment, &rows, &nuisances).unwrap();
            aipw.push(mean(scores.arm(arm).unwrap()) - made_up.means[arm]);
            ipw.push(
                mean(Scores::ipw(&made_up.experiment, &rows).unwrap().arm(arm).unwrap()) - made_up.means[arm],
            );
        }
        let error = (variance(&aipw) / 30.0).sqrt();
        assert!(mean(&aipw).abs() < 3.0 * error, "arm {arm}: {} ± {error}", mean(&aipw));
        assert!(variance(&aipw) < 0.7 * variance(&ipw), "arm {arm}: {} {}", variance(&aipw), variance(&ipw));
    }
}

/// Treated rows have the better outcomes anyway; known propensities make up for it.
#[test]
fn known_propensities_by_row_make_up_for_who_was_chosen() {
    let mut made_up = made_up(8_000, &[500_000, 500_000], 9);
    confound(&mut made_up);
    let rows: Vec<u32> = (0..made_up.experiment.rows() as u32).collect();
    let truth = mean(&made_up.effects[0]);
    let of_arm = |arm: u8| {
        let outcomes: Vec<f64> = rows
            .iter()
            .filter(|row| made_up.experiment.arm[**row as usize] == arm)
            .map(|row| made_up.experiment.outcome(*row))
            .collect();
        mean(&outcomes)
    };
    assert!(of_arm(1) - of_arm(0) > truth + 0.2, "the plain difference is not confounded");
    let nuisances = Nuisances::fit(&made_up.experiment, &rows, &quick(), 1).unwrap();
    let effects = Scores::new(&made_up.experiment, &rows, &nuisances).unwrap().effect(1).unwrap();
    let error = (variance(&effects) / effects.len() as f64).sqrt();
    assert!((mean(&effects) - truth).abs() < 3.0 * error, "{} instead of {truth} ± {error}", mean(&effects));
}

#[test]
fn scores_of_some_rows() {
    let made_up = made_up(200, &[500_000, 500_000], 1);
    let rows: Vec<u32> = (0..200).collect();
    let scores = Scores::ipw(&made_up.experiment, &rows).unwrap();
    let some = scores.select(&[5, 3]);
    assert_eq!((some.len(), some.arms()), (2, 2));
    assert_eq!(some.arm(1).unwrap(), [scores.arm(1).unwrap()[5], scores.arm(1).unwrap()[3]]);
    assert_eq!(some.clusters(), [made_up.experiment.cluster[5], made_up.experiment.cluster[3]]);
    let nuisances = Nuisances::fit(&made_up.experiment, &rows, &quick(), 1).unwrap();
    assert!(Scores::new(&made_up.experiment, &rows[1..], &nuisances).is_err());
    assert!(scores.effect(2).is_err());
}
