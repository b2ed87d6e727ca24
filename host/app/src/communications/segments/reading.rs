//! The reader of the log: each event changes the facts that measures read of it, and the rules that read those.

use std::collections::{BTreeMap, BTreeSet};

use communications::segments::SOURCE;
use communications::segments::index::Changed;
use serde_json::Value;
use store::EventRow;

use super::batch::Batch;
use super::catalogue::Catalogue;
use super::profile;
use crate::error::Error;
use crate::state::App;

/// How far the log is read, by the name that the store moves with the work.
pub(super) const CURSOR: &str = "segments";
/// Events of one piece.
const EVENTS: i64 = 500;

/// Works out the next events. True if there were some.
pub(super) async fn step(app: &App, catalogue: &Catalogue) -> Result<bool, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    let events = app.communications.events_after(from, EVENTS).await?;
    let Some(last) = events.last() else { return Ok(false) };
    let to = last.seq;
    let concerned: Vec<(&EventRow, u32)> = events
        .iter()
        // Those are what has come of changes here.
        .filter(|event| event.source != SOURCE)
        .filter_map(|event| Some((event, event.number?)))
        .collect();
    let numbers: Vec<u32> =
        concerned.iter().map(|(_, number)| *number).collect::<BTreeSet<_>>().into_iter().collect();
    let ids = app.communications.members_of(&numbers).await?;
    let mut tills = BTreeMap::new();
    for member in ids {
        tills.insert(member.number, profile::read(app, &member.member_id).await?);
    }
    let mut batch = Batch::load(app, catalogue, &numbers, &[Changed::Member]).await?;
    for (event, number) in concerned {
        // One that was erased in the meantime.
        let Some(tills) = tills.get(&number) else { continue };
        let mut changes = batch.take(number, tills);
        changes.push(Changed::Event(event.kind.clone()));
        let payload: Value = match wire::json::parse(&event.payload) {
            Ok(payload) => payload,
            Err(_) => Value::Null,
        };
        for known in &catalogue.measures {
            if let Some(value) = known.measure.value_of(&event.kind, &payload) {
                batch.add_fact(number, &known.digest, event.seq, event.at, value);
            }
        }
        batch.propagate(number, &changes, &format!("e{}", event.seq))?;
    }
    let mut work = batch.finish();
    work.events_read = Some((from, to));
    app.communications.write_segment_work(&work).await?;
    Ok(true)
}
