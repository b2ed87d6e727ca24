//! How many events a host takes a second, and how soon what a till sold is an event, and a message of a chain that waits for
//! it: one that was decided, planned, and sent into the member's app.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
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
    thank(&integration)?;
    for (what, mut delays) in sell(load, &integration, &till)? {
        delays.sort_unstable();
        let quantile = |share: usize| {
            let index = delays.len().saturating_mul(share).div_ceil(100).saturating_sub(1);
            delays.get(index).copied().unwrap_or_default()
        };
        writeln!(
            out,
            "{} purchases, from the answer to the till to the {what}: median {} ms, 99 % {} ms, longest {} ms",
            delays.len(),
            quantile(50),
            quantile(99),
            quantile(100)
        )?;
    }
    Ok(())
}

/// A chain that answers each purchase with a message in the member's app.
fn thank(integration: &Client) -> anyhow::Result<()> {
    let template = json!({
        "channel": "in_app", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Thank you", "text": "Thank you, {{ member.id }}!"}},
    });
    integration.put("/v1/message-templates/thanks", &template.to_string())?;
    integration.put("/v1/channels/app", r#"{"kind":"in_app"}"#)?;
    let chain = json!({
        "triggers": [{"event": "purchase"}], "reentry": "always", "start": "say",
        "nodes": {
            "say": {"type": "message", "template": "thanks", "channel": "app", "topic": "news",
                    "category": "transactional", "next": "end"},
            "end": {"type": "exit"},
        },
    });
    integration.put("/v1/chains/thanks", &chain.to_string())?;
    integration.post("/v1/chains/thanks/publish", None, "{}")?;
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

/// Sells; milliseconds from each confirmation to its event, and to its message. It begins when a purchase before it has
/// got its message: what was sent in a heap is then read.
fn sell(load: &Load, integration: &Client, till: &Client) -> anyhow::Result<[(&'static str, Vec<i64>); 2]> {
    buy(till, load.purchases)?;
    told(integration, &format!("/v1/members/{}/messages", member(load.purchases)), &message_of)?;
    let mut confirmed = Vec::new();
    for number in 0..load.purchases {
        buy(till, number)?;
        confirmed.push((member(number), Timestamp::now().as_millisecond()));
    }
    let after = |what: &'static str, when: &dyn Fn(&Value) -> Option<Timestamp>, path: &str| {
        let delay = |(member, at): &(String, i64)| {
            let found = told(integration, &format!("/v1/members/{member}/{path}"), when)?;
            Ok(found.as_millisecond().saturating_sub(*at).max(0))
        };
        Ok::<_, anyhow::Error>((what, confirmed.iter().map(delay).collect::<anyhow::Result<Vec<i64>>>()?))
    };
    Ok([after("event", &event_of, "profile")?, after("message in the app", &message_of, "messages")?])
}

/// A purchase of a member of that number.
fn buy(till: &Client, number: usize) -> anyhow::Result<()> {
    let receipt = json!({
        "at": Timestamp::now().to_string(),
        "pos": "store-1",
        "member": {"kind": "card", "value": member(number)},
        "lines": [{"position": 1, "goods_id": "G1", "quantity": "2", "price": "349.90", "amount": "699.80"}],
    });
    let path = format!("/v1/purchases/p-{number}");
    till.post(&format!("{path}/calculate"), Some(&format!("{number}")), &receipt.to_string())?;
    till.post(&format!("{path}/confirm"), Some(&format!("{number} confirm")), "")?;
    Ok(())
}

/// When the host says that something happened, as soon as it says so.
fn told(
    client: &Client,
    path: &str,
    when: &dyn Fn(&Value) -> Option<Timestamp>,
) -> anyhow::Result<Timestamp> {
    let started = Instant::now();
    loop {
        if let Some(at) = when(&serde_json::from_str(&client.get(path)?)?) {
            return Ok(at);
        }
        ensure!(started.elapsed() < PATIENCE, "{path} has nothing of a purchase within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// When the purchase of a member became an event, by its profile.
fn event_of(profile: &Value) -> Option<Timestamp> {
    let purchase = profile["events"].as_array()?.iter().find(|event| event["kind"] == "purchase")?;
    purchase["received_at"].as_str()?.parse().ok()
}

/// When the message of a member was in its app.
fn message_of(messages: &Value) -> Option<Timestamp> {
    messages["messages"][0]["sent_at"].as_str()?.parse().ok()
}
