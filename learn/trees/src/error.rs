//! Why bins or a training are refused.

use forest::ForestError;
use thiserror::Error;

/// Why columns of bins are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BinsError {
    #[error("{features} features and {columns} columns: give one column for each feature")]
    Columns { features: usize, columns: usize },
    #[error("column {feature:?} has {found} rows, the first one {rows}: give each column the same rows")]
    Rows { feature: String, found: usize, rows: usize },
    #[error("{found} rows: at most {most} can be trained on; take a sample")]
    TooManyRows { found: usize, most: usize },
    #[error("row {row} of column {feature:?} is in bin {bin}, but its cuts make bins 0 to {last}")]
    Bin { feature: String, row: usize, bin: u8, last: usize },
    #[error(transparent)]
    Feature(#[from] ForestError),
}

/// Why a training is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrainError {
    #[error("option {option}: {found}, but it must be {wanted}")]
    Option { option: &'static str, found: u64, wanted: &'static str },
    #[error("there is no row to train on")]
    NoRows,
    #[error("row {row} was asked for, but there are {rows} rows, counted from 0")]
    NoSuchRow { row: u32, rows: usize },
    #[error("row {row} is named twice: name each row once, and give it a weight")]
    Repeated { row: u32 },
    #[error("{what} has {found} entries for {rows} rows: give one for each row of the bins")]
    Length { what: &'static str, found: usize, rows: usize },
    #[error("the target of row {row} is {target}: scale targets so that none is above {most} in size")]
    Target { row: u32, target: i32, most: i32 },
    #[error("all weights are 0")]
    NoWeight,
    #[error("the weights sum to {found}, at most {most} is possible: divide them all by the same number")]
    Weights { found: u64, most: u64 },
    #[error(
        "sums of weight and target no longer fit into 64 bits: divide all weights, or all targets, by the same number"
    )]
    TooLarge,
    #[error("the forest of the training is not valid")]
    Forest(#[from] ForestError),
}
