//! The receipt as the till sent it, checked and resolved.

use std::collections::BTreeMap;

use crate::catalog::ProductId;
use crate::mechanics::FactValue;
use crate::quantities::{Money, Points, Quantity};
use crate::time::Moment;

/// A receipt to price.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The till's id of the purchase.
    pub purchase_id: String,
    /// When it was made.
    pub at: Moment,
    /// The till: brand, store and device from left to right, separated by `/`.
    pub pos: String,
    /// Whether the plan knows the till.
    pub pos_known: bool,
    /// The language of messages, if the till or its place has one.
    pub locale: Option<String>,
    /// How the member was named, if at all: kind and value.
    pub identifier: Option<(String, String)>,
    /// The lines, by ascending position, which is unique.
    pub lines: Vec<ReceiptLine>,
    /// Coupon codes.
    pub coupons: Vec<String>,
    /// What the member wants to pay with points.
    pub pay_points: PayPoints,
    /// Attributes sent by the till, for mechanics that ask for them.
    pub facts: BTreeMap<String, FactValue>,
    /// Whether to answer with a trace.
    pub explain: bool,
}

/// A line of a receipt.
#[derive(Debug, Clone)]
pub struct ReceiptLine {
    /// The till's number of the line.
    pub position: u32,
    /// What was sold, by external id.
    pub goods_id: String,
    /// What the till calls goods that the catalogue does not know; may be empty.
    pub name: String,
    /// The product, if the catalogue knows it.
    pub product: Option<ProductId>,
    /// How much.
    pub quantity: Quantity,
    /// List price of a unit.
    pub price: Money,
    /// Price × quantity, settled.
    pub gross: Money,
    /// What the till charges after its own discount.
    pub amount: Money,
}

/// How much of the receipt is to be paid with points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PayPoints {
    /// Nothing.
    #[default]
    None,
    /// This many points.
    Points(Points),
    /// As many as possible.
    Max,
}
