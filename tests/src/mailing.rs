//! Measures a mailing: personalised mails a second to a mail server in this process, what the host takes for it, and what
//! a till feels of it.

mod sink;

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use self::sink::Sink;
use crate::flips::{receipt, stock};
use crate::replay::host::{Client, Host};
use crate::replay::table::{Spread, milliseconds};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Load {
    /// Address of an empty PostgreSQL database; none for a new SQLite file.
    pub database: Option<String>,
    /// Members, each of whom gets a mail.
    pub mails: usize,
    /// Kilobytes of a mail.
    pub kilobytes: usize,
}

/// Rows of one upload.
const ROWS: usize = 10_000;
/// How long the till sells alone before the mailing. A percentile of fewer receipts says little.
const ALONE: Duration = Duration::from_secs(20);
/// Time between two receipts of the till.
const EVERY: Duration = Duration::from_millis(10);
/// The longest that the mailing is waited for.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Measures, and prints what was found.
pub fn measure(load: &Load) -> anyhow::Result<()> {
    let host = Host::start(load.database.as_deref(), &[])?;
    let (office, till) = (host.client("integration")?, host.client("pos")?);
    stock(&office)?;
    let sink = Sink::open()?;
    prepare(&office, sink.port, load)?;
    let mut out = std::io::stdout().lock();
    sell(&till, "warm", || Ok(false))?;
    let started = Instant::now();
    let alone = sell(&till, "alone", || Ok(started.elapsed() > ALONE))?;
    // Of a host beside a PostgreSQL database nothing is told: that takes memory, too.
    let footprint = || host.footprint().map_or(0, |(memory, _)| memory);
    let before = footprint();
    office.put(
        "/v1/mailings/bench",
        &json!({
            "template": "bench", "channel": "mail", "topic": "news", "audience": {"all": true},
        })
        .to_string(),
    )?;
    let started = Instant::now();
    office.post("/v1/mailings/bench/start", None, "")?;
    let frozen = started.elapsed();
    let first = {
        while sink.count() == 0 {
            ensure!(started.elapsed() < PATIENCE, "nothing is sent within {PATIENCE:?}");
            thread::sleep(Duration::from_millis(1));
        }
        started.elapsed()
    };
    let mut peak = before;
    let beside = sell(&till, "beside", || {
        peak = peak.max(footprint());
        ensure!(started.elapsed() < PATIENCE, "the mailing is not done within {PATIENCE:?}");
        Ok(state(&office)? == "done")
    })?;
    let took = started.elapsed();
    let sent = sink.count();
    let rate = u128::try_from(sent)? * 1_000 / took.as_millis().max(1);
    writeln!(
        out,
        "{sent} mails of {} kB in {} ms: {rate} a second; the audience was frozen in {} ms, the first mail came after {} ms",
        load.kilobytes,
        took.as_millis(),
        frozen.as_millis(),
        first.as_millis()
    )?;
    writeln!(out, "the host had {} MiB before and {} MiB at most", before / 1024, peak / 1024)?;
    let (alone, beside) = (Spread::of(alone), Spread::of(beside));
    writeln!(
        out,
        "a till's calculate: p50 {} ms and p99 {} ms alone, p50 {} ms and p99 {} ms beside the mailing",
        milliseconds(alone.p50),
        milliseconds(alone.p99),
        milliseconds(beside.p50),
        milliseconds(beside.p99)
    )?;
    Ok(())
}

fn state(office: &Client) -> anyhow::Result<String> {
    let mailing: Value = serde_json::from_str(&office.get("/v1/mailings/bench")?)?;
    Ok(mailing["state"].as_str().context("a state")?.to_owned())
}

/// Members with addresses and consent, a template of that size, and the channel.
fn prepare(office: &Client, port: u16, load: &Load) -> anyhow::Result<()> {
    for name in ["email", "name"] {
        office.put(&format!("/v1/attributes/{name}"), r#"{"type":"string"}"#)?;
    }
    for first in (0..load.mails).step_by(ROWS) {
        let numbers = first..load.mails.min(first + ROWS);
        let rows = |row: &dyn Fn(usize) -> Value| {
            numbers.clone().map(|number| row(number).to_string()).collect::<Vec<_>>().join("\n")
        };
        office.import("/v1/members/imports", &rows(&|number| json!({"id": format!("b-{number}")})))?;
        for (name, value) in [("email", "@example.com"), ("name", "")] {
            let attributes = rows(&|number| {
                json!({"identifier_kind": "member", "identifier": format!("b-{number}"), "attribute": name,
                       "value": format!("b{number}{value}")})
            });
            office.import("/v1/attributes/imports", &attributes)?;
        }
        let consents = rows(&|number| {
            json!({"member": {"id": format!("b-{number}")}, "channel": "mail", "topic": "news",
                   "state": "granted", "at": 1_700_000_000_000_i64, "source": "bench", "text_version": "1"})
        });
        office.import("/v1/consents", &consents)?;
    }
    let filler = "<p>What is new in the shop this week, and what is good about it.</p>\n";
    let body = filler.repeat(load.kilobytes * 1_000 / filler.len());
    let page = format!("<html><body><p>Hello, {{{{ member.name }}}}!</p>{body}</body></html>");
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Hello, {{ member.name }}", "html": page, "text": "Hello, {{ member.name }}!"}},
    });
    office.put("/v1/message-templates/bench", &template.to_string())?;
    let channel = json!({
        "kind": "smtp",
        "account": {"host": "127.0.0.1", "port": port, "security": "none", "allow_private": true,
                    "from": "Shop <shop@example.com>", "connections": 16, "mails_per_connection": 10_000},
    });
    office.put("/v1/channels/mail", &channel.to_string())?;
    Ok(())
}

/// Sells at one till until something is so, which is asked every half second, and once if it is so at once.
fn sell(
    till: &Client,
    turn: &str,
    mut is_over: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let mut asked = Instant::now();
    for number in 0_usize.. {
        let before = Instant::now();
        till.post(&format!("/v1/purchases/{turn}-{number}/calculate"), None, &receipt().to_string())?;
        times.push(before.elapsed());
        if asked.elapsed() > Duration::from_millis(500) {
            asked = Instant::now();
            if is_over()? {
                break;
            }
        }
        if turn == "warm" && number > 100 {
            break;
        }
        thread::sleep(EVERY.saturating_sub(before.elapsed()));
    }
    Ok(times)
}
