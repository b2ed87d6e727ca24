//! Back-tests as jobs: a call starts one on its node, and its row in the database lets every node answer about it.

use std::time::Duration;

use domain::pos::is_within;
use serde_json::{Value, json};
use store::{Backtest as Record, BacktestEnd, BacktestState, SoldPeriod, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wire::backtest::{self, BacktestRequest, Selection};
use wire::json;

use super::candidate::{PlanComparison, refused};
use super::permits::AT_ONCE;
use super::run::{Backtest, Progress};
use crate::clock::now;
use crate::error::Error;
use crate::nodes;
use crate::outage::Outage;
use crate::state::App;

/// Time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// Back-tests that are listed at most.
const LISTED: i64 = 100;

/// Starts a back-test. An error with every problem of the request.
pub async fn start(app: &App, body: &Value) -> Result<Record, Error> {
    let BacktestRequest { edits, purchases } = backtest::parse(body).map_err(refused)?;
    let permit = app.backtests.take().ok_or_else(|| {
        let detail = format!("{AT_ONCE} back-tests run on this node already; wait for one to end");
        Error::State { code: "too_many_backtests", detail }
    })?;
    let live = nodes::serving(app).await?;
    let comparison = PlanComparison::build(app.source(), &live, &edits).await?;
    let selection = purchases;
    let purchases = select(&app.store, &selection).await?;
    let mut id = [0_u8; 10];
    getrandom::fill(&mut id).map_err(|error| Error::internal(&error))?;
    let record = Record {
        id: hex::encode(id),
        node: app.node.id.clone(),
        state: BacktestState::Running,
        request: body.to_string(),
        receipts: i64::try_from(purchases.len()).unwrap_or(i64::MAX),
        done: 0,
        report: None,
        detail: String::new(),
        created_at: now(),
        finished_at: None,
        silent_ms: 0,
    };
    app.store.add_backtest(&record).await?;
    let (app, id) = (app.clone(), record.id.clone());
    tokio::spawn(async move {
        let longest_outage = longest_outage(&app);
        work(&app, &id, Backtest { comparison, selection, purchases, longest_outage }).await;
        drop(permit);
    });
    Ok(record)
}

/// The most purchases that are looked through for those of some points of sale.
const LOOKED_THROUGH: usize = 200_000;

/// The ids of the purchases, newest first.
pub async fn select(store: &Store, selection: &Selection) -> Result<Vec<String>, Error> {
    let period = SoldPeriod {
        since: selection.from.unwrap_or(i64::MIN),
        until: selection.to.unwrap_or(i64::MAX),
        last: selection.last,
    };
    if selection.pos.is_empty() {
        return Ok(store.confirmed_purchases(period).await?);
    }
    let is_wanted = |request: &str| was_sold_within(request, &selection.pos);
    Ok(store.confirmed_purchases_of(period, &is_wanted, LOOKED_THROUGH).await?)
}

/// True if a receipt names one of these points of sale, or one below them.
fn was_sold_within(request: &str, places: &[String]) -> bool {
    let Ok(request) = json::parse(request) else { return false };
    let pos = match request.get("pos") {
        Some(Value::String(pos)) => pos.clone(),
        Some(Value::Number(pos)) => pos.to_string(),
        _ => return false,
    };
    places.iter().any(|place| is_within(&pos, place))
}

async fn work(app: &App, id: &str, backtest: Backtest) {
    let (done, receiver) = watch::channel(0);
    // Aborted with the set, also if this task fails: a back-test that nobody works on must fall silent.
    let mut reporting = JoinSet::new();
    reporting.spawn(report_progress(app.clone(), id.to_owned(), receiver));
    let mut progress = |progress: Progress| {
        // Fails only if the report of progress has ended.
        let _ = done.send(i64::try_from(progress.done).unwrap_or(i64::MAX));
    };
    let report = backtest.run(&app.store, &app.threads, &mut progress).await;
    let end = match report.map(|report| serde_json::to_string(&report)) {
        Ok(Ok(report)) => BacktestEnd::Done(report),
        Ok(Err(error)) => BacktestEnd::Failed(error.to_string()),
        Err(error) => BacktestEnd::Failed(error.to_string()),
    };
    if let BacktestEnd::Failed(detail) = &end {
        tracing::warn!(backtest = id, detail, "a back-test failed");
    }
    let mut outage = Outage::none_yet(longest_outage(app));
    while let Err(error) = app.store.end_backtest(id, &end, now()).await {
        if let Err(error) = outage.wait(error.into()).await {
            return tracing::warn!(backtest = id, %error, "could not store the end of a back-test");
        }
    }
}

fn longest_outage(app: &App) -> Duration {
    Duration::from_secs(app.config.nodes.outage_seconds)
}

/// Writes the progress of a back-test while it runs, also if tills leave it no time to go on.
async fn report_progress(app: App, id: String, progress: watch::Receiver<i64>) {
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        let done = *progress.borrow();
        if let Err(error) = app.store.note_backtest(&id, done).await {
            tracing::warn!(backtest = id, %error, "could not store the progress of a back-test");
        }
    }
}

/// Marks the back-tests of this node's last run as failed, before it takes others. With other nodes, they are recognised
/// by their silence.
pub async fn fail_interrupted(app: &App) {
    if app.store.is_shared() {
        return;
    }
    if let Err(error) = app.store.fail_backtests(0, "", GONE, now()).await {
        tracing::warn!(%error, "could not mark interrupted back-tests as failed yet");
    }
}

/// Marks the back-tests as failed whose nodes are gone. `heard_for` is the time for which this node has reached the
/// database without a break: during an outage nobody can be heard of.
pub async fn fail_lost(app: &App, heard_for: Duration) -> Result<(), Error> {
    let lost = Duration::from_secs(app.config.nodes.lost_seconds);
    if heard_for < lost {
        return Ok(());
    }
    let lost_ms = i64::try_from(lost.as_millis()).unwrap_or(i64::MAX);
    // A busy machine may leave this node no time to say that it works: it is not gone for that.
    let failed = app.store.fail_backtests(lost_ms, &app.node.id, GONE, now()).await?;
    if failed > 0 {
        tracing::warn!(failed, "back-tests have lost their nodes");
    }
    Ok(())
}

const GONE: &str = "the node that worked on it is gone; start it again";

/// The back-test with an id.
pub async fn find(app: &App, id: &str) -> Result<Record, Error> {
    let record = app.store.backtest(id).await?;
    record.ok_or_else(|| Error::NotFound(format!("back-test `{id}`")))
}

/// The latest back-tests, newest first.
pub async fn list(app: &App) -> Result<Vec<Record>, Error> {
    Ok(app.store.backtests(LISTED).await?)
}

/// The document of a back-test.
pub fn status(record: &Record) -> Result<Value, Error> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| Error::damaged("back-test"));
    let time = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).ok();
    let mut document = json!({
        "id": record.id,
        "state": record.state.name(),
        "node": record.node,
        "request": parsed(&record.request)?,
        "receipts": record.receipts,
        "done": record.done,
        "detail": record.detail,
        "report_url": format!("/v1/backtests/{}/report", record.id),
        "created_at": time(record.created_at),
        "finished_at": record.finished_at.and_then(time),
    });
    if let (Some(report), Some(fields)) = (&record.report, document.as_object_mut()) {
        fields.insert("report".to_owned(), parsed(report)?);
    }
    Ok(document)
}
