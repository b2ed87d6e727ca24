//! The values that a template is rendered with: everything that it can ask for, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The values of one message. Amounts and other numbers with fractions are decimal strings, such as `"12.50"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Values {
    /// The member's language as a tag such as `ru`; `None` if it is not known.
    pub language: Option<String>,
    /// The member's time zone, such as `Europe/Moscow`; dates are written in it. An empty or unknown one is UTC.
    pub zone: String,
    /// When the message is made, in milliseconds since 1970 (UTC).
    pub now_ms: i64,
    /// Code of the currency of amounts, such as `RUB`.
    pub currency: String,
    /// Id of the message; `None` in a preview.
    pub message_id: Option<String>,
    /// `member`: `id`, `points`, and the attributes by name.
    pub member: Map<String, Value>,
    /// `event`: what has caused the message.
    pub event: Map<String, Value>,
    /// `values`: what the caller gives.
    pub values: Map<String, Value>,
    /// `points()`.
    pub points: Option<PointsFacts>,
    /// Offers by their ids: each with what it is worth, or void.
    pub offers: BTreeMap<String, OfferFacts>,
    /// Products of personal offers, by the offer's id.
    pub products: BTreeMap<String, ProductFacts>,
    /// Coupon codes by their pools.
    pub coupons: BTreeMap<String, String>,
    /// Addresses of surveys' pages by their names.
    pub surveys: BTreeMap<String, String>,
    /// Where the member unsubscribes.
    pub unsubscribe_url: Option<String>,
    /// Address of the picture that tells that the message was opened.
    pub open_url: Option<String>,
}

/// The member's points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsFacts {
    /// The points that can be spent, a decimal string.
    pub balance: String,
    /// The points that expire next, a decimal string; `None` if none do.
    pub expiring: Option<String>,
    /// When that expires, in milliseconds since 1970 (UTC).
    pub expires_at: Option<i64>,
}

/// An offer as its message tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfferFacts {
    /// Why the till would not pay it for this member; `None` if it would.
    pub void: Option<String>,
    /// Title in the member's language.
    pub title: String,
    /// Description in the member's language.
    pub description: Option<String>,
    /// The size of its reward in words, such as `15 %`.
    pub text: Option<String>,
    /// What it gives on the goods that were priced for the promise, a decimal string; `None` if
    /// that depends on prices that are not known.
    pub value: Option<String>,
    /// `discount` or `points`.
    pub reward: Option<String>,
    /// Its last instant in milliseconds since 1970 (UTC); `None` without an end.
    pub ends_at: Option<i64>,
    /// Its version.
    pub version: i64,
}

/// A product as a message shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductFacts {
    /// Its id.
    pub id: String,
    /// Its name in the member's language.
    pub name: String,
    /// Address of its picture; the template's stand-in if it has none.
    pub picture: Option<String>,
}
