//! The round over all members: it finds what changes and nothing tells of, such as points that expire.

use std::time::{Duration, Instant};

use communications::segments::index::Changed;

use super::batch::Batch;
use super::catalogue::Catalogue;
use super::{place, profile};
use crate::error::Error;
use crate::state::App;

/// Members of one piece.
const MEMBERS: i64 = 500;

/// How far the round has come.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Id of the last member.
    after: String,
    /// The revision of the tills' members when it began; none before it has.
    revision: Option<i64>,
    /// When the last round ended; none before the first has.
    ended: Option<Instant>,
    /// It goes on without pauses, since others wait for its end.
    hurries: bool,
}

impl Round {
    /// True once this process has been over all members.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Goes on without pauses until it ends.
    pub(super) fn hurry(&mut self) {
        self.hurries = true;
    }

    /// The next step looks at the first members.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }
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

/// Looks at the next members, if it is time. True if some have changed, and so the next ones may have, or if it hurries.
pub(super) async fn step(app: &App, catalogue: &Catalogue, round: &mut Round) -> Result<bool, Error> {
    let every = Duration::from_secs(app.config.communications.segment_round_minutes.saturating_mul(60));
    if round.ended.is_some_and(|ended| ended.elapsed() < every) {
        return Ok(false);
    }
    let revision = match round.revision {
        Some(revision) => revision,
        None => app.store.members_revision().await?,
    };
    round.revision = Some(revision);
    let ids = app.store.member_ids_after(&round.after, MEMBERS).await?;
    let Some(last) = ids.last().cloned() else {
        place::looked_at_all(app, revision).await?;
        *round = Round { ended: Some(Instant::now()), ..Round::default() };
        return Ok(false);
    };
    let looked = look(app, catalogue, &ids).await?;
    if looked != Looked::Late {
        round.after = last;
    }
    Ok(looked != Looked::Same || round.hurries)
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
