//! What a policy, an arm for each row, is worth after its cost.
//!
//! The *outcome* of a policy is the mean score of the arm it gives to each row, its *spend* the mean cost
//! of those arms, its *net* value the difference; all per row, in units of the outcome.

use crate::bootstrap::{Bootstrap, Interval, mean};
use crate::error::CausalError;
use crate::experiment::length;
use crate::numbers::count;
use crate::scores::Scores;

/// What a policy is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Outcome less spend.
    pub net: Interval,
    pub outcome: Interval,
    pub spend: f64,
    /// Part of rows that gets each arm.
    pub shares: Vec<f64>,
}

/// Two arms, given to random parts of all rows: `share` of the rows get `upper`, the others `lower`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    pub lower: u8,
    pub upper: u8,
    pub share: f64,
}

/// A policy against doing the same to everybody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Net value less that of `mixture`.
    pub at_equal_spend: Interval,
    /// The best way to spend no more than the policy does without looking at members: one arm for all, or
    /// two at random.
    pub mixture: Mixture,
    /// Net value less that of `constant`.
    pub against_best_constant: Interval,
    /// The arm with the largest net value if all rows get it, whatever that costs.
    pub constant: u8,
}

/// The arm with the largest effect less cost for each row; among equals the lowest, so that nobody is
/// treated for nothing. `effects` is `[arm − 1][row]`, `costs` has one entry per arm, the control first.
///
/// # Errors
/// Columns of different lengths, a value that is not finite.
pub fn assign(effects: &[Vec<f64>], costs: &[f64]) -> Result<Vec<u8>, CausalError> {
    length("the costs", costs.len(), effects.len() + 1)?;
    let rows = effects.first().map_or(0, Vec::len);
    let (control, others) = costs.split_first().map_or((0.0, costs), |(first, rest)| (*first, rest));
    let mut best = vec![(0_u8, -control); rows];
    for (number, (column, cost)) in (1_u8..).zip(effects.iter().zip(others)) {
        length("the effects of an arm", column.len(), rows)?;
        for (best, effect) in best.iter_mut().zip(column) {
            let gain = effect - cost;
            if !gain.is_finite() {
                return Err(CausalError::NotFinite { what: "an effect less its cost" });
            }
            if gain > best.1 {
                *best = (number, gain);
            }
        }
    }
    Ok(best.into_iter().map(|(arm, _)| arm).collect())
}

/// What a policy is worth. `arms` has one entry per row of `scores`.
///
/// # Errors
/// Columns of different lengths, an arm that does not exist, too few members, a value that is not finite.
pub fn evaluate(
    scores: &Scores,
    arms: &[u8],
    costs: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Value, CausalError> {
    let policy = Policy::new(scores, arms, costs)?;
    let figures = bootstrap.statistics(scores.clusters(), &|weights| {
        let outcome = mean(weights, &policy.outcome);
        vec![outcome - mean(weights, &policy.cost), outcome]
    })?;
    let [net, outcome] = figures.as_slice() else { return Err(CausalError::NotFinite { what: "a value" }) };
    let shares = (0..scores.arms())
        .map(|arm| count(arms.iter().filter(|given| usize::from(**given) == arm).count()) / count(arms.len()))
        .collect();
    Ok(Value { net: *net, outcome: *outcome, spend: policy.spend(), shares })
}

/// Net value of `first` less that of `second`, paired by row.
///
/// # Errors
/// As of [`evaluate`].
pub fn difference(
    scores: &Scores,
    first: &[u8],
    second: &[u8],
    costs: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Interval, CausalError> {
    let net = |arms| Policy::new(scores, arms, costs).map(|policy| policy.net());
    let paired: Vec<f64> =
        net(first)?.iter().zip(net(second)?).map(|(first, second)| first - second).collect();
    bootstrap.mean(scores.clusters(), &paired)
}

/// A policy against the best constant, at equal spend and at any.
///
/// The constants are picked on the same rows as they are compared on, which flatters them and never the
/// policy. In each replicate the same arms are mixed so that they again spend what the policy spends.
///
/// # Errors
/// As of [`evaluate`].
pub fn compare(
    scores: &Scores,
    arms: &[u8],
    costs: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Comparison, CausalError> {
    let policy = Policy::new(scores, arms, costs)?;
    let columns: Vec<&[f64]> = (0..scores.arms()).filter_map(|arm| scores.arm(arm)).collect();
    let ones = vec![1.0; scores.len()];
    let constants = Constants::new(&columns, costs, &ones);
    let mixture = constants.at_spend(policy.spend());
    let constant = constants.best();
    let net = policy.net();
    let figures = bootstrap.statistics(scores.clusters(), &|weights| {
        let constants = Constants::new(&columns, costs, weights);
        let spend = mean(weights, &policy.cost);
        let own = mean(weights, &net);
        vec![
            own - constants.mixed(constants.mix(mixture.lower, mixture.upper, spend)),
            own - constants.net(constant),
        ]
    })?;
    let [at_equal_spend, against] = figures.as_slice() else {
        return Err(CausalError::NotFinite { what: "a comparison" });
    };
    Ok(Comparison { at_equal_spend: *at_equal_spend, mixture, against_best_constant: *against, constant })
}

/// Outcome and cost of the arm that each row gets.
struct Policy {
    outcome: Vec<f64>,
    cost: Vec<f64>,
}

impl Policy {
    fn new(scores: &Scores, arms: &[u8], costs: &[f64]) -> Result<Self, CausalError> {
        length("the policy", arms.len(), scores.len())?;
        length("the costs", costs.len(), scores.arms())?;
        let mut policy =
            Self { outcome: Vec::with_capacity(arms.len()), cost: Vec::with_capacity(arms.len()) };
        for (row, arm) in arms.iter().enumerate() {
            let number = usize::from(*arm);
            let outcome = scores.arm(number).and_then(|column| column.get(row));
            let (Some(outcome), Some(cost)) = (outcome, costs.get(number)) else {
                return Err(CausalError::UnknownArm { row, arm: *arm, arms: scores.arms() });
            };
            policy.outcome.push(*outcome);
            policy.cost.push(*cost);
        }
        Ok(policy)
    }

    fn spend(&self) -> f64 {
        self.cost.iter().sum::<f64>() / count(self.cost.len())
    }

    fn net(&self) -> Vec<f64> {
        self.outcome.iter().zip(&self.cost).map(|(outcome, cost)| outcome - cost).collect()
    }
}

/// Cost and net value of each arm if all rows get it.
struct Constants {
    arms: Vec<(f64, f64)>,
}

impl Constants {
    fn new(columns: &[&[f64]], costs: &[f64], weights: &[f64]) -> Self {
        let arms =
            columns.iter().zip(costs).map(|(column, cost)| (*cost, mean(weights, column) - cost)).collect();
        Self { arms }
    }

    fn get(&self, arm: u8) -> (f64, f64) {
        self.arms.get(usize::from(arm)).copied().unwrap_or((f64::INFINITY, f64::NEG_INFINITY))
    }

    fn net(&self, arm: u8) -> f64 {
        self.get(arm).1
    }

    fn numbers(&self) -> impl Iterator<Item = u8> + Clone {
        (0_u8..).take(self.arms.len())
    }

    /// The arm with the largest net value; among equals the lowest.
    fn best(&self) -> u8 {
        self.numbers().fold(0, |best, arm| if self.net(arm) > self.net(best) { arm } else { best })
    }

    /// The mixture of two arms that spends `spend`, as close as it can.
    fn mix(&self, lower: u8, upper: u8, spend: f64) -> Mixture {
        let (from, to) = (self.get(lower).0, self.get(upper).0);
        let share = if to > from { ((spend - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        Mixture { lower, upper, share }
    }

    fn mixed(&self, mixture: Mixture) -> f64 {
        (1.0 - mixture.share) * self.net(mixture.lower) + mixture.share * self.net(mixture.upper)
    }

    /// The best mixture that spends at most `spend`. A mean of costs is never below the cheapest arm but
    /// for rounding noise.
    fn at_spend(&self, spend: f64) -> Mixture {
        let room = spend + 1e-9 * spend.abs();
        let cheapest =
            self.numbers().fold(0, |best, arm| if self.get(arm).0 < self.get(best).0 { arm } else { best });
        let mut best = self.mix(cheapest, cheapest, spend);
        for lower in self.numbers().filter(|arm| self.get(*arm).0 <= room) {
            for upper in self.numbers() {
                let mixture = if self.get(upper).0 <= room {
                    self.mix(lower, lower, spend)
                } else {
                    self.mix(lower, upper, spend)
                };
                if self.mixed(mixture) > self.mixed(best) {
                    best = mixture;
                }
            }
        }
        best
    }
}
