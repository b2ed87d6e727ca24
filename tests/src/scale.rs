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
/// Time between two questions for the state of an import.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Time that the tills sell with nothing else going on.
const QUIET: Duration = Duration::from_secs(10);

/// Size of the chain.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Products in the catalogue.
    pub products: usize,
    /// Members, each with a card and terms of its own.
    pub members: usize,
}

/// Called while it runs: name of the import, rows done, rows in all.
pub type Say<'a> = &'a dyn Fn(&str, u64, u64);

/// An import, with its time and the memory of the host.
pub struct TimedImport {
    /// Name of what was imported.
    pub what: &'static str,
    /// Rows that were imported.
    pub rows: u64,
    /// Time until the last row was applied.
    pub took: Duration,
    /// The most memory of the host until then, in KiB.
    pub peak_kib: u64,
    /// Size of the database file.
    pub file_bytes: u64,
    /// Times of the tills meanwhile, if they were open.
    pub tills: Option<Latency>,
}

/// Loads the chain. Answers the times of the tills with nothing else going on, and each import.
pub fn run(size: Size, say: Say<'_>) -> anyhow::Result<(Latency, Vec<TimedImport>)> {
    let host = Host::start(None, &[])?;
    let (office, till) = (host.client("integration")?, host.client("pos")?);
    let mut imports = Vec::new();
    let Size { products, members } = size;

    say("catalogue", 0, 1);
    let started = Instant::now();
    office.stream("/v1/catalog/imports", NDJSON, Rows::new(rows::catalog(products)))?;
    imports.push(timed(&host, "catalogue", products, started, None)?);

    let started = Instant::now();
    office.put("/v1/attributes/personal", r#"{"type":"json"}"#)?;
    office
        .put("/v1/offers/personal", r#"{"title":"For you","mechanic":"product","attribute":"personal"}"#)?;
    office.post("/v1/offers/personal/run", None, "")?;
    imports.push(timed(&host, "offer, put and run", 1, started, None)?);

    let started = Instant::now();
    let answer = office.stream("/v1/members/imports", NDJSON, Rows::new(rows::members(members)))?;
    follow(&office, "members", &answer, say)?;
    imports.push(timed(&host, "members", members, started, None)?);

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
        imports.push(timed(&host, what, members, started, Some(tills))?);
    }
    host.run(&["ledger", "verify"])?;
    check_terms(&till)?;
    Ok((quiet, imports))
}

/// Waits for the end of an import, and answers its last state. Fails if the import does.
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

fn timed(
    host: &Host,
    what: &'static str,
    rows: usize,
    started: Instant,
    tills: Option<Latency>,
) -> anyhow::Result<TimedImport> {
    let took = started.elapsed();
    let (peak_kib, file_bytes) = host.footprint()?;
    Ok(TimedImport { what, rows: u64::try_from(rows)?, took, peak_kib, file_bytes, tills })
}

/// Fails unless a member's own terms give a discount.
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
pub fn table(quiet: &Latency, imports: &[TimedImport]) -> String {
    let mut text = String::from(
        "| step | rows | seconds | rows/s | peak memory, MiB | database, MiB |\n|---|---|---|---|---|---|\n",
    );
    for import in imports {
        let tenths = import.took.as_millis().div_ceil(100).max(1);
        text += &format!(
            "| {} | {} | {}.{} | {} | {} | {} |\n",
            import.what,
            import.rows,
            tenths / 10,
            tenths % 10,
            u128::from(import.rows) * 1_000 / import.took.as_millis().max(1),
            import.peak_kib >> 10,
            import.file_bytes >> 20,
        );
    }
    text += "\n| tills while | purchases | calculate p50, ms | p99 | confirm p50 | p99 |\n|---|---|---|---|---|---|\n";
    let open = imports.iter().filter_map(|import| Some((import.what, import.tills.as_ref()?)));
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
