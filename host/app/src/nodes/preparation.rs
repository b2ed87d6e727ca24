//! Preparation of a commit: every node loads the components that the next plan needs, so that the swap itself
//! takes no time on any node.

use std::collections::BTreeSet;
use std::time::Duration;

use store::Preparation;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::state::App;

/// The number of missed polls after which a node counts as down and is not waited for.
const POLLS_MISSED_MAX: u64 = 3;
/// Interval at which answers are read.
const ANSWERS_INTERVAL: Duration = Duration::from_millis(20);

/// Result of a preparation on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Id of the node.
    pub node: String,
    /// Address that it serves on.
    pub address: String,
    /// Its answer.
    pub state: ReadinessState,
}

/// Answer of a node to a preparation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadinessState {
    /// It has loaded the components.
    Ready,
    /// It cannot load them; the reason.
    Failed(String),
    /// It has not answered in time.
    Silent,
}

/// Loads components on this node, then on all other nodes that are alive. An error if this node cannot load
/// them; the answers of the others are returned.
pub async fn prepare(app: &App, digests: &BTreeSet<String>) -> Result<Vec<Readiness>, Error> {
    for digest in digests {
        app.registry.prepare(&app.store, digest).await?;
    }
    let own = Readiness {
        node: app.node.id.clone(),
        address: app.node.address.clone(),
        state: ReadinessState::Ready,
    };
    let mut all = vec![own];
    let silence = Duration::from_secs(app.config.nodes.poll_seconds.saturating_mul(POLLS_MISSED_MAX));
    let mut others = app.store.nodes().await?;
    others.retain(|node| {
        let silent = Duration::from_millis(u64::try_from(node.silent_ms).unwrap_or(0));
        node.id != app.node.id && silent <= silence
    });
    if others.is_empty() {
        return Ok(all);
    }
    let mut id = [0_u8; 8];
    getrandom::fill(&mut id).map_err(|error| Error::internal(&error))?;
    let id = hex::encode(id);
    let list = serde_json::to_string(digests).map_err(|error| Error::internal(&error))?;
    app.store.announce(&Preparation { id: id.clone(), digests: list }).await?;
    let until = Instant::now() + Duration::from_secs(app.config.nodes.prepare_seconds);
    let answers = loop {
        let answers = app.store.preparation_answers(&id).await?;
        let has_answered = |node: &str| answers.iter().any(|(known, _)| known == node);
        if others.iter().all(|node| has_answered(&node.id)) || Instant::now() >= until {
            break answers;
        }
        sleep(ANSWERS_INTERVAL).await;
    };
    app.store.end_preparation(&id).await?;
    all.extend(others.into_iter().map(|node| {
        let state = match answers.iter().find(|(known, _)| *known == node.id) {
            Some((_, None)) => ReadinessState::Ready,
            Some((_, Some(trouble))) => ReadinessState::Failed(trouble.clone()),
            None => ReadinessState::Silent,
        };
        Readiness { node: node.id, address: node.address, state }
    }));
    Ok(all)
}

/// Loads the components of all preparations that other nodes have announced, and answers them.
pub async fn answer_all(app: &App) -> Result<(), Error> {
    for preparation in app.store.preparations_for(&app.node.id).await? {
        let trouble = load_all(app, &preparation).await.err();
        app.store.answer_preparation(&preparation.id, &app.node.id, trouble.as_deref()).await?;
    }
    Ok(())
}

async fn load_all(app: &App, preparation: &Preparation) -> Result<(), String> {
    let digests: Vec<String> =
        serde_json::from_str(&preparation.digests).map_err(|error| error.to_string())?;
    for digest in digests {
        app.registry.prepare(&app.store, &digest).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
