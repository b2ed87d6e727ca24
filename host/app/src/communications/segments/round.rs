//! The round over all members: it finds what changes without an event, such as attributes that were imported.

use std::time::{Duration, Instant};

use communications::segments::index::Changed;

use super::batch::Batch;
use super::catalogue::Catalogue;
use super::profile;
use crate::error::Error;
use crate::state::App;

/// Members of one piece.
const MEMBERS: i64 = 500;

/// How far the round has come.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Id of the last member.
    after: String,
    /// When the last round ended; none before the first has.
    ended: Option<Instant>,
}

/// What looking at members has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Nothing has changed.
    Same,
    /// What has changed is written.
    Written,
    /// Somebody else has written in between.
    Late,
}

/// Looks at the next members, if it is time. True if some have changed, and so the next ones may have.
pub(super) async fn step(app: &App, catalogue: &Catalogue, round: &mut Round) -> Result<bool, Error> {
    let every = Duration::from_secs(app.config.communications.segment_round_minutes.saturating_mul(60));
    if round.ended.is_some_and(|ended| ended.elapsed() < every) {
        return Ok(false);
    }
    let ids = app.store.member_ids_after(&round.after, MEMBERS).await?;
    let Some(last) = ids.last().cloned() else {
        *round = Round { after: String::new(), ended: Some(Instant::now()) };
        return Ok(false);
    };
    let looked = look(app, catalogue, &ids).await?;
    if looked != Looked::Late {
        round.after = last;
    }
    Ok(looked != Looked::Same)
}

/// Works out the segments of members that have changed.
pub(super) async fn look(app: &App, catalogue: &Catalogue, ids: &[String]) -> Result<Looked, Error> {
    let numbers = app.communications.number_members(ids).await?;
    let tills = profile::read(app, &numbers).await?;
    let mut batch = Batch::load(app, catalogue, &numbers, &[Changed::Member]).await?;
    let mut has_changed = false;
    for (number, tills) in &tills {
        let number = *number;
        let changes = batch.take(number, tills);
        if !changes.is_empty() {
            has_changed = true;
            batch.propagate(number, &changes, &format!("r{}", catalogue.state))?;
        }
    }
    if !has_changed {
        return Ok(Looked::Same);
    }
    let is_written = app.communications.write_segment_work(&batch.finish()).await?;
    Ok(if is_written { Looked::Written } else { Looked::Late })
}
