//! Decides about each message of a batch: to be tried now, held, or skipped with a reason. Nothing is silent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use communications::Profile;
use communications::policy::{self, Category, Decision, Facts, Message, Rules};
use senders::Outgoing;
use serde_json::{Map, Value};
use store::{MessageChange, MessageLinks, MessageRow};

use super::changes::{event, settled, short};
use super::facts::Known;
use super::failed::failed;
use super::recipients;
use crate::communications::channels::{self, Route};
use crate::communications::control::UNIVERSAL;
use crate::communications::rendering::{self, Made, NotMade};
use crate::communications::values::{Cause, OfMessage};
use crate::communications::{suppressions, templates};
use crate::error::Error;
use crate::state::App;

/// Milliseconds until a message is looked at again that tells of something which is not there yet.
const SOON_MS: i64 = 200;

/// What was decided about a batch.
pub(super) struct Decided {
    /// Messages to be tried.
    pub(super) ready: Vec<Ready>,
    /// What becomes of the others.
    pub(super) changes: Vec<MessageChange>,
}

/// A message that is to be tried.
pub(super) struct Ready {
    pub(super) row: MessageRow,
    pub(super) route: Arc<Route>,
    pub(super) outgoing: Outgoing,
    /// The change by which the attempt begins.
    pub(super) attempt: MessageChange,
    /// Coupon codes that it has for the member.
    pub(super) codes: Vec<String>,
}

/// Decides about messages that are due.
pub(super) async fn batch(app: &App, rows: Vec<MessageRow>, now: i64) -> Result<Decided, Error> {
    let names: BTreeSet<&str> = rows.iter().map(|row| row.channel.as_str()).collect();
    let mut routes: BTreeMap<String, Arc<Route>> = BTreeMap::new();
    for name in names {
        if let Some(route) = channels::route(app, name).await? {
            routes.insert(name.to_owned(), route);
        }
    }
    let kinds: BTreeSet<String> = routes.values().map(|route| route.contact.clone()).collect();
    let known = Known::read(app, &rows, &kinds, now).await?;
    let mut decided = Decided { ready: Vec::new(), changes: Vec::new() };
    for row in rows {
        match one(app, &row, routes.get(&row.channel), &known, now).await? {
            One::Ready(ready) => decided.ready.push(*ready),
            One::Change(change) => decided.changes.push(*change),
        }
    }
    Ok(decided)
}

enum One {
    Ready(Box<Ready>),
    Change(Box<MessageChange>),
}

async fn one(
    app: &App,
    row: &MessageRow,
    route: Option<&Arc<Route>>,
    known: &Known,
    now: i64,
) -> Result<One, Error> {
    let skip = |reason: &str| One::Change(Box::new(skipped(row, reason, now)));
    let profile = u32::try_from(row.number).ok().and_then(|number| known.people.get(&number));
    let Some(profile) = profile else { return Ok(skip("unknown_member")) };
    let Some(route) = route else { return Ok(skip("unknown_channel")) };
    if known.is_twin(row) {
        return Ok(skip("merged"));
    }
    let to = recipients::address(profile, &route.contact);
    let digest = to.map(|to| suppressions::digest(&route.contact, to));
    let scopes = suppressions::scopes(known.suppressions(profile.number, digest.as_deref()), &row.channel);
    let category = category(row);
    let message = Message {
        id: &row.id,
        channel: &row.channel,
        category,
        topic: &row.topic,
        priority: row.priority,
        not_before: row.not_before,
        too_late_after: row.too_late_after,
    };
    let (sent, rivals) = (known.sent(row.number), known.rivals(row.number));
    let facts = Facts {
        zone: &profile.zone,
        has_address: to.is_some(),
        suppressions: &scopes,
        consents: known.consents.get(&profile.number.0).map(Vec::as_slice).unwrap_or_default(),
        sent: &sent,
        rivals: &rivals,
    };
    match policy::decide(&message, &facts, &rules(app, row, route, known), now) {
        Decision::Skip(why) => return Ok(skip(why.code())),
        Decision::Hold { until, reason } => {
            let held = settled(row, "held", reason.code(), Some(until));
            return Ok(One::Change(Box::new(held)));
        }
        Decision::Send => {}
    }
    // Of those who were planned most are ghosts already; members may have been merged since, or the group changed.
    if category == Category::Marketing && known.universal.contains(&profile.id) {
        let event = event(row, "message_skipped", UNIVERSAL, now);
        let ghost = MessageChange { event: Some(event), ..settled(row, "ghost", UNIVERSAL, None) };
        return Ok(One::Change(Box::new(ghost)));
    }
    if known.is_too_early(row) {
        let held = settled(row, "held", "gift_under_way", Some(now.saturating_add(SOON_MS)));
        return Ok(One::Change(Box::new(held)));
    }
    let made = make(app, row, profile, route, now).await;
    match made {
        Ok((made, links)) => {
            let to = to.unwrap_or_default();
            Ok(One::Ready(Box::new(ready((row, category), (route, to), made, links, now))))
        }
        Err(NotMade::Skipped { reason, detail }) => {
            let change = skipped(row, &reason, now);
            Ok(One::Change(Box::new(MessageChange { detail: short(&detail), ..change })))
        }
        Err(NotMade::Failed(error)) => {
            let most = app.config.communications.send_attempts;
            Ok(One::Change(Box::new(failed(row, &error, most, now))))
        }
    }
}

/// Whole seconds until an instant, one at least.
fn seconds_until(last: i64, now: i64) -> i64 {
    last.saturating_sub(now).div_euclid(1_000).max(1)
}

fn rules(app: &App, row: &MessageRow, route: &Route, known: &Known) -> Rules {
    let settings = &app.config.communications;
    Rules {
        quiet_hours: route.quiet_hours.iter().map(|hours| (row.channel.clone(), *hours)).collect(),
        caps: settings.frequency_caps.clone(),
        receipts: known.receipts.clone(),
        priority_window_ms: settings.priority_window_seconds.saturating_mul(1_000),
    }
}

fn category(row: &MessageRow) -> Category {
    if row.category == "transactional" { Category::Transactional } else { Category::Marketing }
}

/// Makes the message, with links that are counted.
async fn make(
    app: &App,
    row: &MessageRow,
    profile: &Profile,
    route: &Route,
    now: i64,
) -> Result<(Made, Option<MessageLinks>), NotMade> {
    let version = (row.template_version > 0).then_some(row.template_version);
    let (_, compiled) = templates::find(app, &row.template, version).await?;
    let given: Map<String, Value> = serde_json::from_str(&row.values).unwrap_or_default();
    let part = |name: &str| given.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let cause = Cause {
        message: Some(OfMessage { id: row.id.clone(), number: profile.number.0 }),
        profile: Some(profile.clone()),
        now_ms: Some(now),
        event: part("event"),
        values: part("values"),
        unsubscribe_url: channels::unsubscribe_url(app, &row.id).await?,
        open_url: channels::open_url(app, &row.id, route).await?,
        ..Cause::default()
    };
    let mut made = rendering::make(app, &compiled, &profile.id, &cause).await?;
    // An address on a receipt is read by people, and followed by nobody's click.
    let links = match route.kind().is_at_the_till() {
        true => None,
        false => channels::count_links(app, row, &mut made.rendered).await?,
    };
    Ok((made, links))
}

fn ready(
    (row, category): (&MessageRow, Category),
    (route, to): (&Arc<Route>, &str),
    made: Made,
    links: Option<MessageLinks>,
    now: i64,
) -> Ready {
    let Made { rendered, values, promises } = made;
    let is_marketing = category == Category::Marketing;
    let outgoing = Outgoing {
        message_id: row.id.clone(),
        to: to.to_owned(),
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
        language: Some(rendered.language),
        unsubscribe: values.unsubscribe_url.filter(|_| is_marketing),
        ttl_s: row.too_late_after.filter(|_| route.keeps_time()).map(|last| seconds_until(last, now)),
        values: BTreeMap::new(),
    };
    let attempt = MessageChange {
        may_repeat: !is_marketing || route.is_idempotent(),
        sent_to: (!to.is_empty()).then(|| suppressions::digest(&route.contact, to)),
        promises,
        links,
        ..settled(row, "attempting", "", None)
    };
    let codes = values.coupons.into_values().collect();
    Ready { row: row.clone(), route: Arc::clone(route), outgoing, attempt, codes }
}

/// The change by which a message is skipped.
fn skipped(row: &MessageRow, reason: &str, now: i64) -> MessageChange {
    let event = event(row, "message_skipped", reason, now);
    MessageChange { event: Some(event), ..settled(row, "skipped", reason, None) }
}
