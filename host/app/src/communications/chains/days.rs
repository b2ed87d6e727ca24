//! Days as triggers: dates that attributes say, and points that are about to expire, become events of the members at
//! their time of day in their zone. Each look covers the time since the last one, whenever that was; the id of an event
//! says chain, trigger, member and instant, so that each is there once.

use std::collections::{BTreeMap, HashMap};

use communications::chains::{DATE_REACHED, Date, POINTS_EXPIRING, Trigger, of_date};
use domain::audience::parse_date;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use store::{Cursor, ExpiringPoints, NewEvent, Subject};

use super::SOURCE;
use super::loaded::{Open, Versions, open};
use crate::communications::people;
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Members of one query.
const MEMBERS: u32 = 4_096;
/// Lots of points of one query.
const LOTS: i64 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Looks for days that have come since the last look.
pub(super) async fn step(app: &App, versions: &Versions) -> Result<Step, Error> {
    for chain in open(app, versions).await? {
        let Some((_, version)) = &chain.entered else { continue };
        let days: Vec<(usize, &Trigger)> = version
            .triggers
            .iter()
            .enumerate()
            .filter(|(_, trigger)| !matches!(trigger, Trigger::Event { .. }))
            .collect();
        if !days.is_empty() {
            look(app, &chain, &days).await?;
        }
    }
    Ok(Step::Idle)
}

async fn look(app: &App, chain: &Open, days: &[(usize, &Trigger)]) -> Result<(), Error> {
    let cursor = format!("days of chain {}", chain.row.id);
    let from = app.communications.cursor(&cursor).await?;
    let now = app.communications.now_ms().await?;
    // The first look only notes where to begin: what was before is over.
    if from > 0 && from < now {
        for (place, trigger) in days {
            let span = Span { chain, place: *place, from, now };
            match trigger {
                Trigger::Date(date) => dates(app, &span, date).await?,
                Trigger::PointsExpire { .. } => points(app, &span, trigger).await?,
                Trigger::Event { .. } => {}
            }
        }
    }
    if from < now {
        let to = Cursor { position: now, mark: String::new() };
        app.communications.append_events_of(&[], &cursor, from, &to).await?;
    }
    Ok(())
}

/// The time that a look covers: after `from`, up to `now`.
struct Span<'a> {
    chain: &'a Open,
    place: usize,
    from: i64,
    now: i64,
}

impl Span<'_> {
    fn event(&self, number: u32, kind: &str, at: i64, mut payload: Value) -> NewEvent {
        if let Some(payload) = payload.as_object_mut() {
            payload.insert("chain".to_owned(), self.chain.row.name.clone().into());
            payload.insert("trigger".to_owned(), self.place.into());
        }
        NewEvent {
            source: SOURCE.to_owned(),
            id: format!("{}/{}/{number}/{at}", self.chain.row.name, self.place),
            subject: Subject::Number(number),
            kind: kind.to_owned(),
            at,
            received_at: self.now,
            payload: payload.to_string(),
        }
    }
}

async fn dates(app: &App, span: &Span<'_>, date: &Date) -> Result<(), Error> {
    let Some(last) = app.communications.last_segment_member().await? else { return Ok(()) };
    let mut first = 0_u32;
    while first <= last {
        let end = first.saturating_add(MEMBERS - 1);
        let values = app.communications.attribute_between(&date.attribute, first, end).await?;
        let mut zones: HashMap<u32, TimeZone> = HashMap::new();
        if !values.is_empty() {
            for (zone, numbers) in app.communications.zones_between(first, end).await? {
                let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
                zones.extend(numbers.into_iter().map(|number| (number, zone.clone())));
            }
        }
        let event = |(number, value): (u32, String)| {
            let day = serde_json::from_str::<Value>(&value).ok()?;
            let day = parse_date(day.as_str()?)?;
            let zone = zones.get(&number).cloned().unwrap_or(TimeZone::UTC);
            let at = of_date(day, date.days, date.yearly, date.time, span.from, &zone)?;
            (at <= span.now).then(|| span.event(number, DATE_REACHED, at, json!({})))
        };
        let events: Vec<NewEvent> = values.into_iter().filter_map(event).collect();
        if !events.is_empty() {
            app.communications.append_events(&events).await?;
        }
        let Some(next) = end.checked_add(1) else { break };
        first = next;
    }
    Ok(())
}

async fn points(app: &App, span: &Span<'_>, trigger: &Trigger) -> Result<(), Error> {
    let Trigger::PointsExpire { days_before, at_least, time } = trigger else { return Ok(()) };
    let days = i64::from(*days_before);
    // A zone may be most of a day ahead or behind.
    let earliest = span.from.saturating_add(days.saturating_sub(2).saturating_mul(DAY_MS)).div_euclid(1_000);
    let latest = span.now.saturating_add(days.saturating_add(2).saturating_mul(DAY_MS)).div_euclid(1_000);
    let mut after = (i64::MIN, String::new());
    loop {
        let lots = app.store.expiring_points((earliest, latest), (after.0, &after.1), LOTS).await?;
        let Some(last) = lots.last() else { break };
        after = (last.expires_at, last.member_id.clone());
        let ids: Vec<String> = lots.iter().map(|lot| lot.member_id.clone()).collect();
        let numbers = app.communications.number_members(&ids).await?;
        let profiles = people::of(app, &numbers).await?;
        let zones: BTreeMap<u32, TimeZone> =
            profiles.into_iter().map(|profile| (profile.number.0, profile.zone)).collect();
        let event = |(lot, number): (&ExpiringPoints, u32)| {
            let zone = zones.get(&number)?;
            let expires = Timestamp::from_second(lot.expires_at).ok()?;
            let day = zone.to_datetime(expires).date();
            let before = i32::try_from(days).ok()?.checked_neg()?;
            let at = of_date(day, before, false, *time, span.from, zone)?;
            let payload = json!({ "points": lot.points.to_string(), "expires_at": lot.expires_at.saturating_mul(1_000) });
            (at <= span.now && lot.points >= *at_least)
                .then(|| span.event(number, POINTS_EXPIRING, at, payload))
        };
        let events: Vec<NewEvent> = lots.iter().zip(numbers.iter().copied()).filter_map(event).collect();
        if !events.is_empty() {
            app.communications.append_events(&events).await?;
        }
    }
    Ok(())
}
