//! The answer to a return. Amounts have the names that they have in the answer to `calculate`: payments are given
//! back, earned points are taken back.

use domain::decimal::format_scaled;
use domain::pricing::Warning;
use domain::quantities::Points;
use domain::returns::ReturnedLine;
use serde::Serialize;
use store::{PurchaseState, ReturnRecord, till_id};
use wire::answer::{AnswerWarning, warning};
use wire::reader::Scales;

use crate::error::Error;
use crate::purchases::sums::sum;

/// Decimal places of quantities.
const QUANTITY_PLACES: u32 = 3;

/// The amounts of a return, beside those in its record.
pub(super) struct Amounts<'a> {
    /// The lines that come back.
    pub lines: &'a [ReturnedLine],
    /// Points that are taken from the account: fewer than were earned if the member has spent the others.
    pub points_taken: Points,
    /// Decimal places of money and points.
    pub scales: Scales,
    /// Warnings about fields of the request that are not used.
    pub unused: &'a [Warning],
}

#[derive(Serialize)]
struct Answer<'a> {
    return_id: &'a str,
    purchase_id: &'a str,
    state: &'static str,
    lines: Vec<AnswerLine>,
    totals: Totals,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<AnswerWarning<'a>>,
}

#[derive(Serialize)]
struct AnswerLine {
    position: u32,
    quantity: String,
    payable: String,
    points_paid: String,
    points_earned: String,
}

#[derive(Serialize)]
struct Totals {
    /// Money to give back.
    payable: String,
    /// Worth of the points to give back, in money.
    points_paid: String,
    /// Points that were spent and come back.
    points_spent: String,
    /// Points that were earned with the goods that come back.
    points_earned: String,
    /// Points that are taken from the account.
    points_taken: String,
}

/// The answer as JSON text.
pub(super) fn write(
    record: &ReturnRecord,
    state: PurchaseState,
    amounts: Amounts<'_>,
) -> Result<String, Error> {
    let Amounts { lines, points_taken, scales, unused } = amounts;
    let money = |money: i64| format_scaled(money, scales.money);
    let points = |points: i64| format_scaled(points, scales.points);
    let line = |line: &ReturnedLine| AnswerLine {
        position: line.position,
        quantity: format_scaled(line.quantity.0, QUANTITY_PLACES),
        payable: money(line.payable.0),
        points_paid: money(line.points_paid.0),
        points_earned: points(line.points_earned.0),
    };
    let total = |amount: fn(&ReturnedLine) -> i64| sum(lines.iter().map(amount));
    let answer = Answer {
        return_id: till_id(&record.id),
        purchase_id: till_id(&record.purchase_id),
        state: state.name(),
        lines: lines.iter().map(line).collect(),
        totals: Totals {
            payable: money(total(|line| line.payable.0)?),
            points_paid: money(total(|line| line.points_paid.0)?),
            points_spent: points(record.points_back),
            points_earned: points(total(|line| line.points_earned.0)?),
            points_taken: points(points_taken.0),
        },
        warnings: unused.iter().map(warning).collect(),
    };
    serde_json::to_string(&answer).map_err(|error| Error::internal(&error))
}
