//! Measures how swaps of a mechanic's version slow down the tills that sell meanwhile.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::guests::product_version;
use crate::replay::host::{Client, Host};
use crate::replay::table::{Spread, milliseconds as ms};
use crate::workspace;

/// Time between the starts of two receipts of a till.
const EVERY: Duration = Duration::from_millis(20);
/// Turns of quiet and busy times; they alternate, so that a machine whose speed changes is fair to both.
const ROUNDS: usize = 6;
/// The two versions, each with its discount on the coffee of the reference receipt.
const VERSIONS: [(&str, &str); 2] = [("1.100.101", "104.97"), ("3.100.101", "314.91")];

/// The load on the host.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Seconds with swaps, and as many without.
    pub seconds: usize,
    /// Swaps in that time.
    pub flips: usize,
    /// Tills that sell at the same time.
    pub tills: usize,
}

/// Measures, and prints the results. Fails if a receipt failed or was priced by two versions.
pub fn measure(load: Load) -> anyhow::Result<()> {
    let Load { seconds, flips, tills } = load;
    let host = Host::start(None, &[])?;
    let (office, admin, till) = (host.client("integration")?, host.client("admin")?, host.client("pos")?);
    stock(&office)?;
    for (version, _) in VERSIONS {
        admin.upload("/v1/mechanics/product/versions", product_version(version)?)?;
    }
    flip(&admin, 0)?;
    let round = Duration::from_millis(u64::try_from(seconds * 1000 / ROUNDS)?);
    let (mut quiet, mut busy) = (Vec::new(), Vec::new());
    let (mut took, mut by_version, mut number) = (Vec::new(), BTreeMap::new(), 0);
    for turn in 0..ROUNDS {
        let mut out = std::io::stderr().lock();
        writeln!(out, "round {} of {ROUNDS}", turn + 1)?;
        quiet.extend(sell((&till, tills), (&format!("q{turn}"), round), &mut by_version, || Ok(()))?);
        let mut left = flips.div_ceil(ROUNDS);
        let every = round / u32::try_from(left.max(1))?;
        let started = Instant::now();
        let flipping = || {
            while left > 0 {
                left -= 1;
                number += 1;
                let before = Instant::now();
                flip(&admin, number)?;
                took.push(before.elapsed());
                let next = started + every * u32::try_from(flips.div_ceil(ROUNDS) - left)?;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
            Ok(())
        };
        busy.extend(sell((&till, tills), (&format!("b{turn}"), round), &mut by_version, flipping)?);
    }
    host.run(&["ledger", "verify"])?;
    host.run(&["audit", "verify"])?;
    report((quiet, busy, took), &by_version)
}

fn report(
    (quiet, busy, took): (Vec<Duration>, Vec<Duration>, Vec<Duration>),
    by_version: &BTreeMap<String, usize>,
) -> anyhow::Result<()> {
    let (receipts, flips) = ((quiet.len(), busy.len()), took.len());
    let (quiet, busy, took) = (Spread::of(quiet), Spread::of(busy), Spread::of(took));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{flips} flips, each answered in p50 {} ms, p99 {} ms", ms(took.p50), ms(took.p99))?;
    writeln!(out, "0 receipts failed, 0 mixed; by version: {by_version:?}")?;
    writeln!(out, "| calculate, ms | receipts | p50 | p99 |\n|---|---|---|---|")?;
    for (what, receipts, spread) in [("without flips", receipts.0, quiet), ("with flips", receipts.1, busy)] {
        writeln!(out, "| {what} | {receipts} | {} | {} |", ms(spread.p50), ms(spread.p99))?;
    }
    let percent = busy.p99.as_micros() * 100 / quiet.p99.as_micros().max(1);
    writeln!(out, "p99 with flips is {percent} % of that without")?;
    Ok(())
}

pub(crate) fn stock(office: &Client) -> anyhow::Result<()> {
    let catalog = std::fs::read_to_string(workspace::root().join("xtask/demo/catalog.ndjson"))?;
    office.import("/v1/catalog/imports", &catalog)?;
    let coffee = json!({"mechanic": "product", "params": {"items": [
        {"target": "G1", "method": "percent", "value": "15"}]}});
    office.put("/v1/offers/coffee-15", &coffee.to_string())?;
    office.post("/v1/offers/coffee-15/run", None, "")?;
    Ok(())
}

fn flip(admin: &Client, number: usize) -> anyhow::Result<()> {
    let (version, _) = VERSIONS.get(number % 2).context("two versions")?;
    admin.put("/v1/mechanics/product/rollout", &json!({"version": version}).to_string())?;
    Ok(())
}

/// Sells while `meanwhile` runs, and answers the time of each calculation.
fn sell(
    (client, tills): (&Client, usize),
    (name, time): (&str, Duration),
    by_version: &mut BTreeMap<String, usize>,
    meanwhile: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Duration>> {
    let (ends, failed) = (Instant::now() + time, AtomicBool::new(false));
    let receipts = AtomicUsize::new(0);
    thread::scope(|scope| {
        let till = |till: usize| {
            let (client, failed, receipts) = (client.another(), &failed, &receipts);
            scope.spawn(move || {
                let (mut times, mut versions) = (Vec::new(), BTreeMap::new());
                let started = Instant::now() + EVERY * u32::try_from(till)? / 4;
                for number in 0_u32.. {
                    let due = started + EVERY * number;
                    if due >= ends || failed.load(Ordering::Relaxed) {
                        break;
                    }
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let path = format!("/v1/purchases/{name}-{till}-{number}/calculate");
                    let before = Instant::now();
                    let answer = client.post(&path, None, &receipt().to_string());
                    times.push(before.elapsed());
                    let version = answer.and_then(|answer| whole(&serde_json::from_str(&answer)?));
                    let version = version.inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                    *versions.entry(version).or_insert(0_usize) += 1;
                    receipts.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok((times, versions))
            })
        };
        let tills: Vec<_> = (0..tills).map(till).collect();
        meanwhile()?;
        let mut all = Vec::new();
        for till in tills {
            let Ok(sold) = till.join() else { bail!("a till panicked") };
            let (times, versions) = sold?;
            all.extend(times);
            for (version, count) in versions {
                *by_version.entry(version).or_default() += count;
            }
        }
        Ok(all)
    })
}

/// The version that priced a receipt. Fails if its lines were priced by several.
fn whole(answer: &Value) -> anyhow::Result<String> {
    let mechanics = answer["mechanics"].as_array().context("mechanics")?;
    let product = mechanics.iter().find(|mechanic| mechanic["name"] == "product").context("product")?;
    let version = product["version"].as_str().context("a version")?;
    let known = VERSIONS.iter().find(|(known, _)| *known == version);
    let (_, discount) = known.with_context(|| format!("priced by {version}"))?;
    let coffee = &answer["lines"][0];
    let is_whole = coffee["discount"] == *discount && coffee["offers"][0]["mechanic_version"] == version;
    ensure!(is_whole && product["outcome"] == "ok", "mixed: {answer}");
    Ok(version.to_owned())
}

/// The reference receipt (docs/pricing-rules.md#the-reference-receipt), without a member.
pub(crate) fn receipt() -> Value {
    let line = |position: u32, goods: &str, quantity: &str, price: &str, amount: &str| json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount});
    json!({
        "at": "2025-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "lines": [
            line(1, "G1", "2", "349.90", "699.80"),
            line(2, "G2", "0.478", "947.00", "452.67"),
            line(3, "G3", "1", "399.00", "399.00"),
            line(4, "G4", "3", "89.99", "269.97"),
        ],
    })
}
