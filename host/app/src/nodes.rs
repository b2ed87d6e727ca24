//! Keeps the nodes of one database on the same plan.
//!
//! A plan is a function of a committed revision. A notification from the database makes a node read the
//! latest revision at once; it reads it every few seconds anyway. A node that has not done so for longer than
//! its lease, because it was stopped or cannot reach the database, does so before it prices the next receipt.
//! A node that cannot build the latest plan serves none.

pub mod preparation;
pub mod status;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::{NodeRecord, StoreError};

use crate::clock;
use crate::error::Error;
use crate::live::source::SourceError;
use crate::live::{self, Live};
use crate::mechanics::registry::LoadError;
use crate::state::App;

/// Pause before the node listens for notifications again.
const LISTEN_PAUSE: Duration = Duration::from_secs(1);

/// The plans to price with: the latest, or those of the lease. [`Error::Fenced`] if this node cannot build
/// the latest.
pub async fn serving(app: &App) -> Result<Arc<Live>, Error> {
    if !app.node.has_lease(lease(app)) {
        app.node.share(lease(app), catch_up_locked(app)).await?;
    }
    match app.node.trouble() {
        Some(trouble) => Err(Error::Fenced(trouble.to_string())),
        None => Ok(app.live.load_full()),
    }
}

fn lease(app: &App) -> Duration {
    Duration::from_secs(app.config.nodes.lease_seconds)
}

/// Makes the latest revision live. If it cannot be built, this node is fenced until it, or a later one, can
/// be built.
pub async fn catch_up(app: &App) -> Result<(), Error> {
    app.node.alone(catch_up_locked(app)).await
}

/// As [`catch_up`], within an attempt of the node's status: one at a time.
async fn catch_up_locked(app: &App) -> Result<(), Error> {
    let asked_at = app.node.now_ms();
    let revision = app.store.plan_revision().await?;
    let live = app.live.load_full();
    if revision > live.revision {
        match app.source().live_at(revision, Some(live)).await {
            Ok(live) => make_live(app, &live).await,
            // The plan may be as good as the one before: the database is asked again.
            Err(SourceError::Store(error) | SourceError::Load(LoadError::Store(error)))
                if matches!(error, StoreError::Unavailable { .. }) =>
            {
                return Err(error.into());
            }
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

/// Makes plans live, unless later ones are. What only plans before them need goes with the last receipt that uses it.
pub async fn make_live(app: &App, next: &Arc<Live>) {
    live::swap(&app.live, next);
    let live = app.live.load_full();
    // Late receipts are priced beside the live plan.
    app.past.lock().await.retain(|(today, _), _| *today == live.revision);
    app.registry.let_go(&live.parts.lineup);
}

/// Follows the other nodes, for as long as the service runs.
pub async fn run(app: App) {
    if app.config.nodes.notify {
        tokio::spawn(listen(app.clone()));
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(app.config.nodes.poll_seconds));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut reported = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.node.notification.notified() => {}
        }
        if let Err(error) = synchronize(&app, &mut reported).await {
            tracing::warn!(%error, "the database does not answer");
        }
    }
}

/// Removes this node from the list of nodes, when it stops.
pub async fn leave(app: &App) {
    if let Err(error) = app.store.leave(&app.node.id).await {
        tracing::warn!(%error, "cannot tell the other nodes that this one stops");
    }
}

/// Answers preparations, makes the latest revision live, and reports this node to the others. `reported` is
/// the record that was written last.
async fn synchronize(app: &App, reported: &mut Option<NodeRecord>) -> Result<(), Error> {
    // First the preparations, because other nodes wait for the answer.
    preparation::answer_all(app).await?;
    catch_up(app).await?;
    clock::follow(&app.store).await?;
    let record = NodeRecord {
        id: app.node.id.clone(),
        address: app.node.address.clone(),
        revision: app.live.load().revision,
        trouble: app.node.trouble().map(|trouble| trouble.to_string()),
        silent_ms: 0,
    };
    // Without other nodes there is nobody to show that this one is alive: only changes are written.
    if app.store.is_shared() || reported.as_ref() != Some(&record) {
        app.store.beat(&record).await?;
        app.store.forget_silent_nodes().await?;
        *reported = Some(record);
    }
    Ok(())
}

/// Listens for notifications from the database, for as long as the service runs.
async fn listen(app: App) {
    let notify = || app.node.notification.notify_one();
    loop {
        if let Err(error) = app.store.listen(&notify).await {
            tracing::warn!(%error, "no notifications from the database; this node goes on polling");
        }
        tokio::time::sleep(LISTEN_PAUSE).await;
    }
}
