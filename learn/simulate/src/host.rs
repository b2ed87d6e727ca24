//! The chain as the host knows it: what is imported before the first week, and the receipts of its tills.
//!
//! Bodies and rows are those of the host's public API. The offer takes its terms from the attribute
//! [`ATTRIBUTE`] of each member; who decides which member gets which level writes them there.

use std::ops::Range;

use serde_json::{Value, json};

use crate::catalog::{CATEGORIES, Product};
use crate::chain::{Basket, Chain};
use crate::dates::date;

/// Name of the offer.
pub const OFFER: &str = "your-level";

/// The attribute with each member's terms.
pub const ATTRIBUTE: &str = "your-level";

/// Stores of the chain.
const STORES: u32 = 5;

/// A member as the host knows it.
pub fn member_id(member: u32) -> String {
    format!("m-{member:08}")
}

/// The card of a member.
pub fn card(member: u32) -> String {
    format!("77{member:08}")
}

/// The purchase of a member's week.
pub fn purchase_id(member: u32, week: u32) -> String {
    format!("w{week:03}-{}", member_id(member))
}

/// Minor units as a decimal.
pub fn money(minor: i64) -> String {
    decimal(minor, 2)
}

/// A number that is given in units of `10^-digits`, as a decimal.
pub(crate) fn decimal(value: i64, digits: u32) -> String {
    let one = 10_u64.pow(digits);
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let width = usize::try_from(digits).unwrap_or_default();
    format!("{sign}{}.{:0width$}", size / one, size % one)
}

/// Rows of `POST /v1/catalog/imports`.
pub fn catalog() -> Vec<Value> {
    let stores = (1..=STORES).map(|store| json!({"type": "pos", "id": till(store), "time_zone": "UTC"}));
    let categories = (1..).zip(CATEGORIES).map(|(id, category)| {
        json!({"type": "category", "id": id, "code": category.code, "name": category.name, "parent": null})
    });
    let of_category = |category: &'static crate::catalog::Category| {
        category.products.iter().map(|product| (category.code, product))
    };
    let products = (1..).zip(CATEGORIES.iter().flat_map(of_category)).map(|(id, (category, product))| {
        json!({
            "type": "product", "id": id, "goods_code": product.code, "name": product.name, "category": category,
        })
    });
    stores.chain(categories).chain(products).collect()
}

/// Names of the members' attributes, each with the body of `PUT /v1/attributes/{name}`.
pub fn attributes() -> Vec<(&'static str, Value)> {
    [
        (ATTRIBUTE, "json"),
        ("age", "int"),
        ("app", "bool"),
        ("distance", "int"),
        ("household", "int"),
        ("favourite", "string"),
    ]
    .map(|(name, kind)| (name, json!({"type": kind})))
    .to_vec()
}

/// Rows of `POST /v1/members/imports`: a card, and what the chain knows of the member. They have no terms.
pub fn members(chain: &Chain) -> impl Iterator<Item = Value> {
    (0..chain.settings().members).map(|number| {
        let member = chain.member(number);
        let mut known = json!({
            "app": member.app, "distance": member.distance, "favourite": member.favourite_category().code,
        });
        if let Some(known) = known.as_object_mut() {
            known.extend(member.age_known.then(|| ("age".to_owned(), json!(member.age))));
            known.extend(member.household_known.then(|| ("household".to_owned(), json!(member.household))));
        }
        json!({
            "id": member_id(number), "identifiers": [{"kind": "card", "value": card(number)}],
            "attributes": known,
        })
    })
}

/// The offers, each a body of `PUT /v1/offers/{external_id}` with that id in it.
pub fn offers() -> Vec<Value> {
    vec![json!({
        "external_id": OFFER, "title": "Your level on your favourite goods", "mechanic": "ml",
        "attribute": ATTRIBUTE, "stacking": {"mode": "exclusive", "priority": 1},
    })]
}

/// Rows of `POST /v1/attributes/imports`: for each member an item per week in which `arm_of(member, week)` is not
/// the control. It holds through that week only. Members without any have no row.
pub fn levels(
    chain: &Chain,
    weeks: Range<u32>,
    arm_of: impl Fn(u32, u32) -> u8,
) -> impl Iterator<Item = Value> {
    (0..chain.settings().members).filter_map(move |member| {
        let item = |week| item(chain, member, week, arm_of(member, week));
        let items: Vec<Value> = weeks.clone().filter_map(item).collect();
        (!items.is_empty()).then(|| {
            json!({
                "identifier_kind": "member", "identifier": member_id(member), "attribute": ATTRIBUTE,
                "value": {"kind": "ml", "id_space": "external", "reward": "discount", "items": items},
            })
        })
    })
}

fn item(chain: &Chain, member: u32, week: u32, arm: u8) -> Option<Value> {
    let percent = chain.arms().get(usize::from(arm))?.percent;
    let first = chain.first_day(week);
    (percent > 0).then(|| {
        json!({
            "target_kind": "category", "target": chain.member(member).favourite_category().code,
            "method": "percent", "value": percent.to_string(), "start": date(first), "end": date(first + 6),
        })
    })
}

/// A receipt of a member's week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub member: u32,
    pub week: u32,
    /// The arm under which the member bought.
    pub arm: u8,
    pub basket: Basket,
}

/// What members buy in a week, in the order of time. `arm_of` says which arm a member has.
pub fn receipts(chain: &Chain, week: u32, arm_of: impl Fn(u32) -> u8) -> Vec<Receipt> {
    let of_member = |member| {
        let arm = arm_of(member);
        chain.basket(member, week, arm).map(|basket| Receipt { member, week, arm, basket })
    };
    let mut receipts: Vec<Receipt> = (0..chain.settings().members).filter_map(of_member).collect();
    receipts.sort_by_key(|receipt| (receipt.basket.minute, receipt.member));
    receipts
}

impl Receipt {
    pub fn purchase_id(&self) -> String {
        purchase_id(self.member, self.week)
    }

    /// The body of `POST /v1/purchases/{purchase_id}/calculate`, with its `purchase_id`.
    pub fn body(&self, chain: &Chain) -> Value {
        let lines: Vec<Value> = (1..)
            .zip(&self.basket.lines)
            .map(|(position, line)| {
                json!({
                    "position": position, "goods_id": line.product.code, "name": line.product.name,
                    "quantity": line.quantity.to_string(), "price": money(i64::from(line.product.price)),
                    "amount": money(line.amount),
                })
            })
            .collect();
        json!({
            "purchase_id": self.purchase_id(), "at": moment(chain, self.week, self.basket.minute),
            "pos": till_of(chain, self.member), "member": {"kind": "card", "value": card(self.member)},
            "lines": lines,
        })
    }
}

/// The body of `POST /v1/prices` that asks what a favourite product would cost a member at the begin of a week,
/// and the product.
pub(crate) fn question(chain: &Chain, member: u32, week: u32) -> (Value, &'static Product) {
    let [product, ..] = &chain.member(member).favourite_category().products;
    let body = json!({
        "at": moment(chain, week, 480), "pos": till_of(chain, member),
        "member": {"kind": "card", "value": card(member)},
        "products": [{"goods_id": product.code, "price": money(i64::from(product.price))}],
    });
    (body, product)
}

/// A minute of a week, as `2026-01-05T08:00:00Z`.
pub(crate) fn moment(chain: &Chain, week: u32, minute: u32) -> String {
    let day = chain.first_day(week) + minute / 1_440;
    format!("{}T{:02}:{:02}:00Z", date(day), minute % 1_440 / 60, minute % 60)
}

fn till(store: u32) -> String {
    format!("store-{store}/till-1")
}

fn till_of(chain: &Chain, member: u32) -> String {
    till(chain.member(member).store)
}
