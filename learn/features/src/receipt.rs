//! Receipts, and returns, as tiles.

use std::collections::BTreeSet;

use crate::calendar::Moment;
use crate::code::{member_code, text_code};
use crate::error::FeaturesError;
use crate::tile::{Key, Sums};
use crate::writer::Writer;

/// What all lines of a receipt have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Id of the member.
    pub member: String,
    pub at: Moment,
    /// The outlet, and what kind of outlet it is; empty if unknown.
    pub outlet: String,
    pub outlet_kind: String,
}

/// A line of a receipt, or of a return, whose numbers are below zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Empty if unknown.
    pub category_1: String,
    pub category_2: String,
    /// In thousandths.
    pub quantity: i64,
    /// What was paid, in minor units.
    pub spent: i64,
    /// What was taken off, in minor units.
    pub discount: i64,
    /// Points earned less points spent, in hundredths.
    pub points: i64,
}

impl Line {
    fn is_return(&self) -> bool {
        self.quantity < 0 || self.spent < 0
    }
}

impl Writer<'_> {
    /// Adds the tiles of a receipt, which is given whole. Lines below zero are goods that came back: they
    /// lessen the sums, and are no further receipt.
    ///
    /// # Errors
    ///
    /// As [`Writer::add`].
    pub fn receipt(&mut self, head: &Head, lines: &[Line]) -> Result<(), FeaturesError> {
        let key = Key {
            member: member_code(&head.member),
            day: head.at.day,
            daypart: head.at.daypart,
            outlet: text_code(&head.outlet),
            outlet_kind: text_code(&head.outlet_kind),
            category_1: 0,
            category_2: 0,
        };
        let mut upper = BTreeSet::new();
        let mut lower = BTreeSet::new();
        for line in lines {
            let key = Key {
                category_1: text_code(&line.category_1),
                category_2: text_code(&line.category_2),
                ..key
            };
            let bought = !line.is_return();
            let first = bought && lower.is_empty();
            let first_of_upper = bought && upper.insert(key.category_1);
            let first_of_lower = bought && lower.insert((key.category_1, key.category_2));
            let sums = Sums {
                receipts: i64::from(first),
                receipts_1: i64::from(first_of_upper),
                receipts_2: i64::from(first_of_lower),
                quantity: line.quantity,
                spent: line.spent,
                discount: line.discount,
                points: line.points,
                returned: if bought { 0 } else { line.spent.saturating_neg().max(0) },
            };
            self.add(key, sums)?;
        }
        Ok(())
    }
}
