//! Measures all learners on real experiments, eight times over: `cargo run --release -p causal --example
//! known_answers [-- crossed]`.
//!
//! Of random halves they are trained on one and judged on the other; `crossed` divides members into five folds
//! instead, and judges all of them, each by what was trained on the other folds.

#[allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "shared with the tests, where this is allowed"
)]
#[path = "../tests/it/real.rs"]
mod real;

use std::io::Write as _;

use causal::curves::{BEST, Ranked};
use causal::folds::{FOLDS, fold};
use causal::{CausalError, Condition, Experiment, Learner, Nuisances, Rule, Scores, Trainers, fit};

/// Divisions of the members.
const TIMES: u64 = 8;

/// Share, Qini and AUTOC of each division.
#[derive(Default)]
struct Found {
    share: Vec<f64>,
    qini: Vec<f64>,
    autoc: Vec<f64>,
}

fn main() {
    for (name, mail) in [("Hillstrom, womens", "Womens E-Mail"), ("Hillstrom, mens", "Mens E-Mail")] {
        report(name, &real::hillstrom(&["No E-Mail", mail]), Some(rule()));
    }
    report("Starbucks", &real::starbucks(), None);
}

/// Bought in the last half year, for at least 100.
fn rule() -> Learner {
    let condition = |feature: &str, limit| Some(Condition { feature: feature.into(), limit: Some(limit) });
    Learner::Rule(Rule {
        recency: condition("recency", 6),
        monetary: condition("history", 10_000),
        frequency: None,
    })
}

fn report(name: &str, experiment: &Experiment, rule: Option<Learner>) {
    let learners: Vec<Learner> = rule.into_iter().chain(Learner::learned()).collect();
    let mut found: Vec<Found> = learners.iter().map(|_| Found::default()).collect();
    let crossed = std::env::args().nth(1).is_some_and(|word| word == "crossed");
    let measure = if crossed { cross } else { halve };
    for salt in 0..TIMES {
        if let Err(error) = measure(experiment, salt, &learners, &mut found) {
            say(&format!("{name}: {error}"));
            return;
        }
    }
    say(&format!("\n{name}\n\n| learner | share in the best 30 % | Qini | AUTOC |\n|---|---|---|---|"));
    for (learner, found) in learners.iter().zip(&found) {
        let [share, qini, autoc] =
            [&found.share, &found.qini, &found.autoc].map(|values| mean_and_deviation(values));
        say(&format!(
            "| {} | {:.3} (sd {:.3}, least {:.3}) | {:.5} (sd {:.5}, least {:.5}) | {:.4} (sd {:.4}) |",
            learner.name(),
            share.0,
            share.1,
            least(&found.share),
            qini.0,
            qini.1,
            least(&found.qini),
            autoc.0,
            autoc.1
        ));
    }
}

type Measured = Result<(), CausalError>;

fn halve(experiment: &Experiment, salt: u64, learners: &[Learner], found: &mut [Found]) -> Measured {
    let test = part(experiment, salt, 2, |fold| fold == 1);
    let effects = effects(experiment, salt, learners, &part(experiment, salt, 2, |fold| fold == 0), &test)?;
    judge(experiment, salt, &test, &effects, found)
}

fn cross(experiment: &Experiment, salt: u64, learners: &[Learner], found: &mut [Found]) -> Measured {
    let (mut all, mut crossed) = (Vec::new(), vec![Vec::new(); learners.len()]);
    for one in 0..FOLDS {
        let test = part(experiment, salt, FOLDS, |fold| fold == one);
        let train = part(experiment, salt, FOLDS, |fold| fold != one);
        let effects = effects(experiment, salt, learners, &train, &test)?;
        crossed.iter_mut().zip(effects).for_each(|(all, effects)| all.extend(effects));
        all.extend(test);
    }
    // Rows in order, as scores have them.
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|place| all.get(*place));
    let in_order =
        |effects: &Vec<f64>| order.iter().filter_map(|place| effects.get(*place).copied()).collect();
    let sorted: Vec<Vec<f64>> = crossed.iter().map(in_order).collect();
    all.sort_unstable();
    judge(experiment, salt, &all, &sorted, found)
}

/// Rows whose members are in some of the folds.
fn part(experiment: &Experiment, salt: u64, folds: u32, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    let members = experiment.cluster.iter().zip(0_u32..);
    members.filter(|(member, _)| wanted(fold(**member, salt, folds))).map(|(_, row)| row).collect()
}

/// Effects that each learner predicts of the first arm for the rows of a test.
fn effects(
    experiment: &Experiment,
    salt: u64,
    learners: &[Learner],
    train: &[u32],
    test: &[u32],
) -> Result<Vec<Vec<f64>>, CausalError> {
    let (outcome, effect) = (real::outcome_trees(), real::effect_trees());
    let trainers = Trainers { outcome: &outcome, effect: &effect };
    let nuisances = Nuisances::fit(experiment, train, &outcome, salt)?;
    let of = |learner: &Learner| -> Result<Vec<f64>, CausalError> {
        let effects = fit(learner, experiment, train, trainers, Some(&nuisances), salt)?
            .effects(&experiment.bins, test)?;
        Ok(effects.into_iter().next().unwrap_or_default())
    };
    learners.iter().map(of).collect()
}

fn judge(
    experiment: &Experiment,
    salt: u64,
    test: &[u32],
    effects: &[Vec<f64>],
    found: &mut [Found],
) -> Measured {
    let scores =
        Scores::new(experiment, test, &Nuisances::fit(experiment, test, &real::outcome_trees(), salt)?)?;
    let gain = scores.effect(1)?;
    for (effects, found) in effects.iter().zip(found) {
        let ranked = Ranked::new(effects, &gain, scores.clusters())?;
        found.share.push(ranked.share(BEST).unwrap_or(f64::NAN));
        found.qini.push(ranked.qini());
        found.autoc.push(ranked.autoc());
    }
    Ok(())
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let size = values.iter().map(|_| 1.0).sum::<f64>();
    let mean = values.iter().sum::<f64>() / size;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (size - 1.0)).sqrt())
}

fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
