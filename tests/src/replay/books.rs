//! Checks that the host has stored what it answered, and that both agree with the data.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Totals;
use super::host::Client;
use super::schedule::Purchase;
use super::till::{Sold, Sums, cents, digest};
use crate::retail::Retail;

#[derive(Deserialize)]
struct StoredPurchase<'a> {
    state: &'a str,
    member_id: &'a str,
    #[serde(borrow)]
    result: &'a RawValue,
    returns: Vec<StoredReturn>,
}

#[derive(Deserialize)]
struct StoredReturn {
    state: String,
    totals: StoredReturnTotals,
}

#[derive(Deserialize)]
struct StoredReturnTotals {
    payable: String,
    points_spent: String,
    points_taken: String,
}

#[derive(Deserialize)]
struct Points {
    available: String,
    pending: String,
    reserved: String,
    accrued: String,
    spent: String,
    expired: String,
}

/// Fails unless the amounts add up to those of the data; for the whole year also to the totals of the data.
pub(super) fn amounts_are_those_of_the_data(retail: &Retail, totals: &Totals) -> anyhow::Result<()> {
    let lines = || retail.receipts.iter().flat_map(|receipt| &receipt.lines);
    let expected: i64 = lines().map(|line| line.amount()).sum();
    let Sums { amount, discount, payable, points_paid, .. } = totals.sold;
    ensure!(amount == expected, "the receipts come to {expected}, the answers to {amount}");
    let paid = payable + points_paid + discount;
    ensure!(paid == amount, "amounts of {amount} were settled with {paid}");
    if retail.receipts.len() == retail.stats.counts.receipts {
        // The totals of the data leave the zero-quantity lines out.
        let of_nothing: i64 = lines().filter(|line| line.n.is_none()).map(|line| line.amount()).sum();
        let money = &retail.stats.money_minor;
        let expected = money.gross - money.retail_disc;
        ensure!(amount - of_nothing == expected, "{amount} less {of_nothing} is not {expected}");
        ensure!(expected == money.received + money.coupon_match, "the data's totals do not add up");
    }
    Ok(())
}

/// Fails unless every stored purchase is, byte for byte, the one that was answered, with its returns.
pub(super) fn purchases_are_stored_as_answered(
    till: &Client,
    retail: &Retail,
    purchases: &[Purchase],
    sold: &[Sold],
) -> anyhow::Result<()> {
    for sold in sold {
        let (purchase, receipt) = (&purchases[sold.number], &retail.receipts[sold.number]);
        let text = till.get(&format!("/v1/purchases/{}", purchase.id))?;
        let stored: StoredPurchase = serde_json::from_str(&text).with_context(|| text.clone())?;
        ensure!(stored.state == "confirmed", "{text}");
        ensure!(stored.member_id == member_id(receipt.household), "{text}");
        ensure!(
            digest(stored.result.get()) == sold.digest,
            "{} is not stored as it was answered: {text}",
            purchase.id
        );
        ensure!(stored.returns.len() == usize::from(sold.returned.is_some()), "{text}");
        for (stored, answered) in stored.returns.iter().zip(sold.returned) {
            let totals = &stored.totals;
            let found = (cents(&totals.payable)?, cents(&totals.points_spent)?, cents(&totals.points_taken)?);
            let expected = (answered.payable, answered.points_spent, answered.points_earned);
            ensure!(stored.state == "confirmed" && found == expected, "{text}");
        }
    }
    Ok(())
}

/// Fails unless every member has earned and spent the points of their purchases, less those of their returns. Answers
/// the sum of the points that are left, in hundredths.
pub(super) fn members_have_what_they_earned(
    client: &Client,
    retail: &Retail,
    sold: &[Sold],
) -> anyhow::Result<i64> {
    // Earned and spent.
    let mut expected: BTreeMap<u32, (i64, i64)> =
        retail.households.iter().map(|household| (household.household, (0, 0))).collect();
    for sold in sold {
        let account = expected.entry(retail.receipts[sold.number].household).or_default();
        let returned = sold.returned.unwrap_or_default();
        account.0 += sold.sums.points_earned - returned.points_earned;
        account.1 += sold.sums.points_spent - returned.points_spent;
    }
    let mut left = 0;
    for (household, (accrued, spent)) in expected {
        let text = client.get(&format!("/v1/members/{}/points", member_id(household)))?;
        let points: Points = serde_json::from_str(&text).with_context(|| text.clone())?;
        let found = (cents(&points.accrued)?, cents(&points.spent)?);
        ensure!(found == (accrued, spent), "accrued and spent should be {accrued} and {spent}: {text:.500}");
        let available = cents(&points.available)?;
        let elsewhere = cents(&points.pending)? + cents(&points.reserved)? + cents(&points.expired)?;
        ensure!(accrued == available + elsewhere + spent, "{text:.500}");
        left += available;
    }
    Ok(left)
}

fn member_id(household: u32) -> String {
    format!("household-{household}")
}
