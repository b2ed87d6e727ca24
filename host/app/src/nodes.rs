//! Many nodes, one truth: each node follows what the database says, and serves nothing that it cannot
//! be sure of.
//!
//! A plan is a function of a committed revision. A hint from the database makes a node look at once;
//! it looks every few seconds anyway. A node that has not looked for longer than its lease looks before
//! it prices the next receipt: it was stopped, or cannot reach the database. One that cannot build the
//! latest plan serves none.

pub mod preparation;
pub mod status;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::NodeRecord;

use crate::error::Error;
use crate::live::{self, Live};
use crate::state::App;

/// How long to wait before the database is asked again for hints.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The plans to price with: the latest, as far as the lease goes.
pub async fn serving(app: &App) -> Result<Arc<Live>, Error> {
    if !app.node.is_sure(Duration::from_secs(app.config.nodes.lease_seconds)) {
        // Another receipt may have looked while this one waited.
        catch_up(app).await?;
    }
    match app.node.trouble() {
        Some(trouble) => Err(Error::Fenced(trouble.to_string())),
        None => Ok(app.live.load_full()),
    }
}

/// Makes the latest revision live. If it cannot be built, nothing is served until it can, or until a
/// later one can.
pub async fn catch_up(app: &App) -> Result<(), Error> {
    let _alone = app.node.catching_up.lock().await;
    let asked_at = app.node.now_ms();
    let revision = app.store.plan_revision().await?;
    let live = app.live.load_full();
    if revision > live.revision {
        match app.source().live_at(revision, Some(live)).await {
            Ok(live) => live::swap(&app.live, &live),
            Err(error) => {
                tracing::error!(revision, %error, "this node cannot build the latest plan, and serves none");
                app.node.trouble.store(Some(Arc::new(format!("revision {revision}: {error}"))));
                app.node.confirmed_ms.store(asked_at, Ordering::Release);
                return Ok(());
            }
        }
    }
    if app.node.trouble.swap(None).is_some() {
        tracing::info!(revision, "this node serves again");
    }
    app.node.confirmed_ms.store(asked_at, Ordering::Release);
    Ok(())
}

/// Follows the other nodes, for as long as the service runs.
pub async fn run(app: App) {
    if app.config.nodes.notify {
        tokio::spawn(listen(app.clone()));
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(app.config.nodes.poll_seconds));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut said = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.node.heard.notified() => {}
        }
        if let Err(error) = look(&app, &mut said).await {
            tracing::warn!(%error, "the database does not answer");
        }
    }
}

/// Says that this node goes.
pub async fn leave(app: &App) {
    if let Err(error) = app.store.leave(&app.node.id).await {
        tracing::warn!(%error, "the other nodes were not told");
    }
}

async fn look(app: &App, said: &mut Option<NodeRecord>) -> Result<(), Error> {
    // What others wait for comes first.
    preparation::get_ready(app).await?;
    catch_up(app).await?;
    let record = NodeRecord {
        id: app.node.id.clone(),
        address: app.node.address.clone(),
        revision: app.live.load().revision,
        trouble: app.node.trouble().map(|trouble| trouble.to_string()),
        silent_ms: 0,
    };
    // Where nobody else listens, only news are worth a write.
    if app.store.is_shared() || said.as_ref() != Some(&record) {
        app.store.beat(&record).await?;
        app.store.forget_silent_nodes().await?;
        *said = Some(record);
    }
    Ok(())
}

async fn listen(app: App) {
    let heard = || app.node.heard.notify_one();
    loop {
        if let Err(error) = app.store.listen(&heard).await {
            tracing::warn!(%error, "no hints from the database; looking every few seconds goes on");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}
