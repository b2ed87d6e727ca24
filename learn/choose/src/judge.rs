//! What policies are worth on one part of the data.

use causal::bootstrap::Bootstrap;
use causal::{Experiment, Nuisances, Scores, Trainers, policy};

use crate::error::ChooseError;
use crate::verdict::{Figures, Interval};

/// Replicates of the interval that holds for all models at once.
const REPLICATES: u32 = 1000;

/// Doubly robust scores of a part, whose outcome models were cross-fitted on that part alone.
pub(crate) struct Judge<'a> {
    pub(crate) scores: Scores,
    costs: &'a [f64],
    bootstrap: Bootstrap,
}

/// Figures of a policy, with the standard errors of its comparisons.
pub(crate) struct Judged {
    pub(crate) figures: Figures,
    equal: causal::bootstrap::Interval,
    against: causal::bootstrap::Interval,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        experiment: &Experiment,
        rows: &[u32],
        trainers: Trainers<'_>,
        costs: &'a [f64],
        bootstrap: Bootstrap,
    ) -> Result<Self, ChooseError> {
        let nuisances = Nuisances::fit(experiment, rows, trainers.outcome, bootstrap.seed)?;
        Ok(Self { scores: Scores::new(experiment, rows, &nuisances)?, costs, bootstrap })
    }

    /// Judges a policy, one arm per row, beside an arm for all.
    pub(crate) fn judge(&self, arms: &[u8], constant: u8) -> Result<Judged, ChooseError> {
        let value = policy::evaluate(&self.scores, arms, self.costs, &self.bootstrap)?;
        let compared = policy::compare(&self.scores, arms, self.costs, &self.bootstrap)?;
        let against = self.difference(arms, &vec![constant; arms.len()])?;
        let figures = Figures {
            value: value.net.into(),
            outcome: value.outcome.into(),
            spend: rounded(value.spend),
            shares: value.shares.into_iter().map(rounded).collect(),
            at_equal_spend: compared.at_equal_spend.into(),
            against_best_constant: against.into(),
        };
        Ok(Judged { figures, equal: compared.at_equal_spend, against })
    }

    pub(crate) fn difference(
        &self,
        first: &[u8],
        second: &[u8],
    ) -> Result<causal::bootstrap::Interval, ChooseError> {
        Ok(policy::difference(&self.scores, first, second, self.costs, &self.bootstrap)?)
    }

    /// How many standard errors an interval needs to either side so that with 95 % the intervals of *all*
    /// these policies' differences to one arm for all hold: the 97.5 % point of the largest of their
    /// studentised deviations in a bootstrap (Romano and Wolf, Econometrica 2005, its first step). For one
    /// policy that is close to 1.96.
    pub(crate) fn simultaneous(&self, policies: &[&[u8]], constant: u8) -> f64 {
        let fixed = vec![constant; self.scores.len()];
        let base = self.net(&fixed);
        let differences: Vec<Vec<f64>> = policies
            .iter()
            .map(|arms| self.net(arms).iter().zip(&base).map(|(own, base)| own - base).collect())
            .collect();
        let ones = vec![1.0; self.scores.len()];
        let estimates: Vec<f64> = differences.iter().map(|values| mean(&ones, values)).collect();
        let replicates: Vec<Vec<f64>> = (0..REPLICATES)
            .map(|replicate| {
                let weights = self.bootstrap.weights(self.scores.clusters(), replicate);
                let means = differences.iter().map(|values| mean(&weights, values));
                means.zip(&estimates).map(|(mean, estimate)| mean - estimate).collect()
            })
            .collect();
        let errors: Vec<f64> = (0..policies.len())
            .map(|policy| {
                let squares: f64 = replicates.iter().filter_map(|all| all.get(policy)).map(|d| d * d).sum();
                (squares / f64::from(REPLICATES)).sqrt()
            })
            .collect();
        let mut largest: Vec<f64> = replicates
            .iter()
            .map(|all| {
                let studentised = all.iter().zip(&errors).filter(|(_, error)| **error > 1e-12);
                studentised.map(|(deviation, error)| deviation / error).fold(0.0, f64::max)
            })
            .collect();
        largest.sort_by(f64::total_cmp);
        let place = usize::try_from(REPLICATES).unwrap_or(0) * 39 / 40;
        largest.get(place).copied().unwrap_or(causal::bootstrap::Z_95).max(causal::bootstrap::Z_95)
    }

    /// Score less cost of the arm that each row gets.
    fn net(&self, arms: &[u8]) -> Vec<f64> {
        arms.iter()
            .enumerate()
            .map(|(row, arm)| {
                let arm = usize::from(*arm);
                let score = self.scores.arm(arm).and_then(|scores| scores.get(row)).copied();
                score.unwrap_or(0.0) - self.costs.get(arm).copied().unwrap_or(0.0)
            })
            .collect()
    }
}

impl Judged {
    /// Both comparisons with constants, `z` standard errors to either side.
    pub(crate) fn widened(&self, z: f64) -> (Interval, Interval) {
        (wide(self.equal, z), wide(self.against, z))
    }
}

fn wide(interval: causal::bootstrap::Interval, z: f64) -> Interval {
    Interval {
        estimate: rounded(interval.estimate),
        low: rounded(interval.estimate - z * interval.error),
        high: rounded(interval.estimate + z * interval.error),
    }
}

fn mean(weights: &[f64], values: &[f64]) -> f64 {
    let (sum, weight) =
        weights.iter().zip(values).fold((0.0, 0.0), |(sum, total), (w, v)| (sum + w * v, total + w));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

impl From<causal::bootstrap::Interval> for Interval {
    fn from(interval: causal::bootstrap::Interval) -> Self {
        wide_from(interval.estimate, interval.low, interval.high)
    }
}

fn wide_from(estimate: f64, low: f64, high: f64) -> Interval {
    Interval { estimate: rounded(estimate), low: rounded(low), high: rounded(high) }
}

/// Nine decimals: what files say must not hang on the last bits of a float.
pub(crate) fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e9).round() / 1e9;
    if rounded == 0.0 { 0.0 } else { rounded }
}
