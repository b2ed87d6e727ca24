//! Members that the tills have changed without an event: imports, states, attributes, mergers. They are found by the
//! revision of their change, so that nobody else is looked at, and each change counts within a moment.

use std::time::{Duration, Instant};

use store::MemberPlace;

use super::super::mergers;
use super::catalogue::Catalogue;
use super::round::{self, Looked, Round};
use super::{place, reading};
use crate::error::Error;
use crate::state::App;

/// Members of one piece.
const MEMBERS: i64 = 500;
/// Time between two looks at how far the work is.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Works out the next members who have changed. True if there were some.
pub(super) async fn step(app: &App, now: i64, round: &mut Round) -> Result<bool, Error> {
    let from = place::reached(app).await?;
    if from.revision == 0 && !round.has_ended() {
        // Nothing is known of anybody: the round looks at all.
        round.hurry();
        return Ok(false);
    }
    if from.revision > app.store.revision().await?.saturating_add(1) {
        // The database of tills was restored, and is back at an earlier revision.
        round.begin_anew();
        place::move_on(app, from.revision, MemberPlace::default()).await?;
        return Ok(true);
    }
    let Some(mut changed) = app.store.changed_members(&from, MEMBERS).await? else { return Ok(false) };
    // Those who were merged into others are told of by the log.
    let merged = app.store.survivors(&changed.ids).await?;
    changed.ids.retain(|id| !merged.contains_key(id));
    if !changed.ids.is_empty() {
        let catalogue = Catalogue::load(app, now).await?;
        if round::look(app, &catalogue, &changed.ids).await? == Looked::Late {
            return Ok(true);
        }
    }
    place::move_on(app, from.revision, changed.next).await?;
    Ok(true)
}

/// Waits until rules know of all that was told before: of members in the database of tills, and in the log. False if that
/// takes longer than so many milliseconds.
pub async fn worked_in(app: &App, within_ms: u64) -> Result<bool, Error> {
    let began = Instant::now();
    let within = Duration::from_millis(within_ms);
    let revision = app.store.members_revision().await?;
    let mut last_event = None;
    app.hint.give();
    loop {
        // Mergers become events of the log.
        if last_event.is_none() && mergers::are_followed(app, revision).await? {
            last_event = Some(app.communications.last_event().await?);
        }
        if let Some(last_event) = last_event
            && app.communications.cursor(reading::CURSOR).await? >= last_event
            && place::reached(app).await?.revision > revision
        {
            return Ok(true);
        }
        if began.elapsed() >= within {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
