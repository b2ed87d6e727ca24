//! The receipts as the till sends them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::source::{Receipt, Retail, SourceLine};
use super::{TIME_ZONE, money};

/// A row for each receipt, in the order of the data.
pub fn receipt_rows(retail: &Retail) -> anyhow::Result<Vec<Value>> {
    let mut coupons = shown_coupons(retail)?;
    let row = |receipt: &Receipt| {
        let numbers = line_numbers(&receipt.lines);
        let lines: Vec<Value> =
            numbers.zip(&receipt.lines).map(|(number, line)| row_of_line(number, line)).collect();
        let coupons: Vec<String> = coupons
            .remove(&receipt.receipt)
            .unwrap_or_default()
            .into_iter()
            .map(|coupon| coupon.to_string())
            .collect();
        json!({
            "purchase_id": receipt.receipt.to_string(),
            "at": receipt.ts.to_string(),
            "pos": format!("store-{}", receipt.store),
            "member": {"kind": "card", "value": receipt.household.to_string()},
            "lines": lines,
            "coupons": coupons,
        })
    };
    Ok(retail.receipts.iter().map(row).collect())
}

/// The data's own numbers; lines without one follow after the last.
fn line_numbers(lines: &[SourceLine]) -> impl Iterator<Item = u32> {
    let mut last = lines.iter().filter_map(|line| line.n).max().unwrap_or(0);
    lines.iter().map(move |line| {
        line.n.unwrap_or_else(|| {
            last = last.saturating_add(1);
            last
        })
    })
}

fn row_of_line(number: u32, line: &SourceLine) -> Value {
    json!({
        "position": number,
        "goods_id": line.product.to_string(),
        "quantity": domain::decimal::format_trimmed(line.thousandths(), 3),
        "price": money(line.unit_price),
        "amount": money(line.amount()),
    })
}

/// Receipt number to the coupons that its household redeemed with it.
fn shown_coupons(retail: &Retail) -> anyhow::Result<BTreeMap<u64, BTreeSet<u64>>> {
    let zone = TimeZone::get(TIME_ZONE).context(TIME_ZONE)?;
    let mut shown: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for redemption in &retail.redemptions {
        let of_that_day: Vec<&Receipt> = retail
            .receipts
            .iter()
            .filter(|receipt| receipt.household == redemption.household)
            .filter(|receipt| receipt.ts.to_zoned(zone.clone()).date() == redemption.date)
            .collect();
        let goods = retail
            .coupons
            .iter()
            .find(|coupon| (coupon.coupon, coupon.campaign) == (redemption.coupon, redemption.campaign))
            .map_or(&[][..], |coupon| &coupon.products);
        let holds_goods = |receipt: &&&Receipt| {
            receipt.lines.iter().any(|line| line.qty > 0 && goods.contains(&line.product))
        };
        let receipt =
            of_that_day.iter().find(holds_goods).or_else(|| of_that_day.first()).with_context(|| {
                format!(
                    "household {} redeemed on {} without a receipt",
                    redemption.household, redemption.date
                )
            })?;
        shown.entry(receipt.receipt).or_default().insert(redemption.coupon);
    }
    Ok(shown)
}
