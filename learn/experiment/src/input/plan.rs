//! How columns of a file become the features that models see, in a form that is stored with a model.
//!
//! - A column is *numbers* if at least half of its values are, and *texts* otherwise or if the configuration
//!   lists it under `categorical`. Numbers are scaled by `10^digits`, so that they are exact integers.
//! - Texts of at most [`MOST_SPREAD`] categories become one feature of 0 and 1 for each category (for two
//!   categories: one for the second). Texts of more categories become one feature, the place of the category
//!   in byte order; name categories so that this order means something (`2) $100 - $200`).
//! - An empty field is a missing value, and so is a category that the training data did not have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::number::{Decimal, MOST_DIGITS};
use super::table::{Column, Table};
use crate::refused::{Refused, refuse};

/// Most categories that get a feature each.
pub const MOST_SPREAD: usize = 12;

/// Most categories of a column: more are an id or free text, from which nothing can be learned.
pub const MOST_CATEGORIES: usize = 250;

/// How one column is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnPlan {
    /// One feature: the number times `10^digits`.
    Numbers { column: String, digits: u32 },
    /// A feature for each category (for all but the first, if there are two): 1 if the row has it, else 0.
    Spread { column: String, categories: Vec<String> },
    /// One feature: the place of the category in this list.
    Ordered { column: String, categories: Vec<String> },
}

/// A feature of all rows.
pub struct FeatureValues {
    pub name: String,
    pub values: Vec<Option<i64>>,
}

impl ColumnPlan {
    /// Decides how a column is read, from its values.
    ///
    /// # Errors
    ///
    /// Too many categories; no value at all, or the same everywhere.
    pub fn of(table: &Table, column: &Column, categorical: bool) -> Result<Self, Refused> {
        let name = column.name.clone();
        let (mut filled, mut numbers, mut digits) = (0_usize, 0_usize, 0);
        for value in column.values().filter(|value| !value.is_empty()) {
            filled += 1;
            if let Some(number) = Decimal::parse(value) {
                numbers += 1;
                digits = digits.max(number.digits());
            }
        }
        if filled == 0 {
            refuse!("{}, column \"{name}\": no row has a value; take it off the features", table.file);
        }
        if numbers * 2 >= filled && !categorical {
            return Ok(Self::Numbers { column: name, digits: digits.min(MOST_DIGITS) });
        }
        let mut categories = BTreeMap::new();
        for (row, value) in column.values().enumerate().filter(|(_, value)| !value.is_empty()) {
            categories.entry(value).or_insert(row);
            if categories.len() > MOST_CATEGORIES {
                refuse!(
                    "{}, column \"{name}\": more than {MOST_CATEGORIES} different texts; an id or free text cannot be \
                     a feature, so group them or take the column off",
                    table.at(row)
                );
            }
        }
        let categories: Vec<String> = categories.into_keys().map(str::to_owned).collect();
        if categories.len() <= MOST_SPREAD {
            return Ok(Self::Spread { column: name, categories });
        }
        Ok(Self::Ordered { column: name, categories })
    }

    pub fn column(&self) -> &str {
        match self {
            Self::Numbers { column, .. } | Self::Spread { column, .. } | Self::Ordered { column, .. } => {
                column
            }
        }
    }

    /// How many categories it has, if it is a text.
    pub fn categories(&self) -> Option<usize> {
        match self {
            Self::Numbers { .. } => None,
            Self::Spread { categories, .. } | Self::Ordered { categories, .. } => Some(categories.len()),
        }
    }

    /// How many features it becomes.
    pub fn width(&self) -> usize {
        match self {
            Self::Numbers { .. } | Self::Ordered { .. } => 1,
            Self::Spread { categories, .. } => categories.len() - skipped(categories),
        }
    }

    /// The features of this column, for every row of a table.
    ///
    /// # Errors
    ///
    /// A value that should be a number and is none, or is too large.
    pub fn features(&self, table: &Table, column: &Column) -> Result<Vec<FeatureValues>, Refused> {
        let one = |values| vec![FeatureValues { name: column.name.clone(), values }];
        match self {
            Self::Numbers { digits, .. } => Ok(one(numbers(table, column, *digits)?)),
            Self::Ordered { categories, .. } => Ok(one(places(column, categories).collect())),
            Self::Spread { categories, .. } => {
                let places: Vec<Option<i64>> = places(column, categories).collect();
                let spread = (0_i64..).zip(categories).skip(skipped(categories)).map(|(category, text)| {
                    FeatureValues {
                        name: format!("{} = {text}", column.name),
                        values: places
                            .iter()
                            .map(|place| place.map(|place| i64::from(place == category)))
                            .collect(),
                    }
                });
                Ok(spread.collect())
            }
        }
    }
}

/// Of two categories the second says it all.
fn skipped(categories: &[String]) -> usize {
    usize::from(categories.len() == 2)
}

/// Place of each row's category in the list.
fn places(column: &Column, categories: &[String]) -> impl Iterator<Item = Option<i64>> {
    let known: BTreeMap<&str, i64> = categories.iter().map(String::as_str).zip(0..).collect();
    column.values().map(move |value| known.get(value).copied())
}

/// The numbers of a column, scaled; an empty field is missing.
///
/// # Errors
///
/// A value that is no number, or is too large.
pub fn numbers(table: &Table, column: &Column, digits: u32) -> Result<Vec<Option<i64>>, Refused> {
    column
        .values()
        .enumerate()
        .map(|(row, value)| {
            if value.is_empty() {
                return Ok(None);
            }
            let Some(number) = Decimal::parse(value) else {
                refuse!(
                    "{}, column \"{}\": \"{value}\" is not a number; leave the field empty if it is not known, or list \
                     the column under `categorical`",
                    table.at(row),
                    column.name
                );
            };
            let Some(scaled) = number.scaled(digits) else {
                refuse!("{}, column \"{}\": {value} is too large a number", table.at(row), column.name);
            };
            Ok(Some(scaled))
        })
        .collect()
}
