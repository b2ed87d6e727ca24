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
/// Who tells of members that are no more.
const MEMBERS: &str = "members";

/// Works out the next events. True if there were some.
pub(super) async fn step(app: &App, catalogue: &Catalogue) -> Result<bool, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    let events = app.communications.events_after(from, EVENTS).await?;
    let Some(last) = events.last() else { return Ok(false) };
    let to = last.seq;
    // Those of segments are what has come of changes here.
    let read: Vec<(&EventRow, Value)> = events
        .iter()
        .filter(|event| event.source != SOURCE)
        .map(|event| (event, wire::json::parse(&event.payload).unwrap_or_default()))
        .collect();
    let concerned = read.iter().flat_map(|(event, payload)| [event.number, gone(event, payload)]);
    let numbers: Vec<u32> = concerned.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let gone_numbers: BTreeSet<u32> =
        read.iter().filter_map(|(event, payload)| gone(event, payload)).collect();
    let mut tills = profile::read(app, &numbers).await?;
    tills.retain(|number, _| !gone_numbers.contains(number));
    let mut batch = Batch::load_members(app, catalogue, &numbers).await?;
    let mut taken: BTreeMap<u32, Vec<Changed>> =
        tills.iter().map(|(number, tills)| (*number, batch.take(*number, tills))).collect();
    let kinds = read.iter().map(|(event, _)| Changed::Event(event.kind.clone()));
    // Whoever is no more is taken out of all segments.
    let of_gone = (!gone_numbers.is_empty()).then_some(Changed::Member);
    let reaching: Vec<Changed> = taken.values().flatten().cloned().chain(kinds).chain(of_gone).collect();
    batch.load_parts(app, &reaching).await?;
    for (event, payload) in &read {
        let gone = gone(event, payload);
        if let Some(gone) = gone {
            batch.clear(gone);
        }
        let Some(number) = event.number else { continue };
        // One that was erased in the meantime.
        if !tills.contains_key(&number) {
            continue;
        }
        // With the first of its events.
        let mut changes = taken.remove(&number).unwrap_or_default();
        if gone.is_some() {
            // What was the other one's is its own now.
            changes.extend(batch.rework(number));
        }
        changes.push(Changed::Event(event.kind.clone()));
        for known in &catalogue.measures {
            if let Some(value) = known.measure.value_of(&event.kind, payload) {
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

/// The number that nobody has any more since an event: of a member that was erased, or merged into another one.
fn gone(event: &EventRow, payload: &Value) -> Option<u32> {
    if event.source != MEMBERS {
        return None;
    }
    let number = payload.get("from").or_else(|| payload.get("number"))?.as_u64()?;
    u32::try_from(number).ok()
}
