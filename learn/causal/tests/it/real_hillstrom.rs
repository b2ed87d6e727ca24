//! A real experiment with known answers.

use causal::curves::{BEST, Ranked};
use causal::{Experiment, Learner, Nuisances, Scores, Trainers, fit};

use crate::made_up::half;
use crate::real::{effect_trees, hillstrom, outcome_trees};

/// Random halves, trained on one side and judged on the other, both ways.
const SALTS: [u64; 4] = [0, 1, 2, 3];

/// Womens e-mails: an S-learner finds half of the extra visits in its best 30 %, response scoring a good
/// third. The example `known_answers` measures all learners on all data.
#[test]
#[ignore = "needs shared/data/uplift, or OFFER_HOST_DATA; run with -- --include-ignored"]
fn womens_mails_are_not_for_those_who_visit_anyway() {
    let experiment = hillstrom(&["No E-Mail", "Womens E-Mail"]);
    let all: Vec<u32> = (0..experiment.rows() as u32).collect();
    let nuisances = Nuisances::fit(&experiment, &all, &outcome_trees(), 1).unwrap();
    let scores = Scores::new(&experiment, &all, &nuisances).unwrap();
    let learned = mean_share(&experiment, &scores, &Learner::S);
    let response = mean_share(&experiment, &scores, &Learner::Response);
    assert!(learned >= 0.48, "{learned}");
    assert!(response < learned - 0.08, "{response} {learned}");
}

fn mean_share(experiment: &Experiment, scores: &Scores, learner: &Learner) -> f64 {
    let (outcome, effect) = (outcome_trees(), effect_trees());
    let trainers = Trainers { outcome: &outcome, effect: &effect };
    let sides = SALTS.into_iter().flat_map(|salt| [(salt, 0), (salt, 1)]);
    let shares = sides.map(|(salt, side)| {
        let (train, test) = (half(experiment, salt, side), half(experiment, salt, 1 - side));
        let fitted = fit(learner, experiment, &train, trainers, None, 1).unwrap();
        let effects = fitted.effects(&experiment.bins, &test).unwrap();
        let positions: Vec<usize> = test.iter().map(|row| *row as usize).collect();
        let judged = scores.select(&positions);
        Ranked::new(&effects[0], &judged.effect(1).unwrap(), judged.clusters()).unwrap().share(BEST).unwrap()
    });
    shares.sum::<f64>() / (2 * SALTS.len()) as f64
}
