//! The port to whatever trains forests.

use forest::Forest;

use crate::bins::Bins;
use crate::error::TrainError;

/// Trains a forest that predicts a target. The causal part knows trainers by this only.
pub trait Trainer: Sync {
    /// `target` and `weight` have one entry for each row of `bins`; `rows` says which are used, in any order,
    /// each once. The features of the forest are those of `bins`, in their order.
    ///
    /// # Errors
    /// What is wrong with rows, targets or weights.
    fn fit(
        &self,
        bins: &Bins,
        rows: &[u32],
        target: &[i32],
        weight: Option<&[u32]>,
    ) -> Result<Forest, TrainError>;
}
