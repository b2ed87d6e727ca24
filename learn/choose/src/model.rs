//! A trained competitor, and the policy that follows from its predictions.

use causal::{Experiment, Fitted, Nuisances, Trainers, fit, policy};
use trees::Bins;

use crate::error::ChooseError;
use crate::field::Entrant;

/// Halvings of the search for a price.
const STEPS: u32 = 60;

/// Largest price of one unit of cost.
const MOST_PRICE: f64 = 1e12;

/// A trained competitor.
pub struct Model {
    pub entrant: Entrant,
    pub fitted: Box<dyn Fitted>,
    /// What one unit of cost counts in the policy: 1 without a budget, more if the budget binds.
    pub price: f64,
}

impl Model {
    /// Trains a competitor on some rows.
    ///
    /// # Errors
    ///
    /// Whatever [`causal::fit`] refuses.
    pub fn train(
        entrant: &Entrant,
        experiment: &Experiment,
        rows: &[u32],
        trainers: Trainers<'_>,
        nuisances: &Nuisances,
        plan: &Spending<'_>,
    ) -> Result<Self, ChooseError> {
        let fitted = fit(&entrant.learner, experiment, rows, trainers, Some(nuisances), plan.seed)?;
        let price = match (plan.budget, fitted.fixed_arm()) {
            (Some(budget), None) => price(&fitted.effects(&experiment.bins, rows)?, plan.costs, budget)?,
            _ => 1.0,
        };
        Ok(Self { entrant: entrant.clone(), fitted, price })
    }

    /// The arm that each row gets: the one with the largest predicted effect less its cost.
    ///
    /// # Errors
    ///
    /// Features that are not the ones trained on.
    pub fn arms(&self, bins: &Bins, rows: &[u32], costs: &[f64]) -> Result<Vec<u8>, ChooseError> {
        chosen(self.fitted.as_ref(), self.price, bins, rows, costs)
    }
}

/// What a policy may spend.
#[derive(Clone, Copy, Debug)]
pub struct Spending<'a> {
    /// Cost of each arm, control first.
    pub costs: &'a [f64],
    /// Most mean cost per row.
    pub budget: Option<f64>,
    /// Start of the folds that learners draw.
    pub seed: u64,
}

/// The policy of predicted effects at a price.
///
/// # Errors
///
/// Features that are not the ones trained on.
pub fn chosen(
    fitted: &dyn Fitted,
    price: f64,
    bins: &Bins,
    rows: &[u32],
    costs: &[f64],
) -> Result<Vec<u8>, ChooseError> {
    match fitted.fixed_arm() {
        Some(arm) => Ok(vec![arm; rows.len()]),
        None => Ok(policy::assign(&fitted.effects(bins, rows)?, &priced(costs, price))?),
    }
}

fn priced(costs: &[f64], price: f64) -> Vec<f64> {
    costs.iter().map(|cost| cost * price).collect()
}

/// The lowest price, at least 1, at which the policy spends no more than the budget on these rows.
fn price(effects: &[Vec<f64>], costs: &[f64], budget: f64) -> Result<f64, ChooseError> {
    let fits = |price: f64| -> Result<bool, ChooseError> {
        let arms = policy::assign(effects, &priced(costs, price))?;
        let spent: f64 = arms.iter().filter_map(|arm| costs.get(usize::from(*arm))).sum();
        let rows = f64::from(u32::try_from(arms.len()).unwrap_or(u32::MAX));
        Ok(spent <= budget * rows)
    };
    if fits(1.0)? {
        return Ok(1.0);
    }
    let (mut low, mut high) = (1.0, 2.0);
    while !fits(high)? {
        if high > MOST_PRICE {
            return Err(ChooseError::Budget { budget });
        }
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..STEPS {
        let middle = (low + high) / 2.0;
        if fits(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}
