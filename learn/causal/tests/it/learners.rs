//! Learners find known effects, and the same ones in any order of rows and with any number of threads.

use causal::curves::Ranked;
use causal::{Condition, Experiment, Learner, Nuisances, Propensity, Rule, Stored, Trainers, distil, fit};
use trees::{Bins, Booster, Feature, Options};

use crate::made_up::{MadeUp, half, made_up, quick};

const SALT: u64 = 11;

/// Effects that a learner trained on one half predicts for the other, and those rows.
fn predicted(made_up: &MadeUp, learner: &Learner) -> (Vec<Vec<f64>>, Vec<u32>) {
    let trainer = quick();
    let (train, test) = (half(&made_up.experiment, SALT, 0), half(&made_up.experiment, SALT, 1));
    let fitted = fit(learner, &made_up.experiment, &train, Trainers::same(&trainer), None, 5).unwrap();
    (fitted.effects(&made_up.experiment.bins, &test).unwrap(), test)
}

/// Root of the mean squared difference to the true effects of an arm.
fn error(made_up: &MadeUp, arm: usize, effects: &[f64], rows: &[u32]) -> f64 {
    let squares: f64 = effects
        .iter()
        .zip(rows)
        .map(|(effect, row)| (effect - made_up.effects[arm - 1][*row as usize]).powi(2))
        .sum();
    (squares / rows.len() as f64).sqrt()
}

/// True effects have a standard deviation of 0.4, which is the error of a learner that knows nothing but
/// the average effect; noise has one of 0.29, and treatment another one. Everybody's tolerance, with a
/// fixed seed: trees 0.13, transformed outcome (no model of the outcome) and the straight line 0.25.
#[test]
fn learners_find_known_effects() {
    let made_up = made_up(8_000, &[500_000, 500_000], 1);
    for learner in Learner::learned() {
        let (effects, rows) = predicted(&made_up, &learner);
        let found = error(&made_up, 1, &effects[0], &rows);
        let tolerance = match learner {
            Learner::Response => 0.6,
            Learner::TransformedOutcome | Learner::DrRidge => 0.25,
            _ => 0.13,
        };
        assert!(found < tolerance, "{}: {found}", learner.name());
    }
}

/// Arms that are rarer than the control, with different effects.
#[test]
fn learners_find_the_effects_of_several_arms() {
    let made_up = made_up(12_000, &[500_000, 300_000, 200_000], 2);
    for learner in [Learner::S, Learner::T, Learner::X, Learner::R, Learner::Dr] {
        let (effects, rows) = predicted(&made_up, &learner);
        assert_eq!(effects.len(), 2);
        for arm in [1, 2] {
            let found = error(&made_up, arm, &effects[arm - 1], &rows);
            assert!(found < 0.17, "{} arm {arm}: {found}", learner.name());
        }
    }
}

/// The response has nothing to do with the effect here, and the truth ranks no worse than any learner.
#[test]
fn response_ranks_by_chance_and_the_truth_best() {
    let made_up = made_up(8_000, &[500_000, 500_000], 1);
    let qini = |effects: &[f64], rows: &[u32]| {
        let truth: Vec<f64> = rows.iter().map(|row| made_up.effects[0][*row as usize]).collect();
        let members: Vec<u64> = rows.iter().map(|row| made_up.experiment.cluster[*row as usize]).collect();
        (
            Ranked::new(effects, &truth, &members).unwrap().qini(),
            Ranked::new(&truth, &truth, &members).unwrap().qini(),
        )
    };
    for learner in Learner::learned() {
        let (effects, rows) = predicted(&made_up, &learner);
        let (found, best) = qini(&effects[0], &rows);
        if learner == Learner::Response {
            assert!(found.abs() < 0.15 * best, "{found} of {best}");
        } else {
            assert!(found > 0.9 * best && found <= best + 1e-12, "{}: {found} of {best}", learner.name());
        }
    }
}

#[test]
fn two_even_arms_make_r_and_doubly_robust_the_same() {
    let made_up = made_up(2_000, &[500_000, 500_000], 3);
    let (r, _) = predicted(&made_up, &Learner::R);
    let (dr, _) = predicted(&made_up, &Learner::Dr);
    let largest = r[0].iter().zip(&dr[0]).map(|(r, dr)| (r - dr).abs()).fold(0.0, f64::max);
    assert!(largest < 1e-3, "{largest}");
}

#[test]
fn constants_and_rules_say_what_they_are() {
    let made_up = made_up(6_000, &[500_000, 300_000, 200_000], 4);
    let trainer = quick();
    let rows = half(&made_up.experiment, SALT, 0);
    let trained =
        |learner: &Learner| fit(learner, &made_up.experiment, &rows, Trainers::same(&trainer), None, 5);
    let nobody = trained(&Learner::Nobody).unwrap();
    assert_eq!(nobody.fixed_arm(), Some(0));
    assert_eq!(nobody.effects(&made_up.experiment.bins, &[0, 1]).unwrap(), [[0.0, 0.0], [0.0, 0.0]]);
    let constant = trained(&Learner::Constant(2)).unwrap();
    assert_eq!(constant.fixed_arm(), Some(2));
    let effects = constant.effects(&made_up.experiment.bins, &[7]).unwrap();
    assert!(effects[0][0] == 0.0 && (effects[1][0] - 0.15).abs() < 0.05, "{effects:?}");
    assert!(trained(&Learner::Constant(3)).is_err());

    let condition = |feature: &str, limit| Some(Condition { feature: feature.into(), limit });
    let rule = Rule { frequency: condition("f0", Some(5)), ..Rule::default() };
    let fitted = trained(&Learner::Rule(rule)).unwrap();
    let all: Vec<u32> = (0..1_000).collect();
    for (effect, truth) in
        fitted.effects(&made_up.experiment.bins, &all).unwrap()[0].iter().zip(&made_up.effects[0])
    {
        let wanted = if *truth > 0.0 { 0.6 } else { 0.0 };
        assert!((effect - wanted).abs() < 0.05, "{effect} for {truth}");
    }
    // Medians: half of the rows meet one condition, a quarter two that are independent.
    for (monetary, part) in [(None, 0.5), (condition("f2", None), 0.25)] {
        let rule = Rule { recency: condition("f0", None), monetary, ..Rule::default() };
        let effects = trained(&Learner::Rule(rule)).unwrap().effects(&made_up.experiment.bins, &all).unwrap();
        let meet = effects[0].iter().filter(|effect| **effect != 0.0).count() as f64 / 1_000.0;
        assert!((meet - part).abs() < 0.1, "{meet} instead of {part}");
    }
    assert!(trained(&Learner::Rule(Rule::default())).is_err());
    let unknown = Rule { recency: condition("age", None), ..Rule::default() };
    let said = trained(&Learner::Rule(unknown)).err().unwrap().to_string();
    assert!(said.contains("\"age\"") && said.contains("f0, f1, f2, f3"), "{said}");
}

/// Everything that is trained, at another number of threads and with the rows the other way round.
#[test]
fn effects_do_not_depend_on_threads_or_the_order_of_rows() {
    let made_up = made_up(2_000, &[500_000, 300_000, 200_000], 6);
    let turned = turned(&made_up.experiment);
    let last = made_up.experiment.rows() as u32 - 1;
    let all: Vec<u32> = (0..=last).collect();
    let back: Vec<u32> = all.iter().rev().copied().collect();
    let trainer = |threads| Booster(Options { threads, ..quick().0 });
    let (one, four) = (trainer(1), trainer(4));
    let nuisances =
        |experiment: &Experiment, trainer: &Booster| Nuisances::fit(experiment, &all, trainer, 5).unwrap();
    let (plain, other) = (nuisances(&made_up.experiment, &one), nuisances(&turned, &four));
    for learner in Learner::learned() {
        let wanted = fit(&learner, &made_up.experiment, &all, Trainers::same(&one), Some(&plain), 5).unwrap();
        let found = fit(&learner, &turned, &all, Trainers::same(&four), Some(&other), 5).unwrap();
        let wanted = wanted.effects(&made_up.experiment.bins, &all).unwrap();
        let found = found.effects(&turned.bins, &back).unwrap();
        // Forests are the same; means and regressions sum floats, whose rounding depends on their order.
        let far = wanted
            .iter()
            .flatten()
            .zip(found.iter().flatten())
            .any(|(wanted, found)| (wanted - found).abs() > 1e-9);
        assert!(!far, "{} differs by more than rounding noise", learner.name());
    }
}

/// The same experiment with its last row first.
fn turned(experiment: &Experiment) -> Experiment {
    let mut columns = vec![Vec::new(); experiment.bins.features().len()];
    let mut of_row = Vec::new();
    for row in (0..experiment.rows()).rev() {
        experiment.bins.row(row, &mut of_row);
        for (column, bin) in columns.iter_mut().zip(&of_row) {
            column.push(*bin);
        }
    }
    Experiment {
        bins: Bins::new(experiment.bins.features().to_vec(), columns).unwrap(),
        arm: experiment.arm.iter().rev().copied().collect(),
        outcome: experiment.outcome.iter().rev().copied().collect(),
        cluster: experiment.cluster.iter().rev().copied().collect(),
        ..experiment.clone()
    }
}

/// A student for the till says nearly what its teacher says.
#[test]
fn a_student_learns_what_its_teacher_says() {
    let made_up = made_up(4_000, &[500_000, 500_000], 8);
    let trainer = quick();
    let rows: Vec<u32> = (0..4_000).collect();
    let teacher = fit(&Learner::T, &made_up.experiment, &rows, Trainers::same(&trainer), None, 5).unwrap();
    assert!(teacher.forests().is_none());
    let students = distil(teacher.as_ref(), &made_up.experiment.bins, &rows, &trainer).unwrap();
    let wanted = teacher.effects(&made_up.experiment.bins, &rows).unwrap();
    let found = students[0].predict(&made_up.experiment.bins, &rows);
    let error = wanted[0].iter().zip(&found).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 4_000.0;
    assert!(error.sqrt() < 0.05, "{}", error.sqrt());
    let own = fit(&Learner::Dr, &made_up.experiment, &rows, Trainers::same(&trainer), None, 5).unwrap();
    assert_eq!(own.forests().unwrap().len(), 1);
}

/// Everything that can be trained predicts the same, bit for bit, after it was written and read back; a
/// changed file is refused.
#[test]
fn a_stored_learner_predicts_the_same() {
    let made_up = made_up(1_500, &[500_000, 300_000, 200_000], 8);
    let trainer = quick();
    let rows: Vec<u32> = (0..1_500).collect();
    let bins = &made_up.experiment.bins;
    let rule = Rule { frequency: Some(Condition { feature: "f0".into(), limit: None }), ..Rule::default() };
    for learner in
        Learner::learned().into_iter().chain([Learner::Nobody, Learner::Constant(1), Learner::Rule(rule)])
    {
        let fitted = fit(&learner, &made_up.experiment, &rows, Trainers::same(&trainer), None, 5).unwrap();
        let text = serde_json::to_string(&fitted.stored().unwrap()).unwrap();
        let again = serde_json::from_str::<Stored>(&text).unwrap().fitted().unwrap();
        assert_eq!(
            fitted.effects(bins, &rows).unwrap(),
            again.effects(bins, &rows).unwrap(),
            "{}",
            learner.name()
        );
        assert_eq!(fitted.fixed_arm(), again.fixed_arm());
        let more = bins.with_column(Feature { name: "more".into(), cuts: vec![1] }, vec![1; 1_500]).unwrap();
        assert!(again.effects(&more, &rows).is_err(), "{}", learner.name());
        assert!(again.effects(bins, &[1_500]).is_err(), "{}", learner.name());
        let other = text.replace("\"f0\"", "\"f9\"");
        let other = serde_json::from_str::<Stored>(&other)
            .map(|stored| stored.fitted().and_then(|fitted| fitted.effects(bins, &rows)));
        assert!(!matches!(other, Ok(Ok(_))), "{}", learner.name());
        if let Some(place) = text.find("\"forest\":\"") {
            let mut flipped = text.into_bytes();
            let digit = &mut flipped[place + 60];
            *digit = if *digit == b'0' { b'1' } else { b'0' };
            assert!(serde_json::from_slice::<Stored>(&flipped).is_err(), "{}", learner.name());
        }
    }
}

/// A propensity that depends on a feature which also drives the outcome: known by row, it does no harm.
#[test]
fn a_propensity_by_row_is_made_up_for() {
    let mut made_up = made_up(8_000, &[500_000, 500_000], 9);
    confound(&mut made_up);
    for learner in [Learner::X, Learner::R, Learner::Dr] {
        let (effects, rows) = predicted(&made_up, &learner);
        let found = error(&made_up, 1, &effects[0], &rows);
        assert!(found < 0.17, "{}: {found}", learner.name());
    }
}

/// Leaves out rows so that the arm is drawn with probability 0.2 below 5 of feature 1 and 0.8 from there
/// on.
pub(crate) fn confound(made_up: &mut MadeUp) {
    let experiment = &made_up.experiment;
    let mut of_row = Vec::new();
    let mut kept = Vec::new();
    let mut columns = vec![Vec::new(); 4];
    let mut propensity = vec![Vec::new(); 2];
    for row in 0..experiment.rows() {
        experiment.bins.row(row, &mut of_row);
        let treated = if of_row[1] > 5 { 800_000 } else { 200_000 };
        let own = if experiment.arm[row] == 1 { treated } else { 1_000_000 - treated };
        if crate::made_up::unit(row as u64, 99) < f64::from(own) / 800_000.0 {
            kept.push(row);
            columns.iter_mut().zip(&of_row).for_each(|(column, bin)| column.push(*bin));
            propensity[0].push(1_000_000 - treated);
            propensity[1].push(treated);
        }
    }
    made_up.effects = vec![kept.iter().map(|row| made_up.effects[0][*row]).collect()];
    made_up.experiment = Experiment {
        bins: Bins::new(experiment.bins.features().to_vec(), columns).unwrap(),
        arm: kept.iter().map(|row| experiment.arm[*row]).collect(),
        outcome: kept.iter().map(|row| experiment.outcome[*row]).collect(),
        cluster: kept.iter().map(|row| experiment.cluster[*row]).collect(),
        propensity: Propensity::PerRow(propensity),
        ..experiment.clone()
    };
    made_up.experiment.check().unwrap();
}
