//! Why no verdict was given.

use causal::CausalError;

/// Why no verdict was given.
#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    #[error("{0}")]
    Causal(#[from] CausalError),
    #[error(
        "the budget of {budget} a row pays for no arm but \"nobody\" and no model spends so little; raise it, or leave \
         it out"
    )]
    Budget { budget: f64 },
    #[error("nobody competes")]
    NoModel,
    #[error("there are {found} costs for {arms} arms")]
    Costs { found: usize, arms: usize },
}
