//! Events of the feed; names are the contract.

use serde::Serialize;
use serde_json::Value;
use wire::problem::Problems;

/// An event as it is stored; member, time and purchase are columns beside it.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A purchase was confirmed.
    Receipt(Sums<'a>),
    /// An offer was for the buyer, and paid nothing.
    Offered(OfOffer<'a>),
    /// An offer would have paid, but the member is in its control group.
    WouldHaveFired(OfOffer<'a>),
    /// An offer paid.
    Fired(OfOffer<'a>),
    /// A member accepted an item of a personal offer.
    Accepted(Decision<'a>),
    /// A member declined an item of a personal offer.
    Declined(Decision<'a>),
    /// A code of a pool was issued to a member.
    CouponIssued(OfCoupon<'a>),
    /// A code of a pool was used by a purchase.
    CouponUsed(OfCoupon<'a>),
    /// A purchase was returned whole, so that its code can be used again.
    CouponGivenBack(OfCoupon<'a>),
    /// A return was confirmed: its sums.
    Returned(Sums<'a>),
    /// The part of a return that one offer had paid.
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
    /// Discount of all offers.
    pub discount: String,
    /// Part paid with points, in money.
    pub points_paid: String,
    /// Part paid with money.
    pub payable: String,
    /// Points spent.
    pub points_spent: String,
    /// Points earned.
    pub points_earned: String,
    /// The lines that were sold, or that come back.
    pub lines: Vec<Goods<'a>>,
}

/// A line of a purchase or a return; numbers of a return are below zero.
#[derive(Debug, Serialize)]
pub struct Goods<'a> {
    /// The till's number.
    pub position: u32,
    /// Id of the goods.
    pub goods_id: &'a str,
    /// Quantity, a decimal.
    pub quantity: String,
    /// After the till's own discount.
    pub amount: String,
    /// Part paid with money.
    pub payable: String,
}

/// The part of one offer in a purchase or a return.
#[derive(Debug, Default, Serialize)]
pub struct OfOffer<'a> {
    /// External id.
    pub offer: &'a str,
    /// Version of the offer.
    pub offer_version: u32,
    /// Name of the mechanic.
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
    /// The reason why it paid nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// True if the member is in its control group.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub control_group: bool,
    /// The decision of the first line that it pays, or would have paid; else the first of the items that the member was handed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'a str>,
    /// The decisions of all items that the member was handed, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<&'a str>,
    /// True if exploration has drawn the item for this member, false if it might have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explored: Option<bool>,
    /// Index of the drawn item in `items` of the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explored_item: Option<usize>,
    /// The chance that the member is handed this item, or all of them, in millionths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propensity: Option<u32>,
    /// Money off.
    pub discount: String,
    /// Points.
    pub points: String,
    /// The parts by line.
    pub lines: Vec<OnLine<'a>>,
}

/// An item of a personal offer, or an offer as a whole, that a member answered.
#[derive(Debug, Serialize)]
pub struct Decision<'a> {
    /// External id.
    pub offer: &'a str,
    /// Version of the offer.
    pub offer_version: u32,
    /// Name of the mechanic.
    pub mechanic: &'a str,
    /// The attribute that carries the member's terms; none if the member answered an offer as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<&'a str>,
    /// The item, or the offer.
    pub item_id: &'a str,
    /// The item as it was uploaded, or the parameters of the offer: later ones replace them.
    pub item: &'a Value,
    /// The decision of the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'a str>,
}

/// A code of a pool.
#[derive(Debug, Serialize)]
pub struct OfCoupon<'a> {
    /// The code: as the till sent it, or as it was written.
    pub coupon: &'a str,
    /// Name of its pool.
    pub pool: &'a str,
    /// External id of the offer that it lets in.
    pub offer: &'a str,
    /// The return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_id: Option<&'a str>,
}

/// The part of an offer on one line.
#[derive(Debug, Serialize)]
pub struct OnLine<'a> {
    /// The till's number.
    pub position: u32,
    /// Id of the goods.
    pub goods_id: &'a str,
    /// Money off.
    pub discount: String,
    /// Points.
    pub points: String,
    /// The decision of the personal item that pays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'a str>,
}

/// Events as they are stored.
pub fn write(events: &[Event<'_>]) -> Result<String, Problems> {
    serde_json::to_string(events).map_err(|error| Problems::of_document("unwritable", error.to_string()))
}
