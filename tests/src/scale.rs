//! A large chain: many products, many members, terms for each of them, and tills that sell meanwhile.

mod rows;
mod tills;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

pub use tills::Latency;

use crate::replay::host::{Client, Host};
use rows::Rows;

const NDJSON: &str = "application/x-ndjson";
const ASK_EVERY: Duration = Duration::from_millis(200);
/// How long the tills sell with nothing else going on.
const QUIET: Duration = Duration::from_secs(10);

/// How large the chain is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// In the catalogue.
    pub products: usize,
    /// Each with a card and terms of its own.
    pub members: usize,
}

/// What there is to say while it runs.
pub type Say<'a> = &'a dyn Fn(&str, u64, u64);

/// One import.
pub struct Step {
    /// What was sent.
    pub what: &'static str,
    /// Rows.
    pub rows: u64,
    /// Until the last row was applied.
    pub took: Duration,
    /// Most memory that the host ever held, in KiB.
    pub peak_kib: u64,
    /// Of the database file.
    pub file_bytes: u64,
    /// The tills meanwhile, if they were open.
    pub tills: Option<Latency>,
}

/// Loads the chain; each step with what it took.
pub fn run(size: Size, say: Say<'_>) -> anyhow::Result<(Latency, Vec<Step>)> {
    let host = Host::start(None, &[])?;
    let (office, till) = (host.client("integration")?, host.client("pos")?);
    let mut steps = Vec::new();
    let Size { products, members } = size;

    say("catalogue", 0, 1);
    let started = Instant::now();
    office.stream("/v1/catalog/imports", NDJSON, Rows::new(rows::catalog(products)))?;
    steps.push(step(&host, "catalogue", products, started, None)?);

    let started = Instant::now();
    office.put("/v1/attributes/personal", r#"{"type":"json"}"#)?;
    office
        .put("/v1/offers/personal", r#"{"title":"For you","mechanic":"product","attribute":"personal"}"#)?;
    office.post("/v1/offers/personal/run", None, "")?;
    steps.push(step(&host, "offer, put and run", 1, started, None)?);

    let started = Instant::now();
    let answer = office.stream("/v1/members/imports", NDJSON, Rows::new(rows::members(members)))?;
    follow(&office, "members", &answer, say)?;
    steps.push(step(&host, "members", members, started, None)?);

    let sell =
        |name: &'static str, stop: &AtomicBool| tills::sell(&till.another(), (name, members, products), stop);
    let stop = AtomicBool::new(false);
    let quiet = std::thread::scope(|scope| {
        let open = scope.spawn(|| sell("quiet", &stop));
        std::thread::sleep(QUIET);
        stop.store(true, Ordering::Relaxed);
        open.join().map_err(|_| anyhow::anyhow!("a till stopped"))?
    })?;
    for (what, name) in [("terms", "first"), ("the same terms again", "again")] {
        let started = Instant::now();
        let stop = AtomicBool::new(false);
        let (import, tills) = std::thread::scope(|scope| {
            let open = scope.spawn(|| sell(name, &stop));
            let terms = Rows::new(rows::terms(members, products));
            let import = office
                .stream("/v1/attributes/imports", "text/csv", terms)
                .and_then(|answer| follow(&office, "attributes", &answer, say));
            stop.store(true, Ordering::Relaxed);
            let tills = open.join().map_err(|_| anyhow::anyhow!("a till stopped"))?;
            anyhow::Ok((import?, tills?))
        })?;
        let count = if name == "first" { "applied" } else { "unchanged" };
        ensure!(import[count].as_u64() == u64::try_from(members).ok(), "{import}");
        steps.push(step(&host, what, members, started, Some(tills))?);
    }
    host.run(&["ledger", "verify"])?;
    check_terms(&till)?;
    Ok((quiet, steps))
}

/// Waits for the end of an import.
fn follow(office: &Client, kind: &'static str, answer: &str, say: Say<'_>) -> anyhow::Result<Value> {
    let begun: Value = serde_json::from_str(answer)?;
    let id = begun["id"].as_str().context("an import has an id")?.to_owned();
    loop {
        let import: Value = serde_json::from_str(&office.get(&format!("/v1/{kind}/imports/{id}"))?)?;
        let count = |name: &str| import[name].as_u64().unwrap_or_default();
        say(kind, count("rows"), count("rows_total"));
        match import["state"].as_str() {
            Some("done") => return Ok(import),
            Some("running") => std::thread::sleep(ASK_EVERY),
            _ => anyhow::bail!("{import}"),
        }
    }
}

fn step(
    host: &Host,
    what: &'static str,
    rows: usize,
    started: Instant,
    tills: Option<Latency>,
) -> anyhow::Result<Step> {
    let took = started.elapsed();
    let (peak_kib, file_bytes) = host.footprint()?;
    Ok(Step { what, rows: u64::try_from(rows)?, took, peak_kib, file_bytes, tills })
}

/// A member's own terms pay.
fn check_terms(till: &Client) -> anyhow::Result<()> {
    let receipt = json!({
        "at": "2026-11-22T12:00:00+03:00", "pos": "store-1/till-1",
        "member": {"kind": "card", "value": rows::card(0)},
        "lines": [{"position": 1, "goods_id": rows::goods(0), "quantity": "1", "price": "100.00", "amount": "100.00"}],
    });
    let answer: Value =
        serde_json::from_str(&till.post("/v1/purchases/last/calculate", None, &receipt.to_string())?)?;
    ensure!(answer["totals"]["discount"] == "5.00", "{answer}");
    Ok(())
}

/// The numbers as tables for `docs/performance.md`.
pub fn table(quiet: &Latency, steps: &[Step]) -> String {
    let mut text = String::from(
        "| step | rows | seconds | rows/s | peak memory, MiB | database, MiB |\n|---|---|---|---|---|---|\n",
    );
    for step in steps {
        let tenths = step.took.as_millis().div_ceil(100).max(1);
        text += &format!(
            "| {} | {} | {}.{} | {} | {} | {} |\n",
            step.what,
            step.rows,
            tenths / 10,
            tenths % 10,
            u128::from(step.rows) * 1_000 / step.took.as_millis().max(1),
            step.peak_kib >> 10,
            step.file_bytes >> 20,
        );
    }
    text += "\n| tills while | purchases | calculate p50, ms | p99 | confirm p50 | p99 |\n|---|---|---|---|---|---|\n";
    let open = steps.iter().filter_map(|step| Some((step.what, step.tills.as_ref()?)));
    for (what, latency) in [("nothing else runs", quiet)].into_iter().chain(open) {
        let cells = [latency.calculate, latency.confirm]
            .map(|spread| {
                format!(
                    "{} | {}",
                    crate::replay::table::milliseconds(spread.p50),
                    crate::replay::table::milliseconds(spread.p99)
                )
            })
            .join(" | ");
        text += &format!("| {what} | {} | {cells} |\n", latency.purchases);
    }
    text
}
