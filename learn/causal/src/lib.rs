//! Effects of a randomised treatment: models that predict them for each member, and the statistics that
//! tell whether a model is worth more than doing the same to everybody.
//!
//! An [`Experiment`] is checked once, [`randomness::check`] makes sure that its arms were drawn at random,
//! [`fit`] trains a [`Learner`] on some rows, [`Scores`] say what other rows would have brought under each
//! arm, [`curves`] judge how well predicted effects rank them and [`policy`] what acting on them is worth.
//!
//! Everything is computed with additions, multiplications, divisions and square roots in a fixed order,
//! and chance is a hash of member and seed: the same input gives the same figures on any machine and with
//! any number of threads.

pub mod bootstrap;
pub mod curves;
mod error;
mod experiment;
pub mod folds;
mod learner;
mod nuisance;
mod numbers;
pub mod offpolicy;
pub mod policy;
pub mod power;
pub mod randomness;
mod scores;
mod store;
mod target;

pub use bootstrap::{Bootstrap, Interval};
pub use error::CausalError;
pub use experiment::{Experiment, MOST_ARMS, MOST_ROWS, Propensity};
pub use learner::{Condition, Fitted, Learner, Rule, Stored, Trainers, distil, fit};
pub use nuisance::Nuisances;
pub use scores::Scores;
pub use target::EffectForest;
