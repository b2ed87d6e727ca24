//! The round over all members: it finds what changes without an event, such as attributes that were imported.

use std::time::{Duration, Instant};

use communications::segments::index::Changed;

use super::batch::Batch;
use super::catalogue::Catalogue;
use super::profile;
use crate::error::Error;
use crate::state::App;

/// Members of one piece.
const MEMBERS: i64 = 200;

/// How far the round has come.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Id of the last member.
    after: String,
    /// When the last round ended; none before the first has.
    ended: Option<Instant>,
}

/// Looks at the next members, if it is time.
pub(super) async fn step(app: &App, catalogue: &Catalogue, round: &mut Round) -> Result<(), Error> {
    let every = Duration::from_secs(app.config.communications.segment_round_minutes.saturating_mul(60));
    if round.ended.is_some_and(|ended| ended.elapsed() < every) {
        return Ok(());
    }
    let ids = app.store.member_ids_after(&round.after, MEMBERS).await?;
    let Some(last) = ids.last().cloned() else {
        *round = Round { after: String::new(), ended: Some(Instant::now()) };
        return Ok(());
    };
    if look(app, catalogue, &ids).await? {
        round.after = last;
    }
    Ok(())
}

/// Works out the segments of members that have changed. False if somebody else has written in between.
pub(super) async fn look(app: &App, catalogue: &Catalogue, ids: &[String]) -> Result<bool, Error> {
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
        return Ok(true);
    }
    Ok(app.communications.write_segment_work(&batch.finish()).await?)
}
