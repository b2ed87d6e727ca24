//! Events as the feed has them; names are the contract.

use serde::Serialize;
use serde_json::Value;
use wire::problem::Problems;

/// What happened, as it is stored; who, when and with which purchase is kept beside it.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A purchase was confirmed.
    Receipt(Sums<'a>),
    /// An offer let the buyer in, and gave nothing.
    Offered(OfOffer<'a>),
    /// An offer would have paid, but the member is in its control group.
    WouldHaveFired(OfOffer<'a>),
    /// An offer paid.
    Fired(OfOffer<'a>),
    /// A member accepted an item of a personal offer.
    Accepted(Decision<'a>),
    /// A member declined one.
    Declined(Decision<'a>),
    /// Something of a purchase came back: all of it together.
    Returned(Sums<'a>),
    /// What one offer had given on it.
    #[serde(rename = "returned")]
    ReturnedOf(OfOffer<'a>),
}

/// A purchase or a return as a whole. Amounts are decimals; those of a return are below zero.
#[derive(Debug, Default, Serialize)]
pub struct Sums<'a> {
    /// The till.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<&'a str>,
    /// Hash of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<&'a str>,
    /// The return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_id: Option<&'a str>,
    /// After the till's own discount.
    pub amount: String,
    /// Of all offers.
    pub discount: String,
    /// What was paid with points, in money.
    pub points_paid: String,
    /// What was paid with money.
    pub payable: String,
    /// Points.
    pub points_spent: String,
    /// Points.
    pub points_earned: String,
    /// What was sold, or what came back.
    pub lines: Vec<Goods<'a>>,
}

/// A line of a purchase or a return. What a return has is below zero.
#[derive(Debug, Serialize)]
pub struct Goods<'a> {
    /// The till's number.
    pub position: u32,
    /// What was sold.
    pub goods_id: &'a str,
    /// How much.
    pub quantity: String,
    /// After the till's own discount.
    pub amount: String,
    /// What was paid with money.
    pub payable: String,
}

/// What one offer has to do with it.
#[derive(Debug, Default, Serialize)]
pub struct OfOffer<'a> {
    /// External id.
    pub offer: &'a str,
    /// Which edit of it.
    pub offer_version: u32,
    /// The rule.
    pub mechanic: &'a str,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanic_version: Option<&'a str>,
    /// The attribute that carries the member's terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<&'a str>,
    /// The return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_id: Option<&'a str>,
    /// Why it gave nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Whether the member is in its control group.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub control_group: bool,
    /// Money off.
    pub discount: String,
    /// Points.
    pub points: String,
    /// The same by line.
    pub lines: Vec<OnLine<'a>>,
}

/// What a member decided on.
#[derive(Debug, Serialize)]
pub struct Decision<'a> {
    /// External id.
    pub offer: &'a str,
    /// Which edit of it.
    pub offer_version: u32,
    /// The rule.
    pub mechanic: &'a str,
    /// The attribute that carries the member's terms.
    pub attribute: &'a str,
    /// The item.
    pub item_id: &'a str,
    /// The item as it was uploaded: by the time this is read there may be others.
    pub item: &'a Value,
}

/// A part of it on one line.
#[derive(Debug, Serialize)]
pub struct OnLine<'a> {
    /// The till's number.
    pub position: u32,
    /// What was sold.
    pub goods_id: &'a str,
    /// Money off.
    pub discount: String,
    /// Points.
    pub points: String,
}

/// Events as they are stored.
pub fn write(events: &[Event<'_>]) -> Result<String, Problems> {
    serde_json::to_string(events).map_err(|error| Problems::of_document("unwritable", error.to_string()))
}
