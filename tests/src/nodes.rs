//! Measures how soon three hosts on one PostgreSQL database follow a change on one of them.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::flips::{receipt, stock};
use crate::guests::product_version;
use crate::postgres;
use crate::replay::host::{Client, Host};
use crate::replay::table::milliseconds as ms;

const ROUNDS: usize = 10;
/// A node that has not followed after this time counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures with notifications of the database and without, and prints the results.
pub fn measure() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| hints | what | median, ms | longest |\n|---|---|---|---|")?;
    for notify in ["true", "false"] {
        let url = postgres::fresh_database();
        let settings = [("OFFER_HOST__NODES__NOTIFY".to_owned(), notify.to_owned())];
        let hosts = [0, 1, 2].map(|_| Host::start(Some(&url), &settings));
        let hosts = hosts.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let Times { uploads, rollouts, rollbacks } = with(&hosts)?;
        for (what, mut times) in [
            ("upload to the first live receipt on the node that was asked", uploads),
            ("roll-out visible on all three", rollouts),
            ("roll-back visible on all three", rollbacks),
        ] {
            times.sort_unstable();
            let (median, longest) =
                (times.get(times.len() / 2).context("a time")?, times.last().context("a time")?);
            writeln!(out, "| {notify} | {what} | {} | {} |", ms(*median), ms(*longest))?;
        }
    }
    Ok(())
}

struct Times {
    uploads: Vec<Duration>,
    rollouts: Vec<Duration>,
    rollbacks: Vec<Duration>,
}

fn with(hosts: &[Host]) -> anyhow::Result<Times> {
    let first = hosts.first().context("a host")?;
    let (office, admin) = (first.client("integration")?, first.client("admin")?);
    stock(&office)?;
    let tills = hosts.iter().map(|host| host.client("pos")).collect::<anyhow::Result<Vec<_>>>()?;
    let admins = hosts.iter().map(|host| host.client("admin")).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut uploads, mut rollouts, mut rollbacks) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Another component every time, so that no node has compiled it before.
        let version = format!("3.1{round:02}.101");
        let started = Instant::now();
        admin.upload("/v1/mechanics/product/versions", product_version(&version)?)?;
        let uploaded = Instant::now();
        admin.put("/v1/mechanics/product/rollout", &json!({"version": version}).to_string())?;
        until(tills.first().context("a till")?, (&format!("u{round}"), &version))?;
        uploads.push(started.elapsed());
        for (number, till) in tills.iter().enumerate() {
            until(till, (&format!("o{round}-{number}"), &version))?;
        }
        rollouts.push(uploaded.elapsed());
        // Taken back on another node every time.
        let started = Instant::now();
        let asked = admins.get(round % admins.len()).context("an admin")?;
        asked.post("/v1/mechanics/product/rollback", None, "")?;
        for (number, till) in tills.iter().enumerate() {
            until(till, (&format!("b{round}-{number}"), "1.0.0"))?;
        }
        rollbacks.push(started.elapsed());
    }
    Ok(Times { uploads, rollouts, rollbacks })
}

/// Sells until a receipt is priced with the version. Fails after [`PATIENCE`].
fn until(till: &Client, (name, version): (&str, &str)) -> anyhow::Result<()> {
    let started = Instant::now();
    for number in 0.. {
        let path = format!("/v1/purchases/{name}-{number}/calculate");
        let answer: Value = serde_json::from_str(&till.post(&path, None, &receipt().to_string())?)?;
        let mechanics = answer["mechanics"].as_array().context("mechanics")?;
        let product = mechanics.iter().find(|mechanic| mechanic["name"] == "product").context("product")?;
        if product["version"] == version {
            return Ok(());
        }
        ensure!(started.elapsed() < PATIENCE, "still {} and not {version}", product["version"]);
    }
    Ok(())
}
