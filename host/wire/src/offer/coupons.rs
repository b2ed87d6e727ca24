//! Coupon codes of offers, and codes of a plan that compare as one.

use std::collections::BTreeMap;

use domain::caseless::Code;

use crate::reader::{Node, Object};

/// Code of the problem of two codes that compare as one and are spelled differently.
pub const EQUAL_CODES: &str = "equal_codes";

/// A code with the pointer of its place.
pub type PlacedCode = (String, Code);

/// Two places of a plan with codes that compare as one and are spelled differently.
#[derive(Debug, Clone, Copy)]
pub struct EqualCodes<'a> {
    /// External id of the offer that comes first.
    pub first_offer: &'a str,
    /// Its code.
    pub first: &'a PlacedCode,
    /// External id of the other offer, which may be the same.
    pub second_offer: &'a str,
    /// Its code.
    pub second: &'a PlacedCode,
}

impl EqualCodes<'_> {
    /// The same with the places changed.
    #[must_use]
    pub fn turned(self) -> Self {
        let Self { first_offer, first, second_offer, second } = self;
        Self { first_offer: second_offer, first: second, second_offer: first_offer, second: first }
    }
}

/// The codes of `coupons` and `coupon` in `filters`.
pub(super) fn read(filters: &Object<'_, '_>) -> Vec<PlacedCode> {
    let mut codes = Vec::new();
    for name in ["coupons", "coupon"] {
        let Some(field) = filters.field(name) else { continue };
        if field.value().is_array() {
            codes.extend(field.list().map(|list| list.read(code)).unwrap_or_default());
        } else {
            codes.extend(code(field));
        }
    }
    codes
}

fn code(node: Node<'_, '_>) -> Option<PlacedCode> {
    let text = node.text()?;
    Some((node.pointer(), Code::new(text)))
}

/// The codes that compare as one in spite of their spelling. A code that several offers spell alike lets them all in.
pub(crate) fn equal_codes<'a>(
    offers: impl Iterator<Item = (&'a str, &'a [PlacedCode])>,
) -> Vec<EqualCodes<'a>> {
    let mut known: BTreeMap<&Code, (&str, &PlacedCode)> = BTreeMap::new();
    let mut equal = Vec::new();
    for (second_offer, codes) in offers {
        for second in codes {
            let (first_offer, first) = *known.entry(&second.1).or_insert((second_offer, second));
            if first.1.written() != second.1.written() {
                equal.push(EqualCodes { first_offer, first, second_offer, second });
            }
        }
    }
    equal
}
