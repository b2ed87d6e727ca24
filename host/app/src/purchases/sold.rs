//! The amounts of a calculated purchase that confirming and returning it need, in integers. They are stored with
//! the calculation, so that neither step reads the text of the receipt or of the answer, and neither depends on
//! the plan or the settings of its own day.

pub(super) mod forms;

use std::collections::BTreeMap;

use domain::pricing::{LineReward, PricedLine, PricedReceipt};
use domain::quantities::{Money, Points};
use domain::receipt::ReceiptLine;
use domain::returns::SoldLine;
use domain::rounding::Rounding;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use store::Validity;
use wire::reader::Scales;

use self::forms::{MoneyForm, PointsForm, RoundingForm, ScalesForm, SoldLineForm, ValidityForm};
use super::pricing::Input;
use super::sums::sum;
use crate::error::Error;

/// The stored form that this release writes. A later form gets the next number and goes on reading this one.
const FORM: u32 = 1;

/// A calculated purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sold {
    /// Decimal places of money and points in answers and events.
    #[serde(with = "ScalesForm")]
    pub scales: Scales,
    /// Rounding of money.
    #[serde(with = "RoundingForm")]
    pub rounding: Rounding,
    /// Rounding of points.
    #[serde(with = "RoundingForm")]
    pub points_rounding: Rounding,
    /// Validity of the points that the purchase earns.
    #[serde(with = "ValidityForm")]
    pub earned: Validity,
    /// By ascending position.
    pub lines: Vec<PurchasedLine>,
    /// Points that the purchase spends.
    #[serde(with = "PointsForm")]
    pub points_spent: Points,
    /// Part of the purchase that is paid with those points, in money.
    #[serde(with = "MoneyForm")]
    pub points_paid: Money,
}

/// A line with the reward of each offer on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurchasedLine {
    /// Id of the goods, as the till sent it.
    pub goods_id: String,
    /// Quantity and amounts; no points are earned where the member has no account.
    #[serde(with = "SoldLineForm")]
    pub sold: SoldLine,
    /// In the order in which the offers paid.
    pub rewards: Vec<Reward>,
}

/// The reward of one offer on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reward {
    /// External id of the offer.
    pub offer: String,
    /// Version of the offer.
    pub version: u32,
    /// Name of the mechanic.
    pub mechanic: String,
    /// Version of the mechanic.
    pub mechanic_version: String,
    /// Discount.
    #[serde(with = "MoneyForm")]
    pub money: Money,
    /// Points.
    #[serde(with = "PointsForm")]
    pub points: Points,
}

impl Sold {
    /// The amounts of a receipt as it was priced. Without an account, its points are not earned.
    pub(super) fn of(
        input: &Input,
        priced: &PricedReceipt,
        earned: Validity,
        has_account: bool,
    ) -> Result<Self, Error> {
        let plan = &input.variant.plan.plan;
        let receipt = input.read.receipt.lines.iter();
        let bought: BTreeMap<u32, &ReceiptLine> = receipt.map(|line| (line.position, line)).collect();
        let line = |line: &PricedLine| {
            let bought = bought.get(&line.position)?;
            let sold = SoldLine {
                position: line.position,
                quantity: bought.quantity,
                payable: line.payable,
                points_paid: line.points_paid,
                points_earned: if has_account { line.points_earned } else { Points::ZERO },
            };
            let rewards = line.offers.iter().map(|reward| input.reward(reward)).collect::<Option<_>>()?;
            Some(PurchasedLine { goods_id: bought.goods_id.clone(), sold, rewards })
        };
        let lines: Option<Vec<PurchasedLine>> = priced.lines.iter().map(line).collect();
        Ok(Self {
            scales: input.variant.plan.scales(),
            rounding: plan.currency.rounding,
            points_rounding: plan.points.rounding,
            earned,
            lines: lines
                .ok_or_else(|| Error::damaged("a priced receipt: it names an unknown line or offer"))?,
            points_spent: priced.totals.points_spent,
            points_paid: priced.totals.points_paid,
        })
    }
}

impl Sold {
    /// The sum to pay with money, in minor units. An error if it does not fit into 64 bits.
    pub(super) fn payable(&self) -> Result<i64, Error> {
        sum(self.lines.iter().map(|line| line.sold.payable.0))
    }
}

impl Input {
    /// None if the plan does not have the offer or the mechanic.
    fn reward(&self, reward: &LineReward) -> Option<Reward> {
        let plan = &self.variant.plan.plan;
        let (offer, mechanic) = (plan.offer(reward.offer)?, plan.mechanic(reward.mechanic)?);
        Some(Reward {
            offer: offer.external_id.clone(),
            version: offer.version,
            mechanic: mechanic.name.clone(),
            mechanic_version: mechanic.description.version.clone(),
            money: reward.discount,
            points: reward.points,
        })
    }
}

/// The stored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    form: u32,
    /// Digest of the answer that the amounts belong to. During a roll-out of a new release, a node of a release
    /// without this document may calculate the purchase again: it writes another answer and leaves the document.
    pub answer: String,
    /// The amounts.
    pub sold: Sold,
}

impl Document {
    pub(super) fn new(answer: String, sold: Sold) -> Self {
        Self { form: FORM, answer, sold }
    }

    /// As JSON text.
    pub(super) fn write(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::internal(&error))
    }

    /// From JSON text. An error if the text is no such document, or of a form that this release does not know.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        let document: Self = serde_json::from_str(text)?;
        if document.form == FORM {
            return Ok(document);
        }
        Err(serde_json::Error::custom(format!("form {}, known is {FORM}", document.form)))
    }
}

#[cfg(test)]
mod tests {
    use domain::quantities::Quantity;

    use super::*;

    fn document() -> Document {
        let sold = SoldLine {
            position: 1,
            quantity: Quantity(2_000),
            payable: Money(44_149),
            points_paid: Money(15_334),
            points_earned: Points(2_207),
        };
        let reward = Reward {
            offer: "coffee-15".to_owned(),
            version: 3,
            mechanic: "category".to_owned(),
            mechanic_version: "1.0.0".to_owned(),
            money: Money(10_497),
            points: Points::ZERO,
        };
        let sold = Sold {
            scales: Scales { money: 2, points: 0 },
            rounding: Rounding::HalfUp,
            points_rounding: Rounding::HalfEven,
            earned: Validity { active_from: 1_800_000_000, expires_at: None },
            lines: vec![PurchasedLine { goods_id: "A".to_owned(), sold, rewards: vec![reward] }],
            points_spent: Points(15_334),
            points_paid: Money(15_334),
        };
        Document::new("sha256:0".to_owned(), sold)
    }

    /// Stored documents outlive releases: this text must go on being read.
    const TEXT: &str = concat!(
        r#"{"form":1,"answer":"sha256:0","sold":{"scales":{"money":2,"points":0},"rounding":"half_up","#,
        r#""points_rounding":"half_even","earned":{"active_from":1800000000,"expires_at":null},"#,
        r#""lines":[{"goods_id":"A","sold":{"position":1,"quantity":2000,"payable":44149,"points_paid":15334,"#,
        r#""points_earned":2207},"rewards":[{"offer":"coffee-15","version":3,"mechanic":"category","#,
        r#""mechanic_version":"1.0.0","money":10497,"points":0}]}],"points_spent":15334,"points_paid":15334}}"#,
    );

    #[test]
    fn the_document_is_read_as_it_was_written() {
        assert_eq!(document().write().ok().as_deref(), Some(TEXT));
        assert_eq!(Document::read(TEXT).ok(), Some(document()));
    }

    #[test]
    fn another_document_is_an_error() {
        let later = TEXT.replace(r#""form":1"#, r#""form":2"#);
        let unknown = TEXT.replace(r#""rounding":"half_up""#, r#""rounding":"up""#);
        let more = TEXT.replace(r#""version":3"#, r#""version":3,"more":true"#);
        for text in ["", "{", "{}", later.as_str(), &unknown, &more] {
            assert!(Document::read(text).is_err(), "{text}");
        }
    }
}
