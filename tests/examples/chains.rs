//! How many waits of a chain that are due in the same minute are taken further in a second, and what a waiting run takes in
//! the database: `cargo run --release -p tests --example chains -- [RUNS] [sqlite://FILE | postgres://…]`.

use std::time::Instant;

use anyhow::Context as _;
use store::{ChainRun, ChainStep, ChainWrite, Communications, Options, PlannedMessage, SHARDS, ShardClaim};

const NOW: i64 = 1_800_000_000_000;
const BATCH: i64 = 500;

fn run(id: i64, chain: i64) -> anyhow::Result<ChainRun> {
    Ok(ChainRun {
        id,
        chain,
        version: 1,
        number: u32::try_from(id)?,
        entry_key: "#0".to_owned(),
        node: 3,
        state: format!("w3600000,1,{NOW}"),
        wake_at: Some(NOW + 3_600_000),
        revision: 1,
    })
}

/// The next wait, with a message and the record of the step.
fn stepped(runs: &[ChainRun]) -> ChainWrite {
    let mut write = ChainWrite { at: NOW, ..ChainWrite::default() };
    for run in runs {
        let cause = format!("chain/welcome/{}/say/2", run.id);
        write.moved.push(ChainRun { node: 4, wake_at: Some(NOW + 90_000_000), ..run.clone() });
        write.steps.push(ChainStep {
            run: run.id,
            revision: run.revision + 1,
            number: run.number,
            at: NOW,
            version: 1,
            record: format!(
                r#"{{"node":"pause","state":"{}","facts":{{"run":"chain/welcome/{}"}}}}"#,
                run.state, run.id
            ),
        });
        write.messages.push(PlannedMessage {
            id: format!("{:032x}", run.id),
            cause,
            cause_kind: "chain".to_owned(),
            queue: "chain/welcome".to_owned(),
            number: i64::from(run.number),
            channel: "email".to_owned(),
            template: "welcome".to_owned(),
            template_version: 0,
            category: "marketing".to_owned(),
            topic: "news".to_owned(),
            priority: 0,
            variant: String::new(),
            not_before: NOW,
            too_late_after: None,
            is_ghost: false,
            values: "{}".to_owned(),
        });
    }
    write
}

async fn measure(runs: i64, url: &str) -> anyhow::Result<()> {
    let communications = Communications::open(Options::job(url)).await?;
    communications.migrate().await?;
    let chain = communications.put_chain("welcome", "d", "{}", NOW).await?.id;
    for first in (0..runs).step_by(5_000) {
        let begun =
            (first..runs.min(first + 5_000)).map(|id| run(id, chain)).collect::<anyhow::Result<_>>()?;
        let write = ChainWrite { begun, at: NOW, ..ChainWrite::default() };
        anyhow::ensure!(communications.write_chains(&write).await?, "the database has runs already");
    }
    if let Some(file) = url.strip_prefix("sqlite://") {
        communications.shrink_log().await?;
        let bytes = std::fs::metadata(file).with_context(|| file.to_owned())?.len();
        let log = std::fs::metadata(format!("{file}-wal")).map(|log| log.len()).unwrap_or(0);
        eprintln!(
            "{runs} waiting runs: {} bytes each (and {log} bytes of write-ahead log)",
            bytes / u64::try_from(runs)?
        );
    }
    let lease = communications.lease_shards("bench", 3_600_000).await?;
    anyhow::ensure!(lease.shards.len() == usize::try_from(SHARDS)?, "another worker has shards");
    let (started, mut steps) = (Instant::now(), 0_i64);
    loop {
        let due = communications.shards_due(&lease.shards, NOW + 3_600_000).await?;
        if due.is_empty() {
            break;
        }
        for shard in due {
            let rows = communications.runs_due(shard, NOW + 3_600_000, BATCH).await?;
            let claim = ShardClaim { owner: "bench".to_owned(), fence: lease.fence, shards: vec![shard] };
            let write = ChainWrite { lease: Some(claim), ..stepped(&rows) };
            anyhow::ensure!(communications.write_chains(&write).await?, "another worker has moved them");
            steps += i64::try_from(rows.len())?;
        }
    }
    let took = started.elapsed();
    let rate = u128::try_from(steps)? * 1_000 / took.as_millis().max(1);
    eprintln!("{steps} steps with a message and a record each in {took:.1?}: {rate} a second");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let runs: i64 =
        arguments.next().map_or(Ok(1_000_000), |runs| runs.parse()).context("RUNS must be a number")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("communications.db");
    let url = arguments.next().unwrap_or_else(|| format!("sqlite://{}", file.display()));
    tokio::runtime::Runtime::new()?.block_on(measure(runs, &url))
}
