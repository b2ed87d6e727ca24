//! A back-test over receipts of the year, on the real host: how long it takes, and how much memory.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::guests::product_version;
use crate::replay::host::{Client, Host};
use crate::replay::{self, Progress};
use crate::retail::{CLUB_OFFER, Retail};

/// Time between two questions for the state of the back-test.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Results of the measurement.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Receipts that the back-test priced.
    pub receipts: u64,
    /// Time from the call to the report.
    pub took: Duration,
    /// The most memory of the host, in KiB: before the back-test, and until its end.
    pub peak_kib: (u64, u64),
    /// The report as JSON.
    pub report: Value,
    /// The report as a page.
    pub page: String,
    /// Output of `offer-host replay` on all receipts, after ten newer versions and a restart.
    pub replayed: String,
}

/// Sells the first `receipts` receipts of the year, and back-tests on all of them a candidate with twice the points of
/// the club and half of the coupons.
pub fn run(
    retail: &Retail,
    receipts: usize,
    clients: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> anyhow::Result<Measured> {
    let (mut host, sold) = replay::sell(retail, receipts, clients, progress)?;
    let client = host.client("integration")?;
    let (before, _) = host.footprint()?;
    let started = Instant::now();
    let candidate = candidate(&client)?;
    let body = json!({"candidate": candidate, "purchases": {"last": sold}});
    let begun: Value = serde_json::from_str(&client.post("/v1/backtests", None, &body.to_string())?)?;
    let path = format!("/v1/backtests/{}", begun["id"].as_str().context("an id")?);
    let done = loop {
        let now: Value = serde_json::from_str(&client.get(&path)?)?;
        if now["state"] != "running" {
            break now;
        }
        thread::sleep(ASK_EVERY);
    };
    let took = started.elapsed();
    ensure!(done["state"] == "done", "{done}");
    let (peak, _) = host.footprint()?;
    let page = client.get(&format!("{path}/report"))?;
    progress(Progress::Checking);
    Ok(Measured {
        replayed: replay_all(&mut host, sold)?,
        receipts: done["report"]["receipts"].as_u64().context("receipts")?,
        took,
        peak_kib: (before, peak),
        report: done["report"].clone(),
        page,
    })
}

/// Uploads ten newer versions, restarts the host, and replays every purchase.
fn replay_all(host: &mut Host, sold: usize) -> anyhow::Result<String> {
    let admin = host.client("admin")?;
    for number in 1..=10 {
        let version = format!("1.100.{}", 100 + number);
        admin.upload("/v1/mechanics/product/versions", product_version(&version)?)?;
        admin.put("/v1/mechanics/product/rollout", &json!({"version": version}).to_string())?;
    }
    host.restart()?;
    host.run(&["replay", "--last", &sold.to_string()])
}

fn candidate(client: &Client) -> anyhow::Result<Value> {
    let offers: Value = serde_json::from_str(&client.get("/v1/offers")?)?;
    let offers = offers["offers"].as_array().context("offers")?;
    let club = offers.iter().find(|offer| offer["external_id"] == CLUB_OFFER).context("a club")?;
    let mut club = club["offer"].clone();
    club["external_id"] = json!(CLUB_OFFER);
    club["params"]["items"][0]["value"] = json!("2");
    let is_coupon = |offer: &&Value| offer["offer"]["filters"].get("coupon").is_some();
    let stop: Vec<&Value> =
        offers.iter().filter(is_coupon).step_by(2).map(|offer| &offer["external_id"]).collect();
    Ok(json!({"offers": [club], "stop": stop}))
}
