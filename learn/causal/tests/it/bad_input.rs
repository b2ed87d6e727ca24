//! What cannot be judged is refused, in words that help.

use causal::{Bootstrap, CausalError, Experiment, Learner, Nuisances, Propensity, Trainers, fit, randomness};
use trees::Bins;

use crate::learners::confound;
use crate::made_up::{made_up, quick};

#[test]
fn an_experiment_that_cannot_be_judged_is_refused() {
    let good = made_up(100, &[500_000, 500_000], 1).experiment;
    let changed = |change: &dyn Fn(&mut Experiment)| {
        let mut experiment = good.clone();
        change(&mut experiment);
        experiment.check().unwrap_err().to_string()
    };
    let cases: [(String, &str); 14] = [
        (changed(&|e| e.arms.truncate(1)), "between 2 and 16 arms"),
        (changed(&|e| e.arms = vec!["x".into(); 17]), "this one has 17"),
        (changed(&|e| e.arm[7] = 2), "row 7 has arm number 2"),
        (changed(&|e| e.arm = vec![0; 100]), "arm \"arm 1\" has no rows"),
        (changed(&|e| e.outcome = vec![3; 100]), "the same in all 100 rows"),
        (changed(&|e| e.scale = 0), "it must be above 0"),
        (changed(&|e| e.outcome.truncate(99)), "the column of outcomes: 99 entries instead of 100"),
        (changed(&|e| e.arm.truncate(99)), "the column of arms: 99"),
        (changed(&|e| e.cluster.truncate(99)), "the column of members: 99"),
        (
            changed(&|e| e.propensity = Propensity::PerArm(vec![0, 1_000_000])),
            "the propensity of arm \"arm 0\" is 0 millionths",
        ),
        (
            changed(&|e| e.propensity = Propensity::PerArm(vec![500_000, 400_000])),
            "add up to 900000 millionths",
        ),
        (changed(&|e| e.propensity = Propensity::PerArm(vec![1_000_000])), "the propensities: 1 entries"),
        (
            changed(&|e| e.propensity = Propensity::PerRow(vec![vec![500_000; 99], vec![500_000; 100]])),
            "a column of propensities: 99",
        ),
        (
            changed(&|e| {
                let mut columns = vec![vec![500_000; 100]; 2];
                columns[1][42] = 1_000_000;
                e.propensity = Propensity::PerRow(columns);
            }),
            "the propensity of arm \"arm 1\" in row 42 is 1000000",
        ),
    ];
    for (said, wanted) in cases {
        assert!(said.contains(wanted), "{said:?} does not say {wanted:?}");
    }
}

#[test]
fn thirds_need_not_add_up_exactly() {
    let mut experiment = made_up(100, &[500_000, 300_000, 200_000], 1).experiment;
    experiment.propensity = Propensity::PerArm(vec![333_333; 3]);
    experiment.check().unwrap();
}

#[test]
fn training_needs_rows_of_every_arm_that_exist() {
    let experiment = made_up(200, &[500_000, 500_000], 1).experiment;
    let trainer = quick();
    let control: Vec<u32> = (0..200).filter(|row| experiment.arm[*row as usize] == 0).collect();
    for learner in [Learner::T, Learner::Dr, Learner::Nobody] {
        let said = fit(&learner, &experiment, &control, Trainers::same(&trainer), None, 1)
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains("arm \"arm 1\" has no rows"), "{said}");
    }
    assert!(matches!(
        Nuisances::fit(&experiment, &[0, 200], &trainer, 1),
        Err(CausalError::NoSuchRow { row: 200, rows: 200 })
    ));
    let all: Vec<u32> = (0..200).collect();
    let nuisances = Nuisances::fit(&experiment, &all, &trainer, 1).unwrap();
    let others = fit(&Learner::Dr, &experiment, &all[..150], Trainers::same(&trainer), Some(&nuisances), 1);
    assert!(matches!(others, Err(CausalError::OtherRows)));
}

#[test]
fn intervals_need_members_and_numbers() {
    let bootstrap = Bootstrap::default();
    assert!(matches!(bootstrap.mean(&[1; 100], &[0.5; 100]), Err(CausalError::TooFew { found: 1, .. })));
    let members: Vec<u64> = (0..100).collect();
    assert!(bootstrap.mean(&members, &[f64::NAN; 100]).is_err());
    assert!(bootstrap.mean(&members, &[0.5; 99]).is_err());
    for replicates in [0, 19, 10_001] {
        assert!(Bootstrap { replicates, ..bootstrap }.mean(&members, &[0.5; 100]).is_err());
    }
    assert!(Bootstrap { z: f64::NAN, ..bootstrap }.mean(&members, &[0.5; 100]).is_err());
}

/// An honest draw passes, with two arms and with three.
#[test]
fn a_random_treatment_passes() {
    for (seed, propensities) in
        [(1, vec![500_000, 500_000]), (2, vec![900_000, 100_000]), (3, vec![400_000, 300_000, 300_000])]
    {
        let experiment = made_up(3_000, &propensities, seed).experiment;
        let rows: Vec<u32> = (0..3_000).collect();
        let found = randomness::check(&experiment, &rows, &quick(), 1).unwrap();
        assert_eq!(found.auc.len(), if propensities.len() == 2 { 1 } else { 3 });
        assert!(found.auc.iter().all(|auc| auc.low < 0.5 && auc.high > 0.5), "{found:?}");
    }
}

/// One honest draw in a thousand may be refused.
#[test]
fn honest_draws_are_hardly_ever_refused() {
    let rows: Vec<u32> = (0..500).collect();
    let refused = (0..200).filter(|seed| {
        let experiment = made_up(500, &[500_000, 500_000], 1_000 + seed).experiment;
        randomness::check(&experiment, &rows, &quick(), *seed).is_err()
    });
    assert!(refused.count() <= 2);
}

/// Treatment that depends on a feature is refused, unless the propensity of each row is stated.
#[test]
fn a_treatment_that_features_tell_is_refused() {
    let mut made_up = made_up(4_000, &[500_000, 500_000], 9);
    confound(&mut made_up);
    let mut experiment = made_up.experiment;
    let rows: Vec<u32> = (0..experiment.rows() as u32).collect();
    randomness::check(&experiment, &rows, &quick(), 1).unwrap();
    experiment.propensity = Propensity::PerArm(vec![500_000, 500_000]);
    let said = randomness::check(&experiment, &rows, &quick(), 1).unwrap_err();
    assert!(
        matches!(&said, CausalError::NotRandom { arm, auc, .. } if arm == "arm 1" && *auc > 0.7),
        "{said}"
    );
    assert!(said.to_string().contains("treatment is not random"), "{said}");
}

/// A feature that was measured after the treatment gives itself away, since the treatment changed it.
#[test]
fn a_feature_that_peeks_at_the_outcome_is_refused() {
    let experiment = made_up(3_000, &[500_000, 500_000], 1).experiment;
    let values: Vec<Option<i64>> = experiment.outcome.iter().map(|value| Some(i64::from(*value))).collect();
    let feature = trees::Feature { name: "spend after the offer".into(), cuts: trees::cuts(&values, 50) };
    let column = values.iter().map(|value| feature.bin(*value)).collect();
    let bins: Bins = experiment.bins.with_column(feature, column).unwrap();
    let experiment = Experiment { bins, ..experiment };
    let rows: Vec<u32> = (0..3_000).collect();
    assert!(matches!(randomness::check(&experiment, &rows, &quick(), 1), Err(CausalError::NotRandom { .. })));
}
