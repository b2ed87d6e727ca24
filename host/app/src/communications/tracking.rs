//! What people do with messages: links that they follow, pictures that their programs load, and the page on which they end
//! messages. Only a form that is sent, or the one click of RFC 8058, ends anything: scanners open every address.

pub mod judge;

use std::net::IpAddr;

use communications::policy::{Consent, ConsentState};
use communications::tokens::{Purpose, Token};
use communications::verdict::{NetworkKind, Networks, network};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{HitRow, JudgedHits, MessageRow, NewEvent, Reaction, Subject};

use super::channels::links;
use super::consents::{self, Answer};
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Source of the events about messages.
pub(super) const SOURCE: &str = "messages";
/// Rows of each table that one step removes.
const SWEPT: i64 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Stands for every channel or topic.
const ANY: &str = "*";
/// Actor of answers that are given by links.
const ACTOR: &str = "link";

/// A request for a link or a picture.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// True for the method `HEAD`.
    pub is_head: bool,
    /// The address that it came from, if it is known. It is looked up and not kept.
    pub address: Option<IpAddr>,
    /// The name of the program.
    pub program: String,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// To this address.
    To(String),
    /// Nowhere: people do not see this link.
    Nowhere,
}

/// What the page that ends messages is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Name of the channel.
    pub channel: String,
    /// Name of the topic; empty if there is none.
    pub topic: String,
}

/// Follows a link.
pub async fn follow(app: &App, token: &str, visit: &Visit) -> Result<Followed, Error> {
    let Token { message_id, link } =
        links::read_token(app, Purpose::Click, token).await?.ok_or_else(unknown)?;
    let found = app.communications.links_of(&message_id).await?.ok_or_else(unknown)?;
    let urls = links::urls(&found)?;
    let place = usize::from(link).checked_sub(1);
    let url = place.and_then(|place| urls.get(place)).ok_or_else(unknown)?;
    note(app, &message_id, found.number, i64::from(link), visit).await?;
    Ok(if url.is_empty() { Followed::Nowhere } else { Followed::To(url.clone()) })
}

/// Notes that a picture was loaded. A token that is wrong is no error: a mail program would show a broken picture.
pub async fn opened(app: &App, token: &str, visit: &Visit) -> Result<(), Error> {
    let Some(token) = links::read_token(app, Purpose::Open, token).await? else { return Ok(()) };
    let Some(message) = app.communications.message(&token.message_id).await? else { return Ok(()) };
    note(app, &message.id, message.number, 0, visit).await
}

/// What a link that ends messages is about.
pub async fn ending(app: &App, token: &str) -> Result<Ending, Error> {
    let message = message_of(app, token).await?;
    Ok(Ending { channel: message.channel, topic: message.topic })
}

/// Ends messages: of the message's topic on its channel, or all on its channel.
pub async fn end(app: &App, token: &str, all: bool) -> Result<Ending, Error> {
    let message = message_of(app, token).await?;
    let number = number(&message)?;
    let topic = if all || message.topic.is_empty() { ANY } else { &message.topic };
    let now = app.communications.now_ms().await?;
    let given = consents::of_members(app, &[number]).await?.remove(&number).unwrap_or_default();
    let answer = Answer {
        channel: message.channel.clone(),
        topic: topic.to_owned(),
        state: ConsentState::Withdrawn,
        // After all that was agreed to, also by a clock that is ahead.
        at: given.iter().map(|given| given.at.saturating_add(1)).fold(now, i64::max),
        source: format!("message {}", message.id),
        text_version: String::new(),
    };
    if !is_withdrawn(&given, &answer) {
        consents::answer(app, number, answer, ACTOR).await?;
    }
    let id = format!("unsubscribed/{}/{topic}", message.id);
    let event = event(&message, &id, "message_unsubscribed", now, json!({"topic": topic}));
    let judged = JudgedHits {
        message_id: message.id.clone(),
        ids: Vec::new(),
        reactions: vec![(Reaction::Unsubscribed, now)],
        events: vec![event],
    };
    app.communications.write_judged(&judged).await?;
    Ok(Ending { channel: message.channel, topic: topic.to_owned() })
}

/// Removes links and what has come of them when they are older than a setting says.
pub async fn sweep(app: App) -> Result<Step, Error> {
    let days = app.config.communications.links_days;
    let before = app.communications.now_ms().await?.saturating_sub(days.saturating_mul(DAY_MS));
    let removed = app.communications.sweep_channels(before, SWEPT).await?;
    Ok(if removed > 0 { Step::Worked } else { Step::Idle })
}

/// True if the member's latest answer about this channel and topic is that already: an address that is opened again and
/// again adds nothing.
fn is_withdrawn(given: &[Consent], answer: &Answer) -> bool {
    let same = given.iter().filter(|known| known.channel == answer.channel && known.topic == answer.topic);
    same.max_by_key(|known| known.at).is_some_and(|known| known.state == ConsentState::Withdrawn)
}

async fn message_of(app: &App, token: &str) -> Result<MessageRow, Error> {
    let token = links::read_token(app, Purpose::Unsubscribe, token).await?.ok_or_else(unknown)?;
    app.communications.message(&token.message_id).await?.ok_or_else(unknown)
}

/// Notes a request, to be judged a little later with what follows it.
async fn note(app: &App, message_id: &str, number: i64, link: i64, visit: &Visit) -> Result<(), Error> {
    let settings = &app.config.communications;
    let at = app.communications.now_ms().await?;
    // The same request within a second is a program that asks twice.
    let named = json!([message_id, link, visit.is_head, at.div_euclid(1_000)]).to_string();
    let mut id = hex::encode(Sha256::digest(named));
    id.truncate(32);
    let network = network(&Networks::well_known(), visit.address, &visit.program);
    let hit = HitRow {
        id,
        message_id: message_id.to_owned(),
        number,
        link,
        is_head: visit.is_head,
        at,
        network: network.map(network_name).unwrap_or_default().to_owned(),
        judge_at: Some(at.saturating_add(settings.judge_after_ms)),
    };
    app.communications.note_hit(&hit, settings.hits_per_message).await?;
    Ok(())
}

/// The event of a message.
pub(super) fn event(
    message: &MessageRow,
    id: &str,
    kind: &str,
    at: i64,
    more: serde_json::Value,
) -> NewEvent {
    let mut payload = json!({
        "message": message.id,
        "channel": message.channel,
        "cause": message.cause,
        "topic": message.topic,
        "template": message.template,
    });
    if let (Some(payload), serde_json::Value::Object(more)) = (payload.as_object_mut(), more) {
        payload.extend(more);
    }
    let subject = u32::try_from(message.number).map_or(Subject::Nobody, Subject::Number);
    NewEvent {
        source: SOURCE.to_owned(),
        id: id.to_owned(),
        subject,
        kind: kind.to_owned(),
        at,
        received_at: at,
        payload: payload.to_string(),
    }
}

fn number(message: &MessageRow) -> Result<u32, Error> {
    u32::try_from(message.number).map_err(|_| Error::damaged(&format!("message {}", message.id)))
}

fn network_name(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Proxy => "proxy",
        NetworkKind::Scanner => "scanner",
    }
}

fn unknown() -> Error {
    Error::Unknown {
        code: "unknown_link",
        what: "such link: it is wrong, or its message is no longer kept".to_owned(),
    }
}
