//! Communications over HTTP: events and profiles, and what follows from them.

mod away;
mod backups;
mod cascades;
mod chains;
mod channels;
mod collect;
mod collect_browser;
mod consents;
mod events;
mod faults;
mod feed;
mod hung_up;
mod lag;
mod lock;
mod mailings;
mod pages;
mod profile;
mod receipts;
mod segments;
mod surveys;
mod templates;
mod tracking;

use serde_json::Value;

use crate::shop::Shop;

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The profile of a member.
pub(crate) fn profile(shop: &Shop, member: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/members/{member}/profile"), "").accepted()
}

/// The events of a member as its profile shows them, the latest first.
pub(crate) fn events_of(shop: &Shop, member: &str) -> Vec<Value> {
    profile(shop, member)["events"].as_array().expect("events").clone()
}

/// The kinds of some events, in ascending order.
pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().expect("a kind")).collect();
    kinds.sort_unstable();
    kinds
}
