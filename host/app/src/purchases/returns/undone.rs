//! The part of a purchase that a return undoes.

use std::collections::BTreeMap;

use domain::quantities::Quantity;
use domain::returns::{ReturnedLine, ReturnedSoFar};
use domain::rounding::Rounding;
use store::{Purchase, ReturnRecord};

use crate::error::Error;
use crate::purchases::sold::{PurchasedLine, Sold};
use crate::purchases::{stored, sums};
use crate::state::App;

type ByPosition = BTreeMap<u32, ReturnedSoFar>;

/// A purchase with the sums of its confirmed returns, before and after one more return is confirmed.
pub(super) struct Undone {
    pub sold: Sold,
    /// The lines that this return brings back.
    pub lines: Vec<ReturnedLine>,
    before: ByPosition,
    after: ByPosition,
}

impl Undone {
    pub(super) fn read(
        app: &App,
        purchase: &Purchase,
        returns: &[ReturnRecord],
        record: &ReturnRecord,
        now: i64,
    ) -> Result<Self, Error> {
        let sold = stored::sold(app, purchase)?;
        let before = stored::returned_so_far(returns, sold.scales, false, now)?;
        let mut after = before.clone();
        let lines = stored::lines(record, sold.scales)?;
        for line in &lines {
            let sum = after.entry(line.position).or_default();
            sum.quantity.0 = sums::sum([sum.quantity.0, line.quantity.0])?;
        }
        Ok(Self { sold, lines, before, after })
    }

    /// The position of a line of this return of which more would have come back than was sold.
    pub(super) fn returned_before(&self) -> Option<u32> {
        let own = self.lines.iter().map(|line| line.position);
        let sold = |position: u32| self.sold.lines.iter().find(|line| line.sold.position == position);
        own.into_iter().find(|position| {
            sold(*position).is_none_or(|line| come_back(line, &self.after) > line.sold.quantity)
        })
    }

    /// The lines of this return by position.
    pub(super) fn by_position(&self) -> BTreeMap<u32, &ReturnedLine> {
        self.lines.iter().map(|line| (line.position, line)).collect()
    }

    /// The part of a value of a line that this return undoes: all returns of the line together undo
    /// exactly all of it.
    pub(super) fn share(&self, line: &PurchasedLine, value: i64) -> Result<i64, Error> {
        let before = part(line, &self.before, value);
        let share = part(line, &self.after, value).checked_sub(before);
        share.ok_or_else(|| Error::damaged("amounts of a purchase, of which more came back than was sold"))
    }

    /// True if nothing is left of the whole purchase.
    pub(super) fn is_everything(&self) -> bool {
        self.sold.lines.iter().all(|line| self.is_all_back(line))
    }

    /// True if nothing is left of a line.
    pub(super) fn is_all_back(&self, line: &PurchasedLine) -> bool {
        come_back(line, &self.after) >= line.sold.quantity
    }
}

fn come_back(line: &PurchasedLine, returned: &ByPosition) -> Quantity {
    returned.get(&line.sold.position).map(|returned| returned.quantity).unwrap_or_default()
}

fn part(line: &PurchasedLine, returned: &ByPosition, value: i64) -> i64 {
    let numerator = i128::from(value) * i128::from(come_back(line, returned).0);
    Rounding::HalfUp.divide(numerator, i128::from(line.sold.quantity.0.max(1)))
}
