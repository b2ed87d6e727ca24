//! All that is known of a member, from both databases.

mod parts;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use store::{EventRow, MemberView};

use super::{erasure, survivors};
use crate::error::Error;
use crate::state::App;

/// The profile of a member: who it is to the tills, and each part that communications have of it.
pub async fn of_member(app: &App, member_id: &str) -> Result<Value, Error> {
    survivors::refuse_merged(app, member_id).await?;
    let view = app.store.member(member_id).await?;
    let number = app.communications.member_number(member_id).await?;
    let erasures = app.communications.erasures_of(&erasure::digest(member_id)).await?;
    if view.is_none() && number.is_none() {
        return Err(Error::Unknown { code: "unknown_member", what: format!("member `{member_id}`") });
    }
    let mut profile = Map::new();
    profile.insert("member_id".to_owned(), json!(member_id));
    profile.insert("number".to_owned(), json!(number));
    if let Some(view) = view {
        of_tills(app, view, &mut profile).await?;
    }
    if let Some(number) = number {
        parts::add(app, number, &mut profile).await?;
    }
    profile.insert("events".to_owned(), Value::Array(events(app, number).await?));
    let receipts: Vec<Value> = erasures.iter().map(erasure::receipt).collect();
    profile.insert("erasures".to_owned(), Value::Array(receipts));
    Ok(Value::Object(profile))
}

/// What the tills know.
async fn of_tills(app: &App, view: MemberView, profile: &mut Map<String, Value>) -> Result<(), Error> {
    let identifiers: Vec<Value> =
        view.identifiers.iter().map(|(kind, value)| json!({"kind": kind, "value": value})).collect();
    let mut attributes = Map::new();
    for (attribute, _) in view.attributes {
        let value = wire::json::parse(&attribute.value);
        attributes.insert(attribute.name, value.map_err(|_| Error::damaged("attribute"))?);
    }
    let places = app.live.load().active.plan.scales().points;
    let points = |points: i64| domain::decimal::format_scaled(points, places);
    let balance = app.store.balance(&view.id, "", app.store.now().await?).await?;
    let expiring: Vec<Value> = balance
        .expiring
        .iter()
        .map(|&(at, amount)| json!({"at": time(at.saturating_mul(1000)), "points": points(amount)}))
        .collect();
    for (name, value) in [
        ("state", json!(view.state)),
        ("identifiers", json!(identifiers)),
        ("audiences", json!(view.audiences)),
        ("attributes", Value::Object(attributes)),
        (
            "points",
            json!({
                "available": points(balance.available),
                "pending": points(balance.pending),
                "reserved": points(balance.reserved),
                "expiring": expiring,
            }),
        ),
    ] {
        profile.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The latest events of a member.
async fn events(app: &App, number: Option<u32>) -> Result<Vec<Value>, Error> {
    let Some(number) = number else { return Ok(Vec::new()) };
    let most = app.config.communications.profile_events;
    let events = app.communications.events_of(number, i64::MIN, most).await?;
    events.into_iter().map(event).collect()
}

fn event(event: EventRow) -> Result<Value, Error> {
    let payload: Value = serde_json::from_str(&event.payload)
        .map_err(|_| Error::damaged(&format!("event {} of {}", event.id, event.source)))?;
    Ok(json!({
        "seq": event.seq,
        "source": event.source,
        "id": event.id,
        "kind": event.kind,
        "at": time(event.at),
        "received_at": time(event.received_at),
        "visitor": event.visitor,
        "payload": payload,
    }))
}

/// An instant as people read it.
pub(super) fn time(at: i64) -> Option<String> {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).ok()
}
