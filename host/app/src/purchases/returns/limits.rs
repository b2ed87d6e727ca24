//! The parts of limits that a return gives back: money and points in proportion, a use once no line is left that the
//! offer paid on.

use store::{Counts, Grant, Purchase};

use super::undone::Undone;
use crate::error::Error;
use crate::state::App;

/// The parts that the counters of the purchase get back with one more return.
pub(super) async fn given_back(app: &App, purchase: &Purchase, undone: &Undone) -> Result<Vec<Grant>, Error> {
    let grants = app.store.grants(&purchase.id).await?;
    Ok(grants.into_iter().map(|grant| back(grant, undone)).collect())
}

fn back(grant: Grant, undone: &Undone) -> Grant {
    let paid_on = || {
        let lines = undone.sold.lines.iter();
        lines.filter(|line| line.rewards.iter().any(|reward| reward.offer == grant.offer))
    };
    let (mut money, mut points) = (0_i64, 0_i64);
    for line in paid_on() {
        for reward in line.rewards.iter().filter(|reward| reward.offer == grant.offer) {
            money = money.saturating_add(undone.share(line, reward.money.0));
            points = points.saturating_add(undone.share(line, reward.points.0));
        }
    }
    let all_back = paid_on().all(|line| undone.is_all_back(line));
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
