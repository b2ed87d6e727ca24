//! What providers report of messages: delivery, bounces, complaints, answers. A report is taken once by its id, in
//! whatever order reports come, and only from who proves to be the provider.

mod read;

use communications::policy::{ConsentState, SuppressionScope};
use communications::receipts::{Consequence, Report, SOFT_BOUNCES_MAX};
use communications::severity::Status;
use serde_json::json;
use store::{
    AddressEffect, MessageRow, NewReceipt, NewSuppression, Reaction, ReceiptEffect, Suppressed, till_id,
};

use self::read::{Known, Reported};
use super::channels::{self, Channel, Reports, secrets};
use super::consents::{self, Answer};
use super::outbox::recipients;
use super::people;
use super::suppressions::{self, Told};
use super::tracking::event;
use crate::error::Error;
use crate::state::App;

pub use self::read::Format;

/// What became of the reports of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many there were.
    pub reports: usize,
    /// How many of them are new.
    pub taken: usize,
    /// How many were taken before.
    pub repeated: usize,
    /// How many are about no message of ours.
    pub unknown: usize,
    /// What is wrong with others, by their places: they cost only themselves.
    pub refused: Vec<(usize, String)>,
}

/// Takes the reports of a call. `header` gives the value of a header by its name.
pub async fn take(
    app: &App,
    channel: &str,
    format: Format,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
) -> Result<Taken, Error> {
    let channel = channels::find(app, channel).await?;
    let Some(reports) = &channel.receipts else {
        let detail = format!(
            "channel `{}` takes no reports: put it with `receipts`, which says how the provider proves that it calls",
            channel.name
        );
        return Err(Error::State { code: "receipts_not_set_up", detail });
    };
    check(app, &channel, reports, header, body).await?;
    let now = app.communications.now_ms().await?;
    let read = read::reports(format, &reports.map, body, now)?;
    let mut taken = Taken { reports: read.len(), ..Taken::default() };
    for (place, report) in read.into_iter().enumerate() {
        match report {
            Ok(report) => one(app, &channel, report, now, &mut taken).await?,
            Err(problem) => taken.refused.push((place, problem)),
        }
    }
    Ok(taken)
}

/// Refuses a call whose proof is wrong or missing.
async fn check(
    app: &App,
    channel: &Channel,
    reports: &Reports,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
) -> Result<(), Error> {
    let secrets = secrets::of(app, channel).await?;
    let secret = secrets.get(&reports.secret).ok_or_else(|| Error::damaged("secrets of a channel"))?;
    let sent = header(&reports.header).unwrap_or_default();
    if reports.scheme.is_proved(secret, &sent, body) {
        return Ok(());
    }
    let detail = format!(
        "the header `{}` does not prove that the provider of channel `{}` has sent this body",
        reports.header, channel.name
    );
    Err(Error::Denied { code: "wrong_signature", detail })
}

async fn one(
    app: &App,
    channel: &Channel,
    report: Reported,
    now: i64,
    taken: &mut Taken,
) -> Result<(), Error> {
    let Some(message) = message(app, channel, &report).await? else {
        // It is not kept: it may be about a message whose sending is not written yet, and count when it comes again.
        taken.unknown = taken.unknown.saturating_add(1);
        return Ok(());
    };
    let effect = Some(effect(app, channel, &message, &report, now).await?);
    let receipt =
        NewReceipt { channel: channel.name.clone(), id: report.id.clone(), effect, received_at: now };
    // Before the report is taken, so that it is taken again if this fails; but not for one that was taken before, which
    // would end what the member has agreed to since.
    if report.report == Some(Report::Unsubscribed)
        && !app.communications.has_receipt(&channel.name, &report.id).await?
    {
        unsubscribe(app, &message, &report).await?;
    }
    let is_new = app.communications.take_receipt(&receipt).await?;
    let counter = if is_new { &mut taken.taken } else { &mut taken.repeated };
    *counter = counter.saturating_add(1);
    Ok(())
}

/// The message that a report is about, if it went out through this channel.
async fn message(app: &App, channel: &Channel, report: &Reported) -> Result<Option<MessageRow>, Error> {
    let found = match &report.about {
        Known::Message(id) => app.communications.message(id).await?,
        Known::Provider(id) => app.communications.message_of_provider(&channel.name, id).await?,
        Known::Nothing => None,
    };
    Ok(found.filter(|message| message.channel == channel.name))
}

/// Notes that a message was given with a purchase that was confirmed, at a second.
pub(super) async fn delivered_at_the_till(
    app: &App,
    message: &MessageRow,
    purchase_id: &str,
    at: i64,
) -> Result<(), Error> {
    let report = Report::Delivered;
    let (id, at) = (format!("till/{}", message.id), at.saturating_mul(1_000));
    let more = json!({"report": report.name(), "purchase_id": till_id(purchase_id)});
    let told = event(message, &format!("receipt/{}/{id}", message.channel), "message_delivered", at, more);
    let effect = ReceiptEffect {
        message_id: message.id.clone(),
        number: message.number,
        status: report.status().map(severity),
        reason: String::new(),
        at,
        reaction: reaction(report),
        address: AddressEffect::None,
        events: vec![told],
    };
    let received_at = app.communications.now_ms().await?;
    let receipt = NewReceipt { channel: message.channel.clone(), id, effect: Some(effect), received_at };
    app.communications.take_receipt(&receipt).await?;
    Ok(())
}

/// What a report changes.
async fn effect(
    app: &App,
    channel: &Channel,
    message: &MessageRow,
    report: &Reported,
    now: i64,
) -> Result<ReceiptEffect, Error> {
    let id = format!("receipt/{}/{}", channel.name, report.id);
    let told = report.report.and_then(Report::event_kind).map(|kind| {
        let what = report.report.map(Report::name);
        let mut more = json!({"report": what, "reason": report.reason});
        // What an app or a mail program reports was done by a person.
        if let (Some("message_opened"), Some(more)) = (Some(kind), more.as_object_mut()) {
            more.insert("verdict".to_owned(), json!("human"));
        }
        event(message, &id, kind, report.at, more)
    });
    Ok(ReceiptEffect {
        message_id: message.id.clone(),
        number: message.number,
        status: report.report.and_then(Report::status).map(severity),
        reason: report.reason.clone(),
        at: report.at,
        reaction: report.report.and_then(reaction),
        address: address_effect(app, channel, message, report, now).await?,
        events: told.into_iter().collect(),
    })
}

/// A status with its place in the order of severity.
fn severity(status: Status) -> (String, i64) {
    let place = Status::ALL.iter().zip(0_i64..).find(|(known, _)| **known == status);
    (status.name().to_owned(), place.map_or(0, |(_, place)| place))
}

fn reaction(report: Report) -> Option<Reaction> {
    match report {
        Report::Accepted | Report::Delayed | Report::Replied => None,
        Report::Delivered => Some(Reaction::Delivered),
        Report::Read => Some(Reaction::Opened),
        Report::SoftBounced | Report::Rejected | Report::HardBounced => Some(Reaction::Bounced),
        Report::Unsubscribed => Some(Reaction::Unsubscribed),
        Report::Complained => Some(Reaction::Complained),
    }
}

async fn address_effect(
    app: &App,
    channel: &Channel,
    message: &MessageRow,
    report: &Reported,
    now: i64,
) -> Result<AddressEffect, Error> {
    let consequence = report.report.map_or(Consequence::None, Report::consequence);
    let reason = match consequence {
        Consequence::None => return Ok(AddressEffect::None),
        Consequence::Works => return Ok(AddressEffect::Works),
        Consequence::Counts => "soft_bounces",
        Consequence::Dead => "hard_bounce",
        Consequence::Unwanted => "complaint",
    };
    let number = u32::try_from(message.number).unwrap_or(u32::MAX);
    let people = people::of(app, &[number]).await?;
    let own = people.first().and_then(|person| recipients::address(person, &channel.address));
    let present = own.map(|own| suppressions::digest(&channel.address, own));
    // The member may have another address by now, of which nothing is said.
    let Some(digest) = message.sent_to.clone().or_else(|| present.clone()) else {
        return Ok(AddressEffect::None);
    };
    // Reports write addresses small.
    let is_own = |told: &String| {
        suppressions::digest(&channel.address, told) == digest
            || present.as_ref() == Some(&digest) && own.is_some_and(|own| own.to_lowercase() == *told)
    };
    // Never the address that is reported: anybody who has got a message knows its id, and could name whom they like.
    let suppressions = vec![suppression(channel, digest.clone(), report, reason, now)];
    // Mails are sent on to another address: not at once, but if it goes on.
    let is_of_another = report.recipient.as_ref().is_some_and(|told| !is_own(told));
    Ok(match consequence {
        Consequence::Dead if channel.address == "email" && is_of_another => {
            AddressEffect::Bounced { most: SOFT_BOUNCES_MAX, then: suppressions }
        }
        Consequence::Counts => AddressEffect::Bounced { most: SOFT_BOUNCES_MAX, then: suppressions },
        _ => AddressEffect::Suppressed(suppressions),
    })
}

/// The suppression of the address that a message went to, by its digest.
fn suppression(
    channel: &Channel,
    digest: String,
    report: &Reported,
    reason: &str,
    now: i64,
) -> NewSuppression {
    let told = Told {
        channel: channel.name.clone(),
        scope: SuppressionScope::All,
        reason: reason.to_owned(),
        source: format!("channel {}", channel.name),
        at: report.at,
    };
    suppressions::suppression(Suppressed::Address(digest), told, now)
}

/// The member wants no more of these, as the provider was told.
async fn unsubscribe(app: &App, message: &MessageRow, report: &Reported) -> Result<(), Error> {
    let Ok(number) = u32::try_from(message.number) else { return Ok(()) };
    let answer = Answer {
        channel: message.channel.clone(),
        topic: "*".to_owned(),
        state: ConsentState::Withdrawn,
        at: report.at,
        source: format!("message {}", message.id),
        text_version: String::new(),
    };
    consents::answer(app, number, answer, "provider").await?;
    Ok(())
}
