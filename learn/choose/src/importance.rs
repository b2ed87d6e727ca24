//! Which columns a model's predictions hang on.

use causal::{Trainers, distil};

use crate::error::ChooseError;
use crate::judge::rounded;
use crate::model::Model;

/// Most rows that the student sees.
const MOST_ROWS: usize = 50_000;

/// Share of each feature in the splits of a student forest that was trained to predict what the model
/// predicts. Every kind of model has such a student, so the figures can be compared.
///
/// # Errors
///
/// Whatever the training of the student refuses.
pub(crate) fn importances(
    model: &Model,
    bins: &trees::Bins,
    trainers: Trainers<'_>,
) -> Result<Vec<f64>, ChooseError> {
    let step = bins.rows().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<u32> = (0_u32..).take(bins.rows()).step_by(step).collect();
    let students = distil(model.fitted.as_ref(), bins, &rows, trainers.effect)?;
    let mut counts = vec![0.0; bins.features().len()];
    let trees = students.iter().flat_map(|student| student.forest.trees());
    for node in trees.flat_map(|tree| &tree.nodes) {
        if let Some(count) = counts.get_mut(usize::from(node.feature)) {
            *count += 1.0;
        }
    }
    let all: f64 = counts.iter().sum();
    Ok(counts.iter().map(|count| if all > 0.0 { rounded(count / all) } else { 0.0 }).collect())
}
