//! Messages that were left for tills: telling what became of them, and taking them back.

use std::collections::BTreeSet;

use communications::policy::{ConsentState, Skip, SuppressionScope, allowed};
use store::{Cursor, EndedTillMessage, MessageChange, MessageRow};

use super::changes::{event, settled};
use crate::communications::workers::Step;
use crate::communications::{consents, people, receipts, suppressions};
use crate::error::Error;
use crate::state::App;

/// Messages of one step at most.
const BATCH: i64 = 200;
/// Events of one step at most.
const EVENTS: i64 = 500;
/// Name of the cursor that follows answers of members.
const CURSOR: &str = "messages at tills";

/// Notes which messages were given with a confirmed purchase, and which have found no receipt in time.
pub async fn step(app: App) -> Result<Step, Error> {
    let ended = app.store.ended_till_messages(app.store.now().await?, BATCH).await?;
    let mut told = Vec::new();
    let mut late = Vec::new();
    for EndedTillMessage { id, delivered } in ended {
        let message = app.communications.message(&id).await?;
        // What is not known to be handed over yet is about to be, or is handed over again: then it must be found here.
        let is_open =
            |message: &MessageRow| ["planned", "held", "attempting"].contains(&message.state.as_str());
        if message.as_ref().is_some_and(is_open) {
            continue;
        }
        match (message, delivered) {
            (Some(message), Some((purchase, at))) => {
                receipts::delivered_at_the_till(&app, &message, &purchase, at).await?;
            }
            (Some(message), None) => late.push(message),
            (None, _) => {}
        }
        told.push(id);
    }
    drop_all(&app, late, Skip::TooLate).await?;
    app.store.remove_till_messages(&told).await?;
    Ok(if told.is_empty() { Step::Idle } else { Step::Worked })
}

/// Takes back what waits for the next receipts of members who have said no to it since, or are not written to any more.
pub async fn heed(app: App) -> Result<Step, Error> {
    let from = app.communications.cursor(CURSOR).await?;
    let events = app.communications.events_after(from, EVENTS).await?;
    let Some(last) = events.last() else { return Ok(Step::Idle) };
    let to = Cursor { position: last.seq, mark: String::new() };
    let said_no = events
        .iter()
        .filter(|event| event.kind == "consent_withdrawn" || event.kind == suppressions::SUPPRESSED);
    let numbers: BTreeSet<u32> = said_no.filter_map(|event| event.number).collect();
    if !numbers.is_empty() {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        let people = people::of(&app, &numbers).await?;
        let members: Vec<String> = people.into_iter().map(|profile| profile.id).collect();
        take_back(&app, &members).await?;
    }
    app.communications.append_events_of(&[], CURSOR, from, &to).await?;
    let is_more = i64::try_from(events.len()).is_ok_and(|read| read == EVENTS);
    Ok(if is_more { Step::Worked } else { Step::Idle })
}

async fn take_back(app: &App, members: &[String]) -> Result<(), Error> {
    let waiting = app.store.waiting_till_messages(members).await?;
    let mut unwanted: Vec<(MessageRow, Skip)> = Vec::new();
    for id in waiting {
        let Some(message) = app.communications.message(&id).await? else { continue };
        if let Some(why) = forbidden(app, &message).await? {
            unwanted.push((message, why));
        }
    }
    let ids: Vec<String> = unwanted.iter().map(|(message, _)| message.id.clone()).collect();
    let taken = app.store.take_back_till_messages(&ids).await?;
    for why in [Skip::Suppressed, Skip::ConsentWithdrawn] {
        let of_reason = unwanted.iter().filter(|(message, of)| *of == why && taken.contains(&message.id));
        drop_all(app, of_reason.map(|(message, _)| message.clone()).collect(), why).await?;
    }
    Ok(())
}

/// Why a message that waits may not be given any more.
async fn forbidden(app: &App, message: &MessageRow) -> Result<Option<Skip>, Error> {
    let Ok(number) = u32::try_from(message.number) else { return Ok(None) };
    let is_marketing = message.category == "marketing";
    let listed = app.communications.suppressions_of(&[number], &[]).await?;
    let scopes = suppressions::scopes(&listed, &message.channel);
    if scopes.iter().any(|scope| is_marketing || *scope == SuppressionScope::All) {
        return Ok(Some(Skip::Suppressed));
    }
    let said = consents::of_members(app, &[number]).await?;
    let said = said.get(&number).map(Vec::as_slice).unwrap_or_default();
    let state = allowed(said, &message.channel, &message.topic);
    Ok((is_marketing && state == Some(ConsentState::Withdrawn)).then_some(Skip::ConsentWithdrawn))
}

/// Notes that messages will not be given.
async fn drop_all(app: &App, messages: Vec<MessageRow>, why: Skip) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let now = app.communications.now_ms().await?;
    let dropped = messages.iter().map(|message| MessageChange {
        event: Some(event(message, "message_skipped", why.code(), now)),
        ..settled(message, "skipped", why.code(), None)
    });
    let dropped: Vec<MessageChange> = dropped.collect();
    app.communications.take_back_messages(&dropped, now).await?;
    Ok(())
}
