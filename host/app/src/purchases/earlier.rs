//! Compares a late receipt with the calculation that the till made before it was cut off.

use domain::caseless::folded_identifier;
use domain::decimal::format_scaled;
use domain::pricing::Warning;
use domain::receipt::{Receipt, ReceiptLine};
use serde_json::Value;
use store::{Purchase, till_id};
use wire::json;
use wire::receipt::{self, ReadingRules, Request};

use super::named::Named;
use super::sold::Sold;
use super::stored;
use crate::error::Error;
use crate::state::App;

/// A late receipt beside the stored calculation of its purchase.
pub(super) enum Sale {
    /// Goods, amounts and member are equal: the customer has paid what was calculated.
    Same,
    /// Another receipt, with the warning that the calculation is dropped.
    Other(Warning),
}

/// Compares a late receipt with the stored calculation. Coupons, points to pay with, `calculation` and `payable` count
/// where the receipt has them: a till that was cut off may not repeat them.
pub(super) fn compare(app: &App, before: &Purchase, row: &Value) -> Result<Sale, Error> {
    let sold = stored::sold(app, before)?;
    Ok(match difference(app, before, row, &sold)? {
        None => Sale::Same,
        Some(difference) => Sale::Other(dropped(difference, &sold)?),
    })
}

/// The first field that says something else; none if all say the same.
fn difference(app: &App, before: &Purchase, row: &Value, sold: &Sold) -> Result<Option<&'static str>, Error> {
    let plan = &app.live.load().active.plan;
    let recorded = Some(ReadingRules {
        folded_codes: true,
        told_amounts: false,
        exact_pos: false,
        told_fields: false,
        line_attributes: false,
    });
    let read = |document: &Value| {
        let request = Request { max_lines: usize::MAX, recorded, ..Request::new(till_id(&before.id)) };
        receipt::read(document, plan, request).ok().map(|read| read.receipt)
    };
    let stored = json::parse(&before.request).ok().and_then(|document| read(&document));
    let (Some(stored), Some(late)) = (stored, read(row)) else { return Ok(Some("lines")) };
    let named = Named::read(row, sold.scales).unwrap_or_default();
    let fields = [
        ("lines", same_lines(&stored, &late)),
        ("member", identifier(&stored) == identifier(&late)),
        ("coupons", row.get("coupons").is_none() || stored.coupons == late.coupons),
        ("pay_points", row.get("pay_points").is_none() || stored.pay_points == late.pay_points),
        ("calculation or payable", named.is(before, sold)?),
    ];
    Ok(fields.into_iter().find_map(|(field, same)| (!same).then_some(field)))
}

/// As identifiers compare.
fn identifier(receipt: &Receipt) -> Option<(String, String)> {
    receipt.identifier.as_ref().map(|(kind, value)| folded_identifier(kind, value))
}

fn same_lines(one: &Receipt, other: &Receipt) -> bool {
    let sold = |line: &ReceiptLine| {
        (line.position, line.goods_id.clone(), line.quantity.0, line.price.0, line.amount.0)
    };
    one.lines.iter().map(sold).eq(other.lines.iter().map(sold))
}

fn dropped(difference: &str, sold: &Sold) -> Result<Warning, Error> {
    let money = |value| format_scaled(value, sold.scales.money);
    Ok(Warning {
        code: "late_receipt_differs",
        detail: format!(
            "the purchase was calculated before with {} to pay and {} paid with points; this receipt differs in \
             {difference}, and is taken without discount and points",
            money(sold.payable()?),
            money(sold.points_paid.0)
        ),
    })
}
