//! What a return undoes of its purchase.

use std::collections::BTreeMap;

use domain::quantities::Quantity;
use domain::returns::ReturnedSoFar;
use domain::rounding::Rounding;
use store::{Purchase, ReturnRecord};

use crate::error::Error;
use crate::purchases::sold::{Line, Sold, lines_of, returned};
use crate::state::App;

type ByPosition = BTreeMap<u32, ReturnedSoFar>;

/// A purchase, and what of it has come back, before and after one more return is confirmed.
pub(super) struct Undone {
    pub sold: Sold,
    /// What this return brings back.
    pub own: ByPosition,
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
        let sold = Sold::read(app, purchase)?;
        let before = returned(app, returns, false, now)?;
        let mut after = before.clone();
        let lines = lines_of(record, app.live.load().active.plan.scales());
        let lines = lines.ok_or_else(|| Error::damaged(&format!("return {}", record.id)))?;
        for (position, line) in &lines {
            let sum = after.entry(*position).or_default();
            sum.quantity.0 = sum.quantity.0.saturating_add(line.quantity.0);
        }
        Ok(Self { sold, own: lines.into_iter().collect(), before, after })
    }

    /// The part of a value of a line that this return undoes: all returns of the line together undo
    /// exactly all of it.
    pub(super) fn share(&self, line: &Line, value: i64) -> i64 {
        part(line, &self.after, value).saturating_sub(part(line, &self.before, value))
    }

    /// Whether nothing is left of a line.
    pub(super) fn is_all_back(&self, line: &Line) -> bool {
        come_back(line, &self.after) >= line.sold.quantity
    }
}

fn come_back(line: &Line, returned: &ByPosition) -> Quantity {
    returned.get(&line.sold.position).map(|returned| returned.quantity).unwrap_or_default()
}

fn part(line: &Line, returned: &ByPosition, value: i64) -> i64 {
    let numerator = i128::from(value) * i128::from(come_back(line, returned).0);
    Rounding::HalfUp.divide(numerator, i128::from(line.sold.quantity.0.max(1)))
}
