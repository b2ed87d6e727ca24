//! A confirmed purchase, and what of it has come back.

use std::collections::BTreeMap;

use domain::decimal::parse_scaled;
use domain::quantities::{Money, Points, Quantity};
use domain::receipt::ReceiptLine;
use domain::returns::{ReturnedSoFar, SoldLine};
use serde::Deserialize;
use store::{Purchase, PurchaseState, ReturnRecord};
use wire::reader::Scales;

use super::{life, state_at};
use crate::error::Error;
use crate::state::App;

/// What can be returned, read from the answer that the till got.
pub(super) struct Sold {
    pub lines: Vec<Line>,
    pub points_spent: Points,
    pub points_paid: Money,
}

/// A line, and what each offer gave on it.
pub(super) struct Line {
    pub goods_id: String,
    pub sold: SoldLine,
    pub rewards: Vec<Reward>,
}

pub(super) struct Reward {
    pub offer: String,
    pub version: u32,
    pub mechanic: String,
    pub mechanic_version: String,
    pub money: i64,
    pub points: i64,
}

#[derive(Deserialize)]
struct Answer {
    lines: Vec<AnswerLine>,
    totals: Totals,
}

#[derive(Deserialize)]
struct Totals {
    points_paid: String,
    points_spent: String,
}

#[derive(Deserialize)]
struct AnswerLine {
    position: u32,
    payable: String,
    points_paid: String,
    points_earned: String,
    offers: Vec<AnswerReward>,
}

#[derive(Deserialize)]
struct AnswerReward {
    offer: String,
    version: u32,
    mechanic: String,
    mechanic_version: String,
    discount: String,
    points: String,
}

/// The lines of a return's answer, as far as they count.
#[derive(Deserialize)]
struct ReturnAnswer {
    lines: Vec<ReturnAnswerLine>,
}

#[derive(Deserialize)]
struct ReturnAnswerLine {
    position: u32,
    quantity: String,
    payable: String,
    points_paid: String,
    points_earned: String,
}

const QUANTITY_PLACES: u32 = 3;

impl Sold {
    pub(super) fn read(app: &App, purchase: &Purchase) -> Result<Self, Error> {
        let scales = app.live.load().active.plan.scales();
        let damaged = || Error::damaged(&format!("purchase {}", purchase.id));
        let receipt = life::stored_receipt(app, purchase).ok_or_else(damaged)?.receipt;
        let answer: Answer = serde_json::from_str(&purchase.answer).map_err(|_| damaged())?;
        let bought: BTreeMap<u32, &ReceiptLine> =
            receipt.lines.iter().map(|line| (line.position, line)).collect();
        let earns = purchase.points_earned > 0;
        let line = |line: AnswerLine| {
            let bought = *bought.get(&line.position)?;
            line.read(bought, earns, scales)
        };
        let lines: Option<Vec<Line>> = answer.lines.into_iter().map(line).collect();
        Ok(Self {
            lines: lines.ok_or_else(damaged)?,
            points_spent: Points(
                parse_scaled(&answer.totals.points_spent, scales.points).map_err(|_| damaged())?,
            ),
            points_paid: Money(
                parse_scaled(&answer.totals.points_paid, scales.money).map_err(|_| damaged())?,
            ),
        })
    }
}

impl AnswerLine {
    fn read(self, bought: &ReceiptLine, earns: bool, scales: Scales) -> Option<Line> {
        let money = |text: &str| parse_scaled(text, scales.money).ok();
        let points = |text: &str| parse_scaled(text, scales.points).ok();
        let earned = points(&self.points_earned)?;
        let sold = SoldLine {
            position: self.position,
            quantity: bought.quantity,
            payable: Money(money(&self.payable)?),
            points_paid: Money(money(&self.points_paid)?),
            points_earned: Points(if earns { earned } else { 0 }),
        };
        let reward = |reward: AnswerReward| {
            let (money, points) = (money(&reward.discount)?, points(&reward.points)?);
            let AnswerReward { offer, version, mechanic, mechanic_version, .. } = reward;
            Some(Reward { offer, version, mechanic, mechanic_version, money, points })
        };
        let rewards = self.offers.into_iter().map(reward).collect::<Option<_>>()?;
        Some(Line { goods_id: bought.goods_id.clone(), sold, rewards })
    }
}

/// What has come back, by position: confirmed returns, and with `open` those under way too.
pub(super) fn returned(
    app: &App,
    returns: &[ReturnRecord],
    open: bool,
    now: i64,
) -> Result<BTreeMap<u32, ReturnedSoFar>, Error> {
    let scales = app.live.load().active.plan.scales();
    let mut returned: BTreeMap<u32, ReturnedSoFar> = BTreeMap::new();
    for record in returns {
        match state_at(record.state, record.expires_at, now) {
            PurchaseState::Confirmed => {}
            PurchaseState::Calculated if open => {}
            _ => continue,
        }
        for line in
            lines_of(record, scales).ok_or_else(|| Error::damaged(&format!("return {}", record.id)))?
        {
            let (position, line) = line;
            let sum = returned.entry(position).or_default();
            sum.quantity.0 = sum.quantity.0.saturating_add(line.quantity.0);
            sum.payable.0 = sum.payable.0.saturating_add(line.payable.0);
            sum.points_paid.0 = sum.points_paid.0.saturating_add(line.points_paid.0);
            sum.points_earned.0 = sum.points_earned.0.saturating_add(line.points_earned.0);
        }
    }
    Ok(returned)
}

/// What one return brings back, by position.
pub(super) fn lines_of(record: &ReturnRecord, scales: Scales) -> Option<Vec<(u32, ReturnedSoFar)>> {
    let answer: ReturnAnswer = serde_json::from_str(&record.answer).ok()?;
    let line = |line: ReturnAnswerLine| {
        let returned = ReturnedSoFar {
            quantity: Quantity(parse_scaled(&line.quantity, QUANTITY_PLACES).ok()?),
            payable: Money(parse_scaled(&line.payable, scales.money).ok()?),
            points_paid: Money(parse_scaled(&line.points_paid, scales.money).ok()?),
            points_earned: Points(parse_scaled(&line.points_earned, scales.points).ok()?),
        };
        Some((line.position, returned))
    };
    answer.lines.into_iter().map(line).collect()
}
