//! Measures what connections that never send a whole request cost the tills.

use std::io::Write as _;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::flips::{receipt, stock};
use crate::replay::host::{Client, Host};
use crate::replay::table::{Spread, milliseconds as ms};

/// Time between the starts of two receipts of a till.
const EVERY: Duration = Duration::from_millis(20);

/// How long is measured.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// Turns without and with the connections; they alternate, so that a machine whose speed changes is fair to both.
    pub rounds: usize,
    /// Seconds of each turn.
    pub seconds: u64,
}

/// A till's way of using connections, with the times of its calculations.
struct Till {
    name: &'static str,
    client: Client,
    without: Vec<Duration>,
    with: Vec<Duration>,
}

/// Measures, and prints the results. `open` opens the connections to a host, and returns when they are there; they are
/// closed when what it returns is dropped.
pub fn measure<G>(
    what: &str,
    length: Length,
    open: impl Fn(SocketAddr) -> anyhow::Result<G>,
) -> anyhow::Result<()> {
    let host = Host::start(None, &[])?;
    let (office, till) = (host.client("integration")?, host.client("pos")?);
    stock(&office)?;
    let address = host.address().parse().context("an address")?;
    let mut tills =
        [("one connection", till.another()), ("a new connection each", till.without_keep_alive())]
            .map(|(name, client)| Till { name, client, without: Vec::new(), with: Vec::new() });
    for till in &tills {
        // The first receipts pay for what is made once.
        sell(till, "warm", Duration::from_secs(1))?;
    }
    let (before, _) = host.footprint()?;
    for round in 0..length.rounds {
        writeln!(std::io::stderr(), "{what}: round {} of {}", round + 1, length.rounds)?;
        let sold = sell_all(&tills, &format!("q{round}"), length)?;
        for (till, times) in tills.iter_mut().zip(sold) {
            till.without.extend(times);
        }
        let opened = open(address)?;
        let sold = sell_all(&tills, &format!("h{round}"), length)?;
        for (till, times) in tills.iter_mut().zip(sold) {
            till.with.extend(times);
        }
        drop(opened);
    }
    let (after, _) = host.footprint()?;
    report(what, tills, (after.saturating_sub(before)) / 1024)
}

fn report(what: &str, tills: [Till; 2], mebibytes: u64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for Till { name, without, with, .. } in tills {
        let receipts = without.len() + with.len();
        let (without, with) = (Spread::of(without), Spread::of(with));
        let percent = with.p99.as_micros() * 100 / without.p99.as_micros().max(1);
        writeln!(
            out,
            "| {what} | {name} | {receipts} | {} | {} | {} | {} | {}.{:02} |",
            ms(without.p50),
            ms(without.p99),
            ms(with.p50),
            ms(with.p99),
            percent / 100,
            percent % 100
        )?;
    }
    writeln!(out, "{what}: the host took {mebibytes} MiB more than before")?;
    Ok(())
}

/// Sells at all tills at the same time. Returns the times of the calculations by till.
fn sell_all(tills: &[Till; 2], turn: &str, length: Length) -> anyhow::Result<Vec<Vec<Duration>>> {
    thread::scope(|scope| {
        let open = |till| scope.spawn(move || sell(till, turn, Duration::from_secs(length.seconds)));
        let open: Vec<_> = tills.iter().map(open).collect();
        let mut all = Vec::new();
        for till in open {
            let Ok(times) = till.join() else { bail!("a till panicked") };
            all.push(times?);
        }
        Ok(all)
    })
}

/// Sells for a time. Fails if a receipt does.
fn sell(till: &Till, turn: &str, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let started = Instant::now();
    let name = till.name.replace(' ', "-");
    let mut times = Vec::new();
    for number in 0_u32.. {
        let due = EVERY * number;
        if due >= time {
            break;
        }
        thread::sleep(due.saturating_sub(started.elapsed()));
        let path = format!("/v1/purchases/{name}-{turn}-{number}/calculate");
        let before = Instant::now();
        till.client.post(&path, None, &receipt().to_string())?;
        times.push(before.elapsed());
    }
    Ok(times)
}
