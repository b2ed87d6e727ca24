//! Limits of offers get back what a return undoes: money and points in proportion, a use once
//! nothing is left of what the offer paid on.

use std::collections::BTreeMap;

use domain::quantities::Quantity;
use domain::returns::Returned;
use domain::rounding::Rounding;
use store::{Counts, Grant, Purchase, ReturnRecord};

use crate::error::ApiError;
use crate::purchases::sold::{Line, Sold, lines_of, returned};
use crate::state::App;

/// What the counters of the purchase get back with one more return.
pub(super) async fn given_back(
    app: &App,
    purchase: &Purchase,
    returns: &[ReturnRecord],
    record: &ReturnRecord,
    now: i64,
) -> Result<Vec<Grant>, ApiError> {
    let grants = app.store.grants(&purchase.id).await?;
    if grants.is_empty() {
        return Ok(grants);
    }
    let sold = Sold::read(app, purchase)?;
    let before = returned(app, returns, false, now)?;
    let mut after = before.clone();
    let scales = app.live.load().plan.scales();
    let lines =
        lines_of(record, scales).ok_or_else(|| ApiError::damaged(&format!("return {}", record.id)))?;
    for (position, line) in lines {
        let sum = after.entry(position).or_default();
        sum.quantity.0 = sum.quantity.0.saturating_add(line.quantity.0);
    }
    Ok(grants.into_iter().map(|grant| back(grant, &sold, &before, &after)).collect())
}

type ByPosition = BTreeMap<u32, Returned>;

fn back(grant: Grant, sold: &Sold, before: &ByPosition, after: &ByPosition) -> Grant {
    let paid_on =
        || sold.lines.iter().filter(|line| line.rewards.iter().any(|reward| reward.offer == grant.offer));
    let (mut money, mut points) = (0_i64, 0_i64);
    for line in paid_on() {
        let share = |value: i64| part(line, after, value).saturating_sub(part(line, before, value));
        for reward in line.rewards.iter().filter(|reward| reward.offer == grant.offer) {
            money = money.saturating_add(share(reward.money));
            points = points.saturating_add(share(reward.points));
        }
    }
    let all_back = paid_on().all(|line| come_back(line, after) >= line.sold.quantity);
    let Counts { uses: uses_left, money: money_left, points: points_left } = grant.taken;
    let taken = if all_back {
        grant.taken
    } else {
        Counts {
            uses: 0,
            money: money.clamp(0, money_left.max(0)),
            points: points.clamp(0, points_left.max(0)),
        }
    };
    debug_assert!(taken.uses <= uses_left, "no more than was taken");
    Grant { taken, ..grant }
}

fn come_back(line: &Line, returned: &ByPosition) -> Quantity {
    returned.get(&line.sold.position).map(|returned| returned.quantity).unwrap_or_default()
}

fn part(line: &Line, returned: &ByPosition, value: i64) -> i64 {
    let numerator = i128::from(value) * i128::from(come_back(line, returned).0);
    Rounding::HalfUp.divide(numerator, i128::from(line.sold.quantity.0.max(1)))
}
