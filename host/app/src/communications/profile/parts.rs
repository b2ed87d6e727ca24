//! What communications know of a member besides events.

use communications::{Contacts, Profile};
use serde_json::{Map, Value, json};
use store::{ConsentRow, MessageRow, SuppressionRow};

use super::time;
use crate::communications::people::{self, Known};
use crate::communications::segments::sets;
use crate::communications::suppressions;
use crate::error::Error;
use crate::state::App;

/// Messages that were planned longer ago are not shown: a hundred days.
const MESSAGES_MS: i64 = 100 * 24 * 60 * 60 * 1000;

/// Adds contacts with zone and operator, consents, suppressions, messages, and segments.
pub(super) async fn add(app: &App, number: u32, profile: &mut Map<String, Value>) -> Result<(), Error> {
    let mut addresses = Vec::new();
    for known in people::known(app, &[number]).await? {
        addresses.extend(digests(&known.profile.contacts));
        add_contacts(known, profile);
    }
    let most = app.config.communications.profile_events;
    let consents = app.communications.consent_proofs(number, most).await?;
    let suppressed = app.communications.suppressions_of(&[number], &addresses).await?;
    let since = app.communications.now_ms().await?.saturating_sub(MESSAGES_MS);
    let mut messages = app.communications.messages_of_members(&[i64::from(number)], since).await?;
    messages.sort_by(|one, other| (other.planned_at, &other.id).cmp(&(one.planned_at, &one.id)));
    messages.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let statuses = app.communications.statuses_of(number, most).await?;
    let segments = sets::of_member(app, number).await?;
    for (name, part) in [
        ("consents", consents.iter().map(consent).collect::<Vec<Value>>()),
        ("suppressions", suppressed.iter().map(suppression).collect()),
        ("messages", messages.iter().map(|row| message(row, statuses.get(&row.id))).collect()),
        ("segments", segments.into_iter().map(Value::from).collect()),
    ] {
        profile.insert(name.to_owned(), Value::Array(part));
    }
    Ok(())
}

/// How the list of suppressions knows the member's addresses.
fn digests(contacts: &Contacts) -> Vec<String> {
    let Contacts { phone, email, other } = contacts;
    let mut digests: Vec<String> =
        other.iter().map(|(kind, address)| suppressions::digest(kind, address)).collect();
    digests.extend(phone.iter().map(|phone| suppressions::digest("phone", phone)));
    digests.extend(email.iter().map(|email| suppressions::digest("email", email)));
    digests
}

fn add_contacts(known: Known, profile: &mut Map<String, Value>) {
    let Known { profile: Profile { contacts, zone, zone_from, language, .. }, operator, unusable } = known;
    let unusable: Vec<Value> =
        unusable.into_iter().map(|(kind, reason)| json!({"kind": kind, "reason": reason})).collect();
    let operator = operator.map(|operator| json!({"name": operator.name, "from": operator.from}));
    for (name, value) in [
        (
            "contacts",
            json!({
                "phone": contacts.phone,
                "email": contacts.email,
                "other": contacts.other,
                "unusable": unusable,
            }),
        ),
        ("time_zone", json!({"name": zone.iana_name(), "from": zone_from})),
        ("operator", json!(operator)),
        ("language", json!(language)),
    ] {
        profile.insert(name.to_owned(), value);
    }
}

fn consent(consent: &ConsentRow) -> Value {
    json!({
        "channel": consent.channel,
        "topic": consent.topic,
        "state": consent.state,
        "at": time(consent.at),
        "source": consent.source,
        "text_version": consent.text_version,
        "received_at": time(consent.received_at),
        "actor": consent.actor,
    })
}

fn suppression(suppression: &SuppressionRow) -> Value {
    json!({
        "channel": suppression.channel,
        "scope": suppression.scope,
        "reason": suppression.reason,
        "at": time(suppression.at),
        "source": suppression.source,
    })
}

fn message(message: &MessageRow, reported: Option<&String>) -> Value {
    json!({
        "id": message.id,
        "cause": message.cause,
        "channel": message.channel,
        "template": message.template,
        "template_version": message.template_version,
        "category": message.category,
        "topic": message.topic,
        "state": message.state,
        "reason": message.reason,
        "reported": reported,
        "planned_at": time(message.planned_at),
        "changed_at": time(message.changed_at),
        "sent_at": message.sent_at.and_then(time),
    })
}
