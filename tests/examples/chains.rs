//! How many waits of a chain that are due in the same minute a worker takes further in a second, how late another chain's
//! members are meanwhile, and what a waiting run takes in the database.
//!
//! `cargo run --release -p tests --example chains`, with `-- RUNS` for another number, and `postgres` among them for that
//! database. The worker is that of a host, in the process of the example; runs are written as those of members who have
//! come to a wait, each with the record of its first step.
#![allow(clippy::print_stdout, reason = "what was measured is printed")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app::audit::Actor;
use app::bootstrap;
use app::communications::chains::{Worker, definitions};
use app::communications::workers::Step;
use app::config::Config;
use app::state::App;
use communications::chains::{Run, Stage, read};
use serde_json::{Value, json};
use store::{ChainRow, ChainRun, ChainStep, ChainWrite, MemberProfile, MemberRow};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// The allocator of a host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HOUR_MS: i64 = 3_600_000;
const ROWS: usize = 5_000;
/// Time between two members of the other chain.
const EVERY: Duration = Duration::from_millis(500);

/// How late members of the other chain were.
type Late = Arc<Mutex<Vec<Duration>>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut runs, mut database) = (1_000_000_u32, None);
    for argument in std::env::args().skip(1) {
        if argument == "postgres" {
            database = Some(tests::postgres::migrated_database());
        } else {
            runs = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        }
    }
    let folder = TempDir::new()?;
    let mut config = Config::load(None)?;
    let file = database.is_none().then(|| folder.path().join("communications.db"));
    config.database.url = match database {
        Some(url) => url,
        None => format!("sqlite://{}", folder.path().join("store.sqlite").display()),
    };
    measure(&bootstrap::start(config, "127.0.0.1:0").await?, runs, file.as_deref()).await
}

async fn measure(app: &App, runs: u32, file: Option<&Path>) -> anyhow::Result<()> {
    let (many, other) = (publish(app, "many").await?, publish(app, "other").await?);
    let now = app.communications.now_ms().await?;
    let place = Place::of(now)?;
    members(app, runs).await?;
    let before = bytes(app, file).await?;
    let numbers: Vec<u32> = (0..runs).collect();
    for numbers in numbers.chunks(ROWS) {
        let begun =
            numbers.iter().map(|number| place.run(many.id, i64::from(*number) + 1, *number)).collect();
        let write = ChainWrite { begun, at: now, ..ChainWrite::default() };
        anyhow::ensure!(app.communications.write_chains(&write).await?, "the database has runs already");
    }
    let with_runs = bytes(app, file).await?;
    for numbers in numbers.chunks(ROWS) {
        let steps = numbers.iter().map(|number| place.first_step(i64::from(*number) + 1, *number)).collect();
        let write = ChainWrite { steps, at: now, ..ChainWrite::default() };
        anyhow::ensure!(app.communications.write_chains(&write).await?, "the database has steps already");
    }
    if file.is_some() {
        let with_steps = bytes(app, file).await?;
        println!(
            "{runs} waiting runs: {} bytes each, and {} for the record of the step that came before",
            with_runs.saturating_sub(before) / u64::from(runs.max(1)),
            with_steps.saturating_sub(with_runs) / u64::from(runs.max(1))
        );
    }
    let late = Late::default();
    let beside = tokio::spawn(lateness(app.clone(), other, runs, Arc::clone(&late)));
    let worker = Worker::default();
    let started = Instant::now();
    while worker.clone().wake(app.clone()).await? == Step::Worked {
        if visited(app, &many).await? >= i64::from(runs) {
            break;
        }
    }
    let took = started.elapsed();
    let steps = visited(app, &many).await?;
    let rate = u128::try_from(steps)? * 1_000 / took.as_millis().max(1);
    println!("{steps} steps with a message and a record each in {took:.1?}: {rate} a second");
    beside.abort();
    let late = late.lock().await;
    println!("{} members of another chain meanwhile: late by {:?} at most", late.len(), late.iter().max());
    Ok(())
}

/// Lets a member of another chain be due now and then, and notes how late each is taken further.
async fn lateness(app: App, chain: ChainRow, runs: u32, late: Late) -> anyhow::Result<()> {
    for turn in 0_u32.. {
        let now = app.communications.now_ms().await?;
        let place = Place::of(now)?;
        let (id, number) = (i64::from(runs) + 1 + i64::from(turn), turn.wrapping_mul(7) % runs.max(1));
        let begun = vec![place.run(chain.id, id, number)];
        let started = Instant::now();
        app.communications.write_chains(&ChainWrite { begun, at: now, ..ChainWrite::default() }).await?;
        while app.communications.chain_run(id).await?.is_some_and(|run| run.revision == 1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        late.lock().await.push(started.elapsed());
        tokio::time::sleep(EVERY).await;
    }
    Ok(())
}

/// A published chain with a message between two waits. What its names refer to does not matter before it is sent.
async fn publish(app: &App, name: &str) -> anyhow::Result<ChainRow> {
    definitions::put(app, name, &document(), Actor::system("example")).await?;
    let chain = app.communications.chain(name).await?.context("the chain")?;
    let now = app.communications.now_ms().await?;
    anyhow::ensure!(app.communications.publish_chain(&chain, 1, &[], now).await?, "is published");
    Ok(chain)
}

fn document() -> Value {
    json!({
        "triggers": [{"event": "cart_abandoned"}],
        "reentry": "after_exit",
        "start": "pause",
        "nodes": {
            "pause": {"type": "wait", "for": "1h", "next": "remind"},
            "remind": {"type": "message", "template": "cart", "channel": "mail", "topic": "news", "next": "later"},
            "later": {"type": "wait", "for": "3d", "next": "end"},
            "end": {"type": "exit"},
        },
    })
}

/// Steps of a chain that have come to its message.
async fn visited(app: &App, chain: &ChainRow) -> anyhow::Result<i64> {
    let counts = app.communications.chain_counts(chain.id).await?;
    let of_message = counts.iter().find(|(of, _)| of.what == "visited" && of.name == "remind");
    Ok(of_message.map_or(0, |(_, count)| *count))
}

/// Where runs wait: at the first wait, until now.
struct Place {
    node: i64,
    run: Run,
}

impl Place {
    fn of(now: i64) -> anyhow::Result<Self> {
        let version = read(&document()).map_err(|found| anyhow::anyhow!("{found:?}"))?;
        let node = version.find("pause").context("a node")?;
        let mut run = Run::begin(node, now - HOUR_MS, false);
        run.stage = Stage::Waiting(now);
        run.steps = 1;
        Ok(Self { node: i64::from(node.0), run })
    }

    fn run(&self, chain: i64, id: i64, number: u32) -> ChainRun {
        ChainRun {
            id,
            chain,
            version: 1,
            number,
            // One more each time: a member of the other chain may come again.
            entry_key: format!("#{id}"),
            node: self.node,
            state: self.run.encode(),
            wake_at: self.run.wake(),
            revision: 1,
        }
    }

    /// The record of the step that led to the wait, as the worker writes it.
    fn first_step(&self, id: i64, number: u32) -> ChainStep {
        let record = json!({
            "node": "pause",
            "state": Run::begin(self.run.node, self.run.entered_at, false).encode(),
            "event": {"kind": "cart_abandoned", "at": self.run.entered_at,
                      "payload": {"cart": id, "total": "1240.00", "products": ["G1", "G2"]}},
            "facts": {"run": format!("chain/many/{id}"), "member": format!("m-{number}"), "zone": "UTC",
                      "dates": {}, "answers": {}},
            "answer": {"node": "pause", "state": self.run.encode(), "wake": self.run.wake(), "left": null,
                       "effects": []},
        });
        ChainStep {
            run: id,
            revision: 1,
            number,
            at: self.run.entered_at,
            version: 1,
            record: record.to_string(),
        }
    }
}

/// Members that the tills know.
async fn members(app: &App, count: u32) -> anyhow::Result<()> {
    let ids: Vec<String> = (0..count).map(|number| format!("m-{number}")).collect();
    for ids in ids.chunks(ROWS) {
        let row = |id: &String| MemberRow {
            id: id.clone(),
            profile: Some(MemberProfile::default()),
            attributes: vec![("email".to_owned(), Some(json!(format!("{id}@example.com")).to_string()))],
        };
        let rows: Vec<MemberRow> = ids.iter().map(row).collect();
        app.store.write_members(&rows, 1_800_000_000).await?;
        app.communications.number_members(ids).await?;
    }
    Ok(())
}

/// Bytes of a database in a file, to within its write-ahead log.
async fn bytes(app: &App, file: Option<&Path>) -> anyhow::Result<u64> {
    let Some(file) = file else { return Ok(0) };
    app.communications.shrink_log().await?;
    Ok(std::fs::metadata(file)?.len())
}
