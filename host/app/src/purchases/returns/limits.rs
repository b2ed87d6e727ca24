//! The parts of limits that a return gives back: money and points in proportion, a use once no line is left that the
//! offer paid on.

use store::{Counts, Grant, Purchase};

use super::undone::Undone;
use crate::error::Error;
use crate::purchases::sums::sum;
use crate::state::App;

/// The parts that the counters of the purchase get back with one more return.
pub(super) async fn given_back(app: &App, purchase: &Purchase, undone: &Undone) -> Result<Vec<Grant>, Error> {
    let grants = app.store.grants(&purchase.id).await?;
    grants.into_iter().map(|grant| back(grant, undone)).collect()
}

fn back(grant: Grant, undone: &Undone) -> Result<Grant, Error> {
    let paid_on = || {
        let lines = undone.sold.lines.iter();
        lines.filter(|line| line.rewards.iter().any(|reward| reward.offer == grant.offer))
    };
    let (mut money, mut points) = (Vec::new(), Vec::new());
    for line in paid_on() {
        for reward in line.rewards.iter().filter(|reward| reward.offer == grant.offer) {
            money.push(undone.share(line, reward.money.0)?);
            points.push(undone.share(line, reward.points.0)?);
        }
    }
    let (money, points) = (sum(money)?, sum(points)?);
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
    Ok(Grant { taken, ..grant })
}
