//! The answer to `calculate`. Names of fields and their order are a contract: answers are stored, and
//! compared byte for byte when they are replayed.

use std::borrow::Cow;

use domain::caseless::Code;
use domain::decimal::format_scaled;
use domain::mechanics::{Blame, MechanicId};
use domain::offer::OfferId;
use domain::plan::Plan;
use domain::pricing::{
    LineReward, MechanicReport, NotApplied, PricedLine, PricedReceipt, TraceStep, Warning,
};
use domain::quantities::{Money, Points};
use domain::receipt::{PayPoints, Receipt, ReceiptLine};
use serde::Serialize;
use serde_json::{Value, json};

use super::digest;
use super::problem::Problems;
use super::receipt::ReadReceipt;
use super::wrap;

/// The answer. Sums of money and of points are decimal texts with all digits of their scale.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    pub purchase_id: &'a str,
    pub state: &'static str,
    pub plan: &'a str,
    pub lines: Vec<AnswerLine<'a>>,
    pub totals: Totals,
    pub points: MemberPoints,
    pub messages: Messages,
    pub not_applied: Vec<UnappliedOffer<'a>>,
    pub mechanics: Vec<CalledMechanic<'a>>,
    pub warnings: Vec<AnswerWarning<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<TraceEntry<'a>>>,
}

/// A priced line.
#[derive(Debug, Serialize)]
pub struct AnswerLine<'a> {
    pub position: u32,
    pub amount: String,
    pub discount: String,
    pub points_paid: String,
    pub payable: String,
    pub points_earned: String,
    pub offers: Vec<OfferReward<'a>>,
}

/// Discount and points of one offer on one line.
#[derive(Debug, Serialize)]
pub struct OfferReward<'a> {
    pub offer: &'a str,
    pub version: u32,
    pub mechanic: &'a str,
    pub mechanic_version: &'a str,
    pub discount: String,
    pub points: String,
    pub reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'a str>,
}

/// Sums over the lines.
#[derive(Debug, Serialize)]
pub struct Totals {
    pub amount: String,
    pub discount: String,
    pub points_paid: String,
    pub payable: String,
    pub points_earned: String,
    pub points_spent: String,
}

/// Points of the member before the purchase, and the most of them that the receipt can be paid with.
#[derive(Debug, Serialize)]
pub struct MemberPoints {
    pub available: String,
    pub can_pay_max: String,
}

/// Messages of the offers that gave something, in lines for the till's printer and display.
#[derive(Debug, Serialize)]
pub struct Messages {
    pub cashier: Vec<String>,
    pub receipt: Vec<String>,
}

/// An offer that gave nothing, and why.
#[derive(Debug, Serialize)]
pub struct UnappliedOffer<'a> {
    pub offer: &'a str,
    pub reason: &'static str,
    pub detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// The decisions of the personal items that the member was handed, if the offer let the member in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<&'a str>,
}

/// Outcome of the calls to a mechanic; `fuel` is what they took together.
#[derive(Debug, Serialize)]
pub struct CalledMechanic<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub digest: &'a str,
    pub outcome: &'static str,
    pub blame: Option<&'static str>,
    pub fuel: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
}

/// Something unusual about the receipt, its member or a mechanic.
#[derive(Debug, Serialize)]
pub struct AnswerWarning<'a> {
    pub code: &'static str,
    pub detail: &'a str,
}

/// One step of the calculation, for people; only in an answer with `explain`.
#[derive(Debug, Serialize)]
pub struct TraceEntry<'a> {
    pub stage: &'static str,
    pub offer: Option<&'a str>,
    pub detail: &'a str,
}

/// The answer about a priced receipt.
pub fn answer<'a>(plan: &'a Plan, read: &'a ReadReceipt, priced: &'a PricedReceipt) -> Answer<'a> {
    let writer = Writer { plan };
    let totals = &priced.totals;
    Answer {
        purchase_id: &read.receipt.purchase_id,
        state: "calculated",
        plan: &plan.hash,
        lines: priced.lines.iter().map(|line| writer.line(line)).collect(),
        totals: Totals {
            amount: writer.money(totals.amount),
            discount: writer.money(totals.discount),
            points_paid: writer.money(totals.points_paid),
            payable: writer.money(totals.payable),
            points_earned: writer.points(totals.points_earned),
            points_spent: writer.points(totals.points_spent),
        },
        points: MemberPoints {
            available: writer.points(priced.points.available),
            can_pay_max: writer.points(priced.points.can_pay_max),
        },
        messages: Messages {
            cashier: wrap::wrapped(&priced.messages.cashier, read.widths.cashier),
            receipt: wrap::wrapped(&priced.messages.receipt, read.widths.receipt),
        },
        not_applied: priced.not_applied.iter().map(|entry| writer.not_applied(entry, priced)).collect(),
        mechanics: priced.mechanics.iter().map(|report| writer.mechanic(report)).collect(),
        warnings: read.warnings.iter().chain(&priced.warnings).map(warning).collect(),
        trace: priced.trace.as_ref().map(|steps| steps.iter().map(|step| writer.step(step)).collect()),
    }
}

/// The answer as JSON text; an error if it cannot be serialized.
pub fn write(plan: &Plan, read: &ReadReceipt, priced: &PricedReceipt) -> Result<String, Problems> {
    serde_json::to_string(&answer(plan, read, priced))
        .map_err(|error| Problems::of_document("unwritable", error.to_string()))
}

/// Messages in lines of at most `width` characters, as answers have them.
pub fn message_lines(messages: &[String], width: Option<usize>) -> Vec<String> {
    wrap::wrapped(messages, width)
}

/// Hexadecimal digits of the id of a calculation.
const ID_DIGITS: usize = 32;
/// The field that follows the state. It cannot occur in the id of the purchase before it, where quotation marks are
/// escaped.
const AFTER_STATE: &str = ",\"plan\":";
const CALCULATION: &str = ",\"calculation\":\"";

/// The answer with the id of its calculation, after the state. The id stands for the receipt, without its time, and for
/// all of the answer: the same receipt with the same result has the same id, on every machine, so that a call that is
/// sent twice replaces nothing.
pub fn with_calculation(receipt: &Receipt, answer: &str) -> String {
    let id = calculation_id(receipt, answer);
    match answer.split_once(AFTER_STATE) {
        Some((head, rest)) => format!("{head}{CALCULATION}{id}\"{AFTER_STATE}{rest}"),
        None => answer.to_owned(),
    }
}

/// The id of the calculation of a stored answer; none if it is from a release that gave no ids.
pub fn calculation_of(answer: &str) -> Option<&str> {
    let (head, _) = answer.split_once(AFTER_STATE)?;
    let (_, id) = head.rsplit_once(CALCULATION)?;
    id.strip_suffix('"')
}

/// A stored answer as it was calculated, without the id.
pub fn without_calculation(answer: &str) -> Cow<'_, str> {
    match (calculation_of(answer), answer.split_once(AFTER_STATE)) {
        (Some(_), Some((head, rest))) => {
            let head = head.rsplit_once(CALCULATION).map_or(head, |(head, _)| head);
            Cow::Owned(format!("{head}{AFTER_STATE}{rest}"))
        }
        _ => Cow::Borrowed(answer),
    }
}

fn calculation_id(receipt: &Receipt, answer: &str) -> String {
    let line = |line: &ReceiptLine| {
        json!([line.position, line.goods_id, line.quantity.0, line.price.0, line.amount.0])
    };
    let pay_points = match receipt.pay_points {
        PayPoints::None => json!(null),
        PayPoints::Points(points) => json!(points.0),
        PayPoints::Max => json!("max"),
    };
    let lines: Vec<Value> = receipt.lines.iter().map(line).collect();
    let coupons: Vec<&str> = receipt.coupons.iter().map(Code::folded).collect();
    let sold = json!([receipt.pos, receipt.identifier, coupons, pay_points, lines]);
    let digest = digest::of(format!("{sold}\n{answer}").as_bytes());
    let (_, digits) = digest.split_once(':').unwrap_or_default();
    digits.chars().take(ID_DIGITS).collect()
}

struct Writer<'a> {
    plan: &'a Plan,
}

impl<'a> Writer<'a> {
    fn money(&self, money: Money) -> String {
        format_scaled(money.0, self.plan.currency.exponent)
    }

    fn points(&self, points: Points) -> String {
        format_scaled(points.0, self.plan.points.exponent)
    }

    fn line(&self, line: &'a PricedLine) -> AnswerLine<'a> {
        AnswerLine {
            position: line.position,
            amount: self.money(line.amount),
            discount: self.money(line.discount),
            points_paid: self.money(line.points_paid),
            payable: self.money(line.payable),
            points_earned: self.points(line.points_earned),
            offers: line.offers.iter().map(|reward| self.reward(reward)).collect(),
        }
    }

    fn reward(&self, reward: &'a LineReward) -> OfferReward<'a> {
        let offer = self.plan.offer(reward.offer);
        let (mechanic, mechanic_version, _) = self.named(Some(reward.mechanic));
        OfferReward {
            offer: self.offer(reward.offer),
            version: offer.map_or(0, |offer| offer.version),
            mechanic,
            mechanic_version,
            discount: self.money(reward.discount),
            points: self.points(reward.points),
            reason: &reward.reason,
            decision: reward.decision.as_deref(),
        }
    }

    fn not_applied(&self, entry: &'a NotApplied, priced: &'a PricedReceipt) -> UnappliedOffer<'a> {
        let handed = priced.handed(entry.offer).into_iter();
        UnappliedOffer {
            offer: self.offer(entry.offer),
            reason: entry.reason.name(),
            detail: &entry.detail,
            code: entry.code.as_deref(),
            decisions: handed.flat_map(|handed| &handed.decisions).map(|decision| &**decision).collect(),
        }
    }

    fn mechanic(&self, report: &'a MechanicReport) -> CalledMechanic<'a> {
        let (name, version, digest) = self.named(Some(report.mechanic));
        CalledMechanic {
            name,
            version,
            digest,
            outcome: report.outcome.name(),
            blame: report.blame.map(Blame::name),
            fuel: report.fuel,
            detail: report.detail.as_deref(),
        }
    }

    fn step(&self, step: &'a TraceStep) -> TraceEntry<'a> {
        TraceEntry {
            stage: step.stage,
            offer: step.offer.map(|offer| self.offer(offer)),
            detail: &step.detail,
        }
    }

    fn offer(&self, id: OfferId) -> &'a str {
        self.plan.offer(id).map_or("", |offer| &offer.external_id)
    }

    /// Name, version and digest of a mechanic; empty texts if the plan does not have it.
    fn named(&self, id: Option<MechanicId>) -> (&'a str, &'a str, &'a str) {
        let mechanic = id.and_then(|id| self.plan.mechanic(id));
        mechanic.map_or(("", "", ""), |mechanic| {
            (mechanic.name.as_str(), mechanic.description.version.as_str(), mechanic.digest.as_str())
        })
    }
}

/// A warning as answers have it.
pub fn warning(warning: &Warning) -> AnswerWarning<'_> {
    AnswerWarning { code: warning.code, detail: &warning.detail }
}
