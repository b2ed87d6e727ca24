//! Values of an explanation for programs.

use crate::decimal::{format_scaled, format_trimmed};
use crate::plan::Plan;

/// A value that a condition expects or finds; decimals are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing.
    Nothing,
    /// Yes or no.
    Yes(bool),
    /// A whole number.
    Number(i64),
    /// A text: a name, a time, a decimal.
    Text(String),
    /// Several values.
    List(Vec<Finding>),
    /// Values with their names.
    Fields(Vec<(&'static str, Finding)>),
}

impl Finding {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// The value, or nothing.
    pub(super) fn maybe(found: Option<Self>) -> Self {
        found.unwrap_or(Self::Nothing)
    }

    pub(super) fn money(plan: &Plan, minor: i64) -> Self {
        Self::Text(format_scaled(minor, plan.currency.exponent))
    }

    pub(super) fn points(plan: &Plan, steps: i64) -> Self {
        Self::Text(format_scaled(steps, plan.points.exponent))
    }

    pub(super) fn units(thousandths: i64) -> Self {
        Self::Text(format_trimmed(thousandths, 3))
    }

    /// Those of the fields that have a value.
    pub(super) fn fields(fields: impl IntoIterator<Item = (&'static str, Option<Self>)>) -> Self {
        Self::Fields(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}
