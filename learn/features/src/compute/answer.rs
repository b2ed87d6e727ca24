//! Puts the parts of an answer together, in the order of members.

use datafusion::arrow::array::{Array as _, Int64Array, RecordBatch};

use super::Batch;
use crate::engine::QueryError;

/// What was answered so far: the member, then a column for each feature.
pub(super) struct Answer {
    columns: Vec<Vec<i64>>,
}

impl Answer {
    pub(super) fn new(features: usize) -> Self {
        Self { columns: vec![Vec::new(); features + 1] }
    }

    pub(super) fn add(&mut self, part: &RecordBatch) -> Result<(), QueryError> {
        let failed = |why: String| QueryError::Failed(format!("the engine answered {why}"));
        if part.num_columns() != self.columns.len() {
            return Err(failed(format!("{} columns and not {}", part.num_columns(), self.columns.len())));
        }
        for (column, found) in self.columns.iter_mut().zip(part.columns()) {
            let Some(values) = found.as_any().downcast_ref::<Int64Array>() else {
                return Err(failed(format!("a column of type {}", found.data_type())));
            };
            if values.null_count() > 0 {
                return Err(failed("a column with gaps".to_owned()));
            }
            column.extend_from_slice(values.values());
        }
        Ok(())
    }

    /// All rows by member.
    pub(super) fn batch(mut self) -> Result<Batch, String> {
        let unsorted = std::mem::take(self.columns.first_mut().ok_or("the answer has no columns")?);
        let mut order: Vec<usize> = (0..unsorted.len()).collect();
        order.sort_unstable_by_key(|row| unsorted.get(*row).copied());
        let sorted = |column: &[i64]| -> Vec<i64> {
            order.iter().filter_map(|row| column.get(*row).copied()).collect()
        };
        let members = sorted(&unsorted);
        if members.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("the engine answered a member twice".to_owned());
        }
        let columns = self.columns.iter_mut().skip(1).map(|column| sorted(&std::mem::take(column))).collect();
        Ok(Batch { members, columns })
    }
}
