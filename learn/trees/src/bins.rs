//! Features of many rows as bins, one byte each.

use std::sync::Arc;

use forest::{Feature, Forest};

use crate::error::BinsError;

/// Most rows that can be trained on: their number is kept in 24 bits.
pub const MAX_ROWS: usize = (1 << 24) - 1;

/// Columns of bins. A copy shares the columns.
#[derive(Clone, Debug)]
pub struct Bins {
    features: Vec<Feature>,
    columns: Vec<Arc<Vec<u8>>>,
    rows: usize,
}

impl Bins {
    /// One column for each feature, all with the same rows.
    ///
    /// # Errors
    /// Columns of different length, too many rows, bins that the cuts do not make, features that
    /// [`Forest::new`] refuses.
    pub fn new(features: Vec<Feature>, columns: Vec<Vec<u8>>) -> Result<Self, BinsError> {
        if features.len() != columns.len() {
            return Err(BinsError::Columns { features: features.len(), columns: columns.len() });
        }
        let rows = columns.first().map_or(0, Vec::len);
        features.iter().zip(&columns).try_for_each(|(feature, column)| check(feature, column, rows))?;
        let columns = columns.into_iter().map(Arc::new).collect();
        Self { features, columns, rows }.checked()
    }

    /// The same from raw values, `None` where one is missing.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_values(features: Vec<Feature>, values: &[Vec<Option<i64>>]) -> Result<Self, BinsError> {
        let bins =
            |(feature, values): (&Feature, &Vec<_>)| values.iter().map(|value| feature.bin(*value)).collect();
        if features.len() != values.len() {
            return Err(BinsError::Columns { features: features.len(), columns: values.len() });
        }
        let columns = features.iter().zip(values).map(bins).collect();
        Self::new(features, columns)
    }

    /// These bins and one feature more, the last. The other columns are shared, not copied.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_column(&self, feature: Feature, column: Vec<u8>) -> Result<Self, BinsError> {
        let rows = if self.features.is_empty() { column.len() } else { self.rows };
        check(&feature, &column, rows)?;
        let mut with = self.clone();
        with.rows = rows;
        with.features.push(feature);
        with.columns.push(Arc::new(column));
        with.checked()
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Bins of one feature, by row.
    #[must_use]
    pub fn column(&self, feature: usize) -> Option<&[u8]> {
        self.columns.get(feature).map(|column| column.as_slice())
    }

    /// Puts the bins of a row into `into`, in the order of features; nothing for a row that does not exist.
    pub fn row(&self, row: usize, into: &mut Vec<u8>) {
        into.clear();
        into.extend(self.columns.iter().filter_map(|column| column.get(row)));
    }

    fn checked(self) -> Result<Self, BinsError> {
        Forest::new(self.features.clone(), 0, Vec::new())?;
        Ok(self)
    }
}

/// One column against its feature.
fn check(feature: &Feature, column: &[u8], rows: usize) -> Result<(), BinsError> {
    if column.len() != rows {
        return Err(BinsError::Rows { feature: feature.name.clone(), found: column.len(), rows });
    }
    if rows > MAX_ROWS {
        return Err(BinsError::TooManyRows { found: rows, most: MAX_ROWS });
    }
    match column.iter().position(|bin| usize::from(*bin) >= feature.bins()) {
        None => Ok(()),
        Some(row) => Err(BinsError::Bin {
            feature: feature.name.clone(),
            row,
            bin: column.get(row).copied().unwrap_or_default(),
            last: feature.bins().saturating_sub(1),
        }),
    }
}

/// Scores of some rows, in their order. The forest must have the features of these bins, in their order; a
/// row or a feature that does not exist counts as missing.
#[must_use]
pub fn predict(forest: &Forest, bins: &Bins, rows: &[u32]) -> Vec<i64> {
    let score = |row: &u32| {
        let Ok(row) = usize::try_from(*row) else { return forest.base() };
        forest.score_by(|feature| bin(bins, feature, row))
    };
    rows.iter().map(score).collect()
}

fn bin(bins: &Bins, feature: u16, row: usize) -> u8 {
    bins.column(usize::from(feature)).and_then(|column| column.get(row)).copied().unwrap_or_default()
}
