//! A real experiment with known answers, if the data is there.

use causal::curves::rank;
use causal::{Bootstrap, Learner, Nuisances, Scores, Trainers, fit};

use crate::made_up::half;
use crate::real::hillstrom;

/// Womens e-mails: trained on one half, judged on the other, both ways. A T-learner finds half of the
/// extra visits in its best 30 %, response scoring a third; see the example `known_answers` for all.
#[test]
fn womens_mails_are_not_for_those_who_visit_anyway() {
    let Some(experiment) = hillstrom(&["No E-Mail", "Womens E-Mail"]) else { return };
    let trainer = super::real::trees();
    let learners = [Learner::T, Learner::S, Learner::Response];
    let mut priorities = vec![Vec::new(); learners.len()];
    let (mut gain, mut members) = (Vec::new(), Vec::new());
    for side in [0, 1] {
        let (train, test) = (half(&experiment, 1, side), half(&experiment, 1, 1 - side));
        for (learner, priorities) in learners.iter().zip(&mut priorities) {
            let fitted = fit(learner, &experiment, &train, Trainers::same(&trainer), None, 1).unwrap();
            priorities.extend(fitted.effects(&experiment.bins, &test).unwrap().remove(0));
        }
        let nuisances = Nuisances::fit(&experiment, &test, &trainer, 1).unwrap();
        let scores = Scores::new(&experiment, &test, &nuisances).unwrap();
        gain.extend(scores.effect(1).unwrap());
        members.extend_from_slice(scores.clusters());
    }
    let shares: Vec<f64> = priorities
        .iter()
        .map(|priority| rank(priority, &gain, &members, &Bootstrap::default()).unwrap().share.unwrap().estimate)
        .collect();
    assert!(shares[0].max(shares[1]) >= 0.48, "{shares:?}");
    assert!(shares[2] < 0.40, "{shares:?}");
}
