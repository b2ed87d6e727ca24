//! Tills that go on selling at their own pace while something else happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};

use super::rows::{card, goods};
use crate::replay::host::Client;
use crate::replay::table::Spread;

/// Time between the starts of two purchases of a till: ten tills make a busy chain of small stores.
const EVERY: Duration = Duration::from_millis(40);
/// Lines of a receipt.
const LINES: usize = 10;

/// Times of calls while the tills were open.
pub struct Latency {
    /// Purchases that were made.
    pub purchases: usize,
    /// Times of `calculate`.
    pub calculate: Spread,
    /// Times of `confirm`.
    pub confirm: Spread,
}

/// Sells until told to stop. Every answer must be a priced receipt.
pub(super) fn sell(
    client: &Client,
    (name, members, products): (&str, usize, usize),
    stop: &AtomicBool,
) -> anyhow::Result<Latency> {
    let (mut calculate, mut confirm) = (Vec::new(), Vec::new());
    let started = Instant::now();
    for number in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if let Some(wait) = (started + EVERY * number).checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        let index = usize::try_from(number)?;
        let receipt = receipt(index * 7919 % members, products);
        let path = format!("/v1/purchases/{name}-{number}");
        let before = Instant::now();
        let answer = client.post(&format!("{path}/calculate"), None, &receipt.to_string())?;
        calculate.push(before.elapsed());
        let answer: Value = serde_json::from_str(&answer)?;
        ensure!(answer["warnings"] == json!([]), "{answer}");
        let before = Instant::now();
        client.post(&format!("{path}/confirm"), Some(&format!("{name}-{number}")), "")?;
        confirm.push(before.elapsed());
    }
    let purchases = confirm.len();
    Ok(Latency { purchases, calculate: Spread::of(calculate), confirm: Spread::of(confirm) })
}

/// The member's own products among others.
fn receipt(member: usize, products: usize) -> Value {
    let line = |index: usize| {
        json!({"position": index + 1, "goods_id": goods((member * 7 + index * 13) % products),
               "quantity": "1", "price": "100.00", "amount": "100.00"})
    };
    json!({
        "at": "2026-11-22T12:00:00+03:00",
        "pos": "store-1/till-1",
        "member": {"kind": "card", "value": card(member)},
        "lines": (0..LINES).map(line).collect::<Vec<_>>(),
    })
}
