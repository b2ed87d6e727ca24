//! Back-tests of a node: begun by a call, and kept so that any node can answer.

use std::time::Duration;

use serde_json::{Value, json};
use store::{Backtest as Record, BacktestEnd, BacktestState, SoldPeriod, Store};
use tokio::sync::watch;
use wire::backtest::{self, BacktestRequest, Selection};

use super::candidate::{Candidate, refused};
use super::limit::AT_ONCE;
use super::run::{Backtest, Progress};
use crate::clock::now;
use crate::error::Error;
use crate::nodes;
use crate::state::App;

/// How often a node says that it is still at work.
const HEARD_EVERY: Duration = Duration::from_secs(1);
/// A node that says nothing for so long is gone.
const SILENT_MAX_MS: i64 = 20_000;
/// So many are listed.
const LISTED: i64 = 100;

/// Begins a back-test. Everything that can be wrong with it is said at once.
pub async fn start(app: &App, body: &Value) -> Result<Record, Error> {
    let BacktestRequest { edits, purchases } = backtest::parse(body).map_err(refused)?;
    let permit = app.backtests.take().ok_or_else(|| {
        let detail = format!("{AT_ONCE} back-tests run on this node already; wait for one to end");
        Error::State { code: "too_many_backtests", detail }
    })?;
    let live = nodes::serving(app).await?;
    let candidate = Candidate::build(app.source(), &live, &edits).await?;
    let purchases = select(&app.store, purchases).await?;
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
        work(&app, &id, Backtest { candidate, purchases }).await;
        drop(permit);
    });
    Ok(record)
}

/// The ids of the purchases, newest first.
pub async fn select(store: &Store, selection: Selection) -> Result<Vec<String>, Error> {
    let period = SoldPeriod {
        since: selection.from.unwrap_or(i64::MIN),
        until: selection.to.unwrap_or(i64::MAX),
        last: selection.last,
    };
    Ok(store.confirmed_purchases(period).await?)
}

async fn work(app: &App, id: &str, backtest: Backtest) {
    let (far, how_far) = watch::channel(0);
    let telling = tokio::spawn(tell(app.clone(), id.to_owned(), how_far));
    let mut progress = |progress: Progress| {
        // Whoever tells it ends last.
        let _ = far.send(i64::try_from(progress.done).unwrap_or(i64::MAX));
    };
    let report = backtest.run(&app.store, &app.threads, &mut progress).await;
    telling.abort();
    let end = match report.map(|report| serde_json::to_string(&report)) {
        Ok(Ok(report)) => BacktestEnd::Done(report),
        Ok(Err(error)) => BacktestEnd::Failed(error.to_string()),
        Err(error) => BacktestEnd::Failed(error.to_string()),
    };
    if let BacktestEnd::Failed(detail) = &end {
        tracing::warn!(backtest = id, detail, "a back-test failed");
    }
    if let Err(error) = app.store.end_backtest(id, &end, now()).await {
        tracing::warn!(backtest = id, %error, "the end of a back-test is lost");
    }
}

/// Says that this node is at work, also while tills leave it no time.
async fn tell(app: App, id: String, how_far: watch::Receiver<i64>) {
    loop {
        tokio::time::sleep(HEARD_EVERY).await;
        let done = *how_far.borrow();
        if let Err(error) = app.store.note_backtest(&id, done).await {
            tracing::warn!(backtest = id, %error, "how far a back-test is cannot be said");
        }
    }
}

/// Whatever a node that is alone was at work on when it ended, it is not any more.
pub async fn fail_what_was_begun(app: &App) {
    if app.store.is_shared() {
        return;
    }
    if let Err(error) = app.store.fail_backtests(GONE, now()).await {
        tracing::warn!(%error, "back-tests that were cut off seem to run");
    }
}

const GONE: &str = "the node that worked on it is gone; start it again";

/// The back-test with an id, as it is now.
pub async fn find(app: &App, id: &str) -> Result<Record, Error> {
    let record = app.store.backtest(id).await?;
    record.map(judged).ok_or_else(|| Error::NotFound(format!("back-test `{id}`")))
}

/// The latest ones, newest first.
pub async fn list(app: &App) -> Result<Vec<Record>, Error> {
    Ok(app.store.backtests(LISTED).await?.into_iter().map(judged).collect())
}

fn judged(mut record: Record) -> Record {
    if record.state == BacktestState::Running && record.silent_ms > SILENT_MAX_MS {
        record.state = BacktestState::Failed;
        GONE.clone_into(&mut record.detail);
    }
    record
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
