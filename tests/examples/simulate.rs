//! How long `offer-host chain simulate` takes over a year of real receipts, as many as the whole data set has.
//!
//! `cargo run --release -p tests --example simulate`, with `-- RECEIPTS` for another number. Households of the receipts at
//! hand are repeated under other names until there are as many.
#![allow(clippy::print_stdout, reason = "what was measured is printed")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tests::retail::{self, Retail};
use tests::workspace;

/// Receipts of the whole data set.
const RECEIPTS: usize = 155_848;

fn main() -> anyhow::Result<()> {
    let receipts = match std::env::args().nth(1) {
        Some(text) => text.parse().with_context(|| format!("`{text}` is not a whole number"))?,
        None => RECEIPTS,
    };
    let folder = tempfile::tempdir()?;
    let (chain, events) = (folder.path().join("chain.json"), folder.path().join("events.ndjson"));
    std::fs::write(&chain, document().to_string())?;
    write_events(&Retail::read(&retail::folder()?)?, receipts, &events)?;
    let started = Instant::now();
    let output = Command::new(workspace::offer_host()?)
        .args(["chain", "simulate"])
        .arg(&chain)
        .args(["--from", "2017-01-01", "--to", "2017-12-31", "--quiet", "21:00-09:00"])
        .args(["--zone", retail::TIME_ZONE, "--events"])
        .arg(&events)
        .output()?;
    let took = started.elapsed();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    print!("{}", String::from_utf8_lossy(&output.stdout));
    println!(
        "{receipts} receipts, {} MB of events, simulated in {took:.1?}",
        std::fs::metadata(&events)?.len() / 1_000_000
    );
    Ok(())
}

/// A thank-you, a look at what was bought in three months, and a coupon for those who come rarely.
fn document() -> Value {
    json!({
        "triggers": [{"event": "purchase", "where": [{"field": "/net", "at_least": "1000"}]}],
        "reentry": "after_exit",
        "control": {"percent": "10", "salt": "simulated"},
        "leave_when": [],
        "start": "pause",
        "nodes": {
            "pause": {"type": "wait", "for": "2h", "next": "thanks"},
            "thanks": {"type": "message", "template": "thanks", "channel": "email", "topic": "news", "next": "read"},
            "read": {"type": "wait", "until_event": {"event": "message_clicked", "message": "thanks"},
                     "at_most": "3d", "next": "rare", "otherwise": "rare"},
            "rare": {"type": "branch", "rule": {"event": "purchase", "count": {"at_most": 6}, "within_days": 90},
                     "yes": "points", "no": "end"},
            "points": {"type": "points", "points": "100", "reason": "rare", "expires_after": "30d", "next": "back"},
            "back": {"type": "wait", "until_event": {"event": "purchase"}, "at_most": "14d", "next": "end",
                     "otherwise": "remind"},
            "remind": {"type": "message", "template": "remind", "channel": "email", "topic": "offers", "next": "end"},
            "end": {"type": "exit"},
        },
    })
}

/// The receipts as the feed of a host tells them, one a line.
fn write_events(retail: &Retail, receipts: usize, file: &Path) -> anyhow::Result<()> {
    let categories: BTreeMap<u64, [&str; 3]> = retail
        .products
        .iter()
        .map(|product| (product.product, [&*product.department, &*product.category, &*product.kind]))
        .collect();
    let mut out = BufWriter::new(File::create(file)?);
    let (mut written, mut copy) = (0, 0);
    ensure!(!retail.receipts.is_empty(), "there are no receipts");
    while written < receipts {
        for receipt in retail.receipts.iter().take(receipts - written) {
            let lines: Vec<Value> = receipt
                .lines
                .iter()
                .map(|line| {
                    json!({
                        "goods_id": line.product.to_string(),
                        "quantity": domain::decimal::format_trimmed(line.thousandths(), 3),
                        "amount": line.amount().to_string(),
                        "categories": categories.get(&line.product),
                    })
                })
                .collect();
            let net: i64 = receipt.lines.iter().map(retail::SourceLine::amount).sum();
            let id = format!("{copy}-{}", receipt.receipt);
            let event = json!({
                "source": "till", "id": id, "kind": "purchase", "at": receipt.ts.to_string(),
                "member": {"id": format!("{copy}-{}", receipt.household)},
                "payload": {"purchase_id": id, "pos": format!("store-{}", receipt.store), "total": net.to_string(),
                            "net": net.to_string(), "lines": lines},
            });
            writeln!(out, "{event}")?;
            written += 1;
        }
        copy += 1;
    }
    Ok(())
}
