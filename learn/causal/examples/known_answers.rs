//! Measures all learners on real experiments: means over eight random halves, trained on one and judged on
//! the other. `cargo run --release -p causal --example known_answers`

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
use causal::folds::fold;
use causal::{CausalError, Condition, Experiment, Learner, Nuisances, Rule, Scores, Trainers, fit};

const HALVES: u64 = 8;

/// Share, Qini and AUTOC of each half.
#[derive(Default)]
struct Found {
    share: Vec<f64>,
    qini: Vec<f64>,
    autoc: Vec<f64>,
}

fn main() {
    for (name, mail) in [("Hillstrom, womens", "Womens E-Mail"), ("Hillstrom, mens", "Mens E-Mail")] {
        if let Some(experiment) = real::hillstrom(&["No E-Mail", mail]) {
            report(name, &experiment, Some(rule()));
        }
    }
    if let Some(experiment) = real::starbucks() {
        report("Starbucks", &experiment, None);
    }
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
    for salt in 0..HALVES {
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
            "| {} | {:.3} (sd {:.3}) | {:.5} (sd {:.5}) | {:.4} (sd {:.4}) |",
            learner.name(),
            share.0,
            share.1,
            qini.0,
            qini.1,
            autoc.0,
            autoc.1
        ));
    }
}

fn measure(
    experiment: &Experiment,
    salt: u64,
    learners: &[Learner],
    found: &mut [Found],
) -> Result<(), CausalError> {
    let (outcome, effect) = (real::outcome_trees(), real::effect_trees());
    let trainers = Trainers { outcome: &outcome, effect: &effect };
    let half = |side| {
        let members = experiment.cluster.iter().zip(0_u32..);
        members
            .filter(|(member, _)| fold(**member, salt, 2) == side)
            .map(|(_, row)| row)
            .collect::<Vec<u32>>()
    };
    let (train, test) = (half(0), half(1));
    let nuisances = Nuisances::fit(experiment, &train, &outcome, salt)?;
    let scores = Scores::new(experiment, &test, &Nuisances::fit(experiment, &test, &outcome, salt)?)?;
    let gain = scores.effect(1)?;
    for (learner, found) in learners.iter().zip(found) {
        let fitted = fit(learner, experiment, &train, trainers, Some(&nuisances), salt)?;
        let effects = fitted.effects(&experiment.bins, &test)?;
        let ranked = Ranked::new(effects.first().map_or(&[][..], Vec::as_slice), &gain, scores.clusters())?;
        found.share.push(ranked.share(BEST).unwrap_or(f64::NAN));
        found.qini.push(ranked.qini());
        found.autoc.push(ranked.autoc());
    }
    Ok(())
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
