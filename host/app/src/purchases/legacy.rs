//! Purchases and returns of releases that stored no amounts, only texts: the amounts are read from the receipt and
//! the answer, with the scales that the answer has, and with rounding and validity of points by the plan and the
//! settings of today. To be removed once no such purchase can be confirmed or returned any more.

use std::collections::BTreeMap;

use domain::decimal::parse_scaled;
use domain::quantities::{Money, Points, Quantity};
use domain::receipt::ReceiptLine;
use domain::returns::{ReturnedLine, SoldLine};
use serde::Deserialize;
use serde_json::json;
use store::{Purchase, ReturnRecord, till_id};
use wire::json as strict_json;
use wire::reader::Scales;
use wire::receipt::{self, ReadReceipt, ReadingRules, Request};

use super::sold::{PurchasedLine, Reward, Sold};
use super::validity::validity;
use crate::error::Error;
use crate::state::App;

/// Decimal places of quantities.
const QUANTITY_PLACES: u32 = 3;

/// The fields of an answer to `calculate` that count here.
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

/// The fields of an answer to a return that count here.
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

/// The amounts of a purchase, from its receipt and its answer.
pub(super) fn sold(app: &App, purchase: &Purchase) -> Result<Sold, Error> {
    let live = app.live.load();
    let plan = &live.active.plan;
    let damaged = || Error::damaged(&format!("purchase {}", purchase.id));
    let answer: Answer = serde_json::from_str(&purchase.answer).map_err(|_| damaged())?;
    let scales = answer.totals.scales().ok_or_else(damaged)?;
    let read = receipt_of(app, purchase, scales).ok_or_else(damaged)?;
    let bought: BTreeMap<u32, &ReceiptLine> =
        read.receipt.lines.iter().map(|line| (line.position, line)).collect();
    // The answer shows points also to buyers without an account, who did not earn them.
    let earns = purchase.points_earned > 0;
    let line = |line: AnswerLine| {
        let bought = *bought.get(&line.position)?;
        line.read(bought, earns, scales)
    };
    let lines: Option<Vec<PurchasedLine>> = answer.lines.into_iter().map(line).collect();
    let Totals { points_paid, points_spent } = &answer.totals;
    Ok(Sold {
        scales,
        rounding: plan.plan.currency.rounding,
        points_rounding: plan.plan.points.rounding,
        earned: validity(app.config.points.life(), plan, &read.receipt),
        lines: lines.ok_or_else(damaged)?,
        points_spent: points(points_spent, scales).ok_or_else(damaged)?,
        points_paid: money(points_paid, scales).ok_or_else(damaged)?,
    })
}

/// The lines of a return, from its answer.
pub(super) fn lines(record: &ReturnRecord, scales: Scales) -> Result<Vec<ReturnedLine>, Error> {
    let damaged = || Error::damaged(&format!("return {}", record.id));
    let answer: ReturnAnswer = serde_json::from_str(&record.answer).map_err(|_| damaged())?;
    let lines: Option<_> = answer.lines.iter().map(|line| line.read(scales)).collect();
    lines.ok_or_else(damaged)
}

/// Reading the receipt depends on the plan only for its scales, and for whether goods are known, which does not matter
/// here.
fn receipt_of(app: &App, purchase: &Purchase, scales: Scales) -> Option<ReadReceipt> {
    let document = strict_json::parse(&purchase.request).ok()?;
    let recorded = Some(ReadingRules {
        folded_codes: false,
        told_amounts: false,
        exact_pos: false,
        told_fields: false,
        line_attributes: false,
    });
    let request = Request { max_lines: usize::MAX, recorded, ..Request::new(till_id(&purchase.id)) };
    let live = app.live.load();
    if live.active.plan.scales() == scales {
        return receipt::read(&document, &live.active.plan, request).ok();
    }
    // From before the scales of a database were fixed.
    let code = &live.active.plan.plan.currency.code;
    let settings = json!({
        "currency": {"code": code, "exponent": scales.money},
        "points": {"exponent": scales.points},
    });
    receipt::read(&document, &wire::plan::build(&settings, Vec::new()).ok()?, request).ok()
}

impl Totals {
    /// The scales that the answer was written with: its decimals have all their places.
    fn scales(&self) -> Option<Scales> {
        let places = |text: &str| u32::try_from(text.split_once('.').map_or(0, |(_, places)| places.len()));
        Some(Scales { money: places(&self.points_paid).ok()?, points: places(&self.points_spent).ok()? })
    }
}

impl AnswerLine {
    fn read(self, bought: &ReceiptLine, earns: bool, scales: Scales) -> Option<PurchasedLine> {
        let earned = points(&self.points_earned, scales)?;
        let sold = SoldLine {
            position: self.position,
            quantity: bought.quantity,
            payable: money(&self.payable, scales)?,
            points_paid: money(&self.points_paid, scales)?,
            points_earned: if earns { earned } else { Points::ZERO },
        };
        let reward = |reward: AnswerReward| {
            let (money, points) = (money(&reward.discount, scales)?, points(&reward.points, scales)?);
            let AnswerReward { offer, version, mechanic, mechanic_version, .. } = reward;
            Some(Reward { offer, version, mechanic, mechanic_version, money, points })
        };
        let rewards = self.offers.into_iter().map(reward).collect::<Option<_>>()?;
        Some(PurchasedLine { goods_id: bought.goods_id.clone(), sold, rewards })
    }
}

impl ReturnAnswerLine {
    fn read(&self, scales: Scales) -> Option<ReturnedLine> {
        Some(ReturnedLine {
            position: self.position,
            quantity: Quantity(parse_scaled(&self.quantity, QUANTITY_PLACES).ok()?),
            payable: money(&self.payable, scales)?,
            points_paid: money(&self.points_paid, scales)?,
            points_earned: points(&self.points_earned, scales)?,
        })
    }
}

fn money(text: &str, scales: Scales) -> Option<Money> {
    parse_scaled(text, scales.money).ok().map(Money)
}

fn points(text: &str, scales: Scales) -> Option<Points> {
    parse_scaled(text, scales.points).ok().map(Points)
}
