//! The receipt from the till, validated, with its goods resolved.

use std::collections::BTreeMap;

use crate::caseless::Code;
use crate::catalog::ProductId;
use crate::mechanics::FactValue;
use crate::quantities::{Money, Points, Quantity};
use crate::time::Moment;

/// A receipt to price.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Id of the purchase.
    pub purchase_id: String,
    /// Time of the purchase.
    pub at: Moment,
    /// The till: brand, store and device from left to right, separated by `/`.
    pub pos: String,
    /// True if the till is in the catalogue.
    pub pos_known: bool,
    /// The point of sale by which limits count: the till, or its store if the till is not in the catalogue.
    pub limits_pos: String,
    /// Locale of messages, if the till or its store has one.
    pub locale: Option<String>,
    /// Identifier of the member, if there is one: kind and value.
    pub identifier: Option<(String, String)>,
    /// The lines, by ascending position, which is unique.
    pub lines: Vec<ReceiptLine>,
    /// Coupon codes.
    pub coupons: Vec<Code>,
    /// True if codes compare byte by byte, as they did when an old purchase was calculated.
    pub exact_codes: bool,
    /// True if the warning about an unknown member names the kind of identifier apart, false for a stored receipt whose
    /// answer has the words of earlier releases.
    pub names_kind: bool,
    /// Payment with points.
    pub pay_points: PayPoints,
    /// Attributes sent by the till, for mechanics that request them.
    pub facts: BTreeMap<String, FactValue>,
    /// True to get a trace with the answer.
    pub explain: bool,
}

impl Receipt {
    /// The form by which a code compares on this receipt.
    pub fn compared<'a>(&self, code: &'a Code) -> &'a str {
        if self.exact_codes { code.written() } else { code.folded() }
    }

    /// True if a coupon is on the receipt.
    pub fn has_coupon(&self, code: &Code) -> bool {
        self.coupons.iter().any(|presented| self.compared(presented) == self.compared(code))
    }
}

/// A line of a receipt.
#[derive(Debug, Clone)]
pub struct ReceiptLine {
    /// The till's number of the line.
    pub position: u32,
    /// External id of the goods.
    pub goods_id: String,
    /// Name of the goods at the till, used if the catalogue does not know them; may be empty.
    pub name: String,
    /// The product, if the catalogue knows it.
    pub product: Option<ProductId>,
    /// Quantity sold.
    pub quantity: Quantity,
    /// List price of a unit.
    pub price: Money,
    /// Price × quantity, rounded.
    pub gross: Money,
    /// Sum of the line after the till's own discount.
    pub amount: Money,
    /// Attributes of the line sent by the till, for mechanics that request them.
    pub facts: BTreeMap<String, FactValue>,
}

/// Requested payment with points.
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
