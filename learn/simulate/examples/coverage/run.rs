//! One experiment: a policy is trained on half of the members, judged on the other half, and held against
//! what is expected of members of neither.

use std::error::Error;
use std::fmt;

use causal::policy::{assign, compare, evaluate};
use causal::{Bootstrap, Interval, Learner, Nuisances, Scores, Trainers, fit};
use simulate::{Chain, Settings};
use trees::{Booster, Options};

/// Members of whom the truth is asked: it is then known to a twentieth of a standard error.
const ASKED: u32 = 40_000;

/// What was estimated of a policy, and what is true of it, per member and week in units of money.
pub(crate) struct Judged {
    /// Expected outcome.
    pub(crate) value: (Interval, f64),
    /// The same less that of the arm that looked best for all.
    pub(crate) difference: (Interval, f64),
}

/// How many intervals hold the truth.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) value: u32,
    pub(crate) difference: u32,
}

impl Held {
    pub(crate) fn count(&mut self, judged: &Judged) {
        self.value += u32::from(holds(&judged.value));
        self.difference += u32::from(holds(&judged.difference));
    }
}

fn holds((interval, truth): &(Interval, f64)) -> bool {
    interval.low <= *truth && *truth <= interval.high
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |f: &mut fmt::Formatter<'_>, what, judged: &(Interval, f64)| {
            let (Interval { estimate, low, high, .. }, truth) = judged;
            let holds = if holds(judged) { "" } else { " missed" };
            write!(f, "{what} {estimate:.3} [{low:.3}, {high:.3}], truth {truth:.3}{holds}")
        };
        one(f, "value", &self.value)?;
        one(f, "; difference", &self.difference)
    }
}

/// Runs an experiment with so many members, half of them for training.
pub(crate) fn run(seed: u64, members: u32) -> Result<Judged, Box<dyn Error>> {
    let chain = Chain::new(Settings { members, weeks: 1, seed, ..Settings::default() })?;
    let columns = chain.columns(0..members, 1..2, &|_, _| chain.shares());
    let cuts = columns.cuts(32);
    let experiment = columns.experiment(&chain, &cuts)?;
    experiment.check()?;
    let (train, judge): (Vec<u32>, Vec<u32>) = (0..members).partition(|member| *member < members / 2);
    let trainer = Booster(Options { trees: 40, depth: 3, least_rows: 50, ..Options::default() });
    let fitted = fit(&Learner::Dr, &experiment, &train, Trainers::same(&trainer), None, seed)?;
    let costs = vec![0.0; chain.arms().len()];

    let scores = Scores::new(&experiment, &judge, &Nuisances::fit(&experiment, &judge, &trainer, seed)?)?;
    let policy = assign(&fitted.effects(&experiment.bins, &judge)?, &costs)?;
    let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
    let value = evaluate(&scores, &policy, &costs, &bootstrap)?.net;
    let compared = compare(&scores, &policy, &costs, &bootstrap)?;

    let others = members..members + ASKED;
    let bins = chain.columns(others.clone(), 1..2, &|_, _| chain.shares()).bins(&cuts)?;
    let policy = assign(&fitted.effects(&bins, &(0..ASKED).collect::<Vec<_>>())?, &costs)?;
    let mean = |arm: &dyn Fn(usize) -> u8| {
        let net: i64 = (0..)
            .zip(others.clone())
            .map(|(place, member)| chain.truth(member, 1, arm(place)).net / 1_000)
            .sum();
        // Thousands of millionths of a minor unit; the cut is far below what is told apart here.
        i32::try_from(net / i64::from(ASKED)).map(|net| f64::from(net) / 1e5)
    };
    let truth = mean(&|place| policy.get(place).copied().unwrap_or_default())?;
    let constant = mean(&|_| compared.constant)?;
    Ok(Judged { value: (value, truth), difference: (compared.against_best_constant, truth - constant) })
}
