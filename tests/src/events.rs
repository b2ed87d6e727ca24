//! How many events a host takes a second, and how soon what a till sold is an event.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::replay::host::{Client, Host};
use crate::workspace;

/// What to send.
#[derive(Debug, Clone)]
pub struct Load {
    /// Address of an empty PostgreSQL database; none for a new SQLite file.
    pub database: Option<String>,
    /// Events in all.
    pub events: usize,
    /// Events of a call.
    pub batch: usize,
    /// Callers at a time.
    pub senders: usize,
    /// Purchases, one a member.
    pub purchases: usize,
}

/// Members that events are about.
const MEMBERS: usize = 20_000;
/// The longest that the last purchase is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures, and prints what was found.
pub fn measure(load: &Load) -> anyhow::Result<()> {
    let host = Host::start(load.database.as_deref(), &[])?;
    let integration = host.client("integration")?;
    let till = host.client("pos")?;
    let catalog = std::fs::read_to_string(workspace::root().join("xtask/demo/catalog.ndjson"))?;
    integration.import("/v1/catalog/imports", &catalog)?;
    let member =
        |number| json!({"id": member(number), "identifiers": [{"kind": "card", "value": member(number)}]});
    let members: Vec<String> = (0..MEMBERS).map(|number| member(number).to_string()).collect();
    integration.import("/v1/members/imports", &members.join("\n"))?;
    let mut out = std::io::stdout().lock();
    let taken = send(load, &integration)?;
    let count = load.events;
    writeln!(out, "{count} events, {} a call, {} callers: {taken} a second", load.batch, load.senders)?;
    let mut delays = sell(load, &integration, &till)?;
    delays.sort_unstable();
    let quantile = |share: usize| {
        let index = delays.len().saturating_mul(share).div_ceil(100).saturating_sub(1);
        delays.get(index).copied().unwrap_or_default()
    };
    writeln!(
        out,
        "{} purchases, from the answer to the till to the event: median {} ms, 99 % {} ms, longest {} ms",
        delays.len(),
        quantile(50),
        quantile(99),
        quantile(100)
    )?;
    Ok(())
}

fn member(number: usize) -> String {
    format!("m-{number}")
}

/// Sends the events; how many a second.
fn send(load: &Load, client: &Client) -> anyhow::Result<u128> {
    let started = Instant::now();
    let each = load.events.div_ceil(load.senders.max(1));
    thread::scope(|scope| {
        let senders: Vec<_> = (0..load.senders)
            .map(|sender| {
                let client = client.another();
                scope.spawn(move || {
                    let first = each * sender;
                    let last = load.events.min(first + each);
                    (first..last).step_by(load.batch.max(1)).try_for_each(|from| {
                        let rows: Vec<String> = (from..last.min(from + load.batch)).map(event).collect();
                        client.import("/v1/events", &rows.join("\n")).map(drop)
                    })
                })
            })
            .collect();
        senders.into_iter().try_for_each(|sender| {
            sender.join().map_err(|_| anyhow::anyhow!("a caller has ended")).and_then(|sent| sent)
        })
    })?;
    let events = u128::try_from(load.events)?;
    Ok(events * 1000 / started.elapsed().as_millis().max(1))
}

fn event(number: usize) -> String {
    json!({
        "id": format!("e-{number}"),
        "source": "shop",
        "member": {"id": member(number % MEMBERS)},
        "kind": "product_viewed",
        "at": Timestamp::now().as_millisecond(),
        "payload": {"product": "G1", "section": "coffee", "price": "34990"},
    })
    .to_string()
}

/// Sells; milliseconds from each confirmation to its event.
fn sell(load: &Load, integration: &Client, till: &Client) -> anyhow::Result<Vec<i64>> {
    let mut confirmed = Vec::new();
    for number in 0..load.purchases {
        let receipt = json!({
            "at": Timestamp::now().to_string(),
            "pos": "store-1",
            "member": {"kind": "card", "value": member(number)},
            "lines": [{"position": 1, "goods_id": "G1", "quantity": "2", "price": "349.90", "amount": "699.80"}],
        });
        let path = format!("/v1/purchases/p-{number}");
        till.post(&format!("{path}/calculate"), Some(&format!("{number}")), &receipt.to_string())?;
        till.post(&format!("{path}/confirm"), Some(&format!("{number} confirm")), "")?;
        confirmed.push((member(number), Timestamp::now().as_millisecond()));
    }
    confirmed
        .into_iter()
        .map(|(member, at)| Ok(event_of(integration, &member)?.saturating_sub(at).max(0)))
        .collect()
}

/// When the purchase of a member became an event.
fn event_of(client: &Client, member: &str) -> anyhow::Result<i64> {
    let started = Instant::now();
    loop {
        let profile: Value = serde_json::from_str(&client.get(&format!("/v1/members/{member}/profile"))?)?;
        let events = profile["events"].as_array().context("events")?;
        if let Some(purchase) = events.iter().find(|event| event["kind"] == "purchase") {
            let at: Timestamp = purchase["received_at"].as_str().context("received_at")?.parse()?;
            return Ok(at.as_millisecond());
        }
        ensure!(started.elapsed() < PATIENCE, "the purchase of {member} is no event within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
