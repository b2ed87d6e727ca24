//! The answer to a return. Amounts have the names that they have in the answer to `calculate`: what
//! was paid comes back, what was earned is taken.

use domain::decimal::format_scaled;
use domain::quantities::Points;
use domain::returns::ReturnedLine;
use serde::{Deserialize, Serialize};
use store::ReturnRecord;
use wire::reader::Scales;

use crate::error::Error;

/// What comes back.
pub(super) struct Amounts<'a> {
    pub lines: &'a [ReturnedLine],
    pub points_back: Points,
    pub points_taken: Points,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    return_id: String,
    purchase_id: String,
    state: String,
    lines: Vec<Line>,
    totals: Totals,
}

#[derive(Serialize, Deserialize)]
struct Line {
    position: u32,
    quantity: String,
    payable: String,
    points_paid: String,
    points_earned: String,
}

#[derive(Serialize, Deserialize)]
struct Totals {
    /// Money to give back.
    payable: String,
    /// What is given back in points, in money.
    points_paid: String,
    /// Points that were spent and come back.
    points_spent: String,
    /// Points that were earned with what is returned.
    points_earned: String,
    /// Those that are taken from the account.
    points_taken: String,
}

pub(super) fn write(
    record: &ReturnRecord,
    state: &str,
    amounts: &Amounts<'_>,
    scales: Scales,
) -> Result<String, Error> {
    let money = |money: i64| format_scaled(money, scales.money);
    let points = |points: i64| format_scaled(points, scales.points);
    let line = |line: &ReturnedLine| Line {
        position: line.position,
        quantity: format_scaled(line.quantity.0, 3),
        payable: money(line.payable.0),
        points_paid: money(line.points_paid.0),
        points_earned: points(line.points_earned.0),
    };
    let lines = amounts.lines;
    let answer = Answer {
        return_id: record.id.clone(),
        purchase_id: record.purchase_id.clone(),
        state: state.to_owned(),
        lines: lines.iter().map(line).collect(),
        totals: Totals {
            payable: money(lines.iter().map(|line| line.payable.0).sum()),
            points_paid: money(lines.iter().map(|line| line.points_paid.0).sum()),
            points_spent: points(amounts.points_back.0),
            points_earned: points(amounts.points_taken.0),
            points_taken: points(amounts.points_taken.0),
        },
    };
    serde_json::to_string(&answer).map_err(|error| Error::internal(&error))
}

/// The answer once the return is confirmed.
pub(super) fn confirmed(text: &str, taken: Points, scales: Scales) -> String {
    edited(text, |answer| {
        answer.state = "confirmed".to_owned();
        answer.totals.points_taken = format_scaled(taken.0, scales.points);
    })
}

pub(super) fn in_state(text: &str, state: &str) -> String {
    edited(text, |answer| answer.state = state.to_owned())
}

/// What is stored was written here, and can be read; if not, it stays as it is.
fn edited(text: &str, edit: impl FnOnce(&mut Answer)) -> String {
    let Ok(mut answer) = serde_json::from_str::<Answer>(text) else { return text.to_owned() };
    edit(&mut answer);
    serde_json::to_string(&answer).unwrap_or_else(|_| text.to_owned())
}
