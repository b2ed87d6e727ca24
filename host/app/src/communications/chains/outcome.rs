//! What comes of a step: its record for replays, messages, effects and numbers.

use communications::Event;
use communications::chains::{Action, Effect, Facts, Node, Outcome, Run, Step, Version};
use communications::mailing::message_id;
use serde_json::{Map, Value, json};
use store::{ChainEffect, ChainRow, ChainRun, ChainWrite, NewEvent, PlannedMessage, Subject};

use super::SOURCE;
use crate::communications::control::{CONTROL, UNIVERSAL};
use crate::error::Error;

/// The field of the payload of effects by which their run goes on.
pub(super) const AWAITED: &str = "awaited";

/// What the effects of a step are about.
pub(super) struct Context<'a> {
    pub(super) chain: &'a ChainRow,
    pub(super) row: &'a ChainRun,
    pub(super) version: &'a Version,
    /// The retailer's id of the member.
    pub(super) member: &'a str,
    /// True if it is in the universal control group.
    pub(super) is_universal: bool,
    pub(super) event: Option<&'a Event>,
    pub(super) now: i64,
}

impl Context<'_> {
    /// True if the run goes on by what becomes of an effect.
    fn is_awaited(&self, effect: &Effect<'_>) -> bool {
        let place = self.version.find(effect.node).and_then(|index| self.version.node(index));
        place.is_some_and(|place| matches!(place.node, Node::Action { failed: Some(_), .. }))
    }
}

/// The record of a step: all that [`communications::chains::step`] got, and what it answered.
pub(super) fn record(
    version: &Version,
    before: &Run,
    event: Option<&Event>,
    facts: &Facts,
    outcome: &Outcome<'_>,
) -> Result<String, Error> {
    let name = |run: &Run| version.node(run.node).map(|place| place.name.clone()).unwrap_or_default();
    let event = event.map(|event| json!({ "kind": event.kind, "at": event.at, "payload": event.payload }));
    let facts = serde_json::to_value(facts).map_err(|error| Error::internal(&error))?;
    let record = json!({
        "node": name(before),
        "state": before.encode(),
        "event": event,
        "facts": facts,
        "answer": answer(version, outcome),
    });
    Ok(record.to_string())
}

/// What a step has answered, as data.
pub(super) fn answer(version: &Version, outcome: &Outcome<'_>) -> Value {
    let node = version.node(outcome.run.node).map(|place| place.name.clone()).unwrap_or_default();
    let effect = |effect: &Effect<'_>| {
        let what = match effect.action {
            Action::Do { step, channel, too_late_after } => {
                json!({ "do": kind(step), "channel": channel, "too_late_after": too_late_after })
            }
            Action::TooLate(step) => json!({ "too_late": kind(step) }),
            Action::Goal(goal) => json!({ "goal": goal }),
        };
        json!({ "key": effect.key, "due": effect.due, "what": what })
    };
    json!({
        "node": node,
        "state": outcome.run.encode(),
        "wake": outcome.wake,
        "left": outcome.left,
        "effects": outcome.effects.iter().map(effect).collect::<Vec<Value>>(),
    })
}

/// The kind of a step, as in documents.
pub(super) fn kind(step: &Step) -> &'static str {
    match step {
        Step::Message(_) => "message",
        Step::Points(_) => "points",
        Step::Attribute { .. } => "attribute",
        Step::PersonalOffer { .. } => "personal_offer",
        Step::Coupon { .. } => "coupon",
        Step::Tag { .. } => "tag",
        Step::Webhook { .. } => "webhook",
        Step::Survey { .. } => "survey",
        Step::Goal { .. } => "goal",
    }
}

/// The numbers of the statistics that a step raises: what, and of which name.
pub(super) fn counted(version: &Version, outcome: &Outcome<'_>) -> Vec<(&'static str, String)> {
    let visited = outcome.visited.iter().filter_map(|index| version.node(*index));
    let mut counted: Vec<(&'static str, String)> =
        visited.map(|place| ("visited", place.name.clone())).collect();
    for effect in &outcome.effects {
        match effect.action {
            Action::TooLate(_) => counted.push(("too_late", effect.node.to_owned())),
            Action::Goal(goal) => counted.push(("goal", goal.to_owned())),
            Action::Do { step: Step::Goal { name }, .. } => counted.push(("goal", name.clone())),
            Action::Do { .. } => {}
        }
    }
    counted.extend(outcome.left.map(|why| ("left", why.to_owned())));
    counted
}

/// Adds messages, effects and events of a step.
pub(super) fn add(write: &mut ChainWrite, context: &Context<'_>, outcome: &Outcome<'_>) -> Result<(), Error> {
    let ghost = outcome.run.ghost;
    for effect in &outcome.effects {
        match effect.action {
            Action::TooLate(step) if step.message().is_none() => {
                write.effects.extend(outside(context, effect, step, ("late", None, context.now)));
            }
            Action::TooLate(_) => {}
            Action::Goal(goal) => write.events.push(reached(context, effect, goal)),
            Action::Do { step, channel, too_late_after } => match step {
                Step::Message(_) | Step::Survey { .. } => {
                    write.messages.extend(message(
                        context,
                        effect,
                        step,
                        channel,
                        too_late_after,
                        &outcome.run,
                    ));
                }
                Step::Goal { name } => write.events.push(reached(context, effect, name)),
                _ => {
                    let (state, next_at) =
                        if ghost { ("ghost", None) } else { ("planned", Some(context.now)) };
                    write.effects.extend(outside(context, effect, step, (state, next_at, too_late_after)));
                }
            },
        }
    }
    Ok(())
}

fn reached(context: &Context<'_>, effect: &Effect<'_>, goal: &str) -> NewEvent {
    let payload = json!({ "chain": context.chain.name, "run": context.row.id, "goal": goal });
    NewEvent {
        source: SOURCE.to_owned(),
        id: format!("{}/goal/{goal}", effect.key),
        subject: Subject::Number(context.row.number),
        kind: "goal_reached".to_owned(),
        at: context.now,
        received_at: context.now,
        payload: payload.to_string(),
    }
}

fn message(
    context: &Context<'_>,
    effect: &Effect<'_>,
    step: &Step,
    channel: u8,
    too_late_after: i64,
    run: &Run,
) -> Option<PlannedMessage> {
    let message = step.message()?;
    let is_ghost = context.version.is_recorded(run, context.member, message);
    // The universal one goes first, as in mailings.
    let is_universal = !message.transactional && context.is_universal;
    let group = if is_universal { UNIVERSAL } else { CONTROL };
    let channel = message.channels.get(usize::from(channel))?;
    let mut values: Map<String, Value> = message.values.clone().into_iter().collect();
    if let Step::Survey { name, .. } = step {
        values.insert("survey".to_owned(), name.clone().into());
    }
    let event = context.event.map(|event| event.payload.clone());
    let values = json!({ "values": values, "event": event });
    Some(PlannedMessage {
        id: message_id(&effect.key, &context.row.number.to_string(), &channel.name),
        cause: effect.key.clone(),
        cause_kind: "chain".to_owned(),
        queue: format!("chain/{}", context.chain.name),
        number: i64::from(context.row.number),
        channel: channel.name.clone(),
        template: message.template.clone(),
        template_version: 0,
        category: if message.transactional { "transactional" } else { "marketing" }.to_owned(),
        topic: message.topic.clone().unwrap_or_default(),
        priority: i64::from(message.priority),
        variant: String::new(),
        not_before: context.now,
        too_late_after: Some(too_late_after),
        is_ghost,
        reason: if is_ghost { group.to_owned() } else { String::new() },
        values: values.to_string(),
    })
}

/// An effect outside of this database.
fn outside(
    context: &Context<'_>,
    effect: &Effect<'_>,
    step: &Step,
    (state, next_at, too_late_after): (&str, Option<i64>, i64),
) -> Option<ChainEffect> {
    let payload = match step {
        Step::Points(points) => json!({
            "points": points.amount,
            "reason": points.reason,
            "active_after": points.active_after.map(|span| span.to_string()),
            "expires_after": points.expires_after.map(|span| span.to_string()),
        }),
        Step::Coupon { pool } => json!({ "pool": pool }),
        Step::Attribute { name, value } => json!({ "name": name, "value": value }),
        // A tag is an attribute that is true.
        Step::Tag { name, on } => json!({ "name": name, "value": on.then_some(true) }),
        Step::PersonalOffer { offer, items, lasts } => json!({
            "offer": offer,
            "items": items,
            "lasts": lasts.map(|span| span.to_string()),
        }),
        Step::Webhook { body, .. } => json!({
            "run": context.row.id,
            "node": effect.node,
            "at": context.now,
            "event": context.event.map(|event| &event.payload),
            "body": body,
        }),
        Step::Message(_) | Step::Survey { .. } | Step::Goal { .. } => return None,
    };
    let mut payload = payload;
    if let Some(payload) = payload.as_object_mut().filter(|_| context.is_awaited(effect)) {
        payload.insert(AWAITED.to_owned(), true.into());
    }
    let channel = match step {
        Step::Webhook { channel, .. } => Some(channel.clone()),
        _ => None,
    };
    Some(ChainEffect {
        id: effect.key.clone(),
        number: context.row.number,
        chain: context.chain.name.clone(),
        kind: kind(step).to_owned(),
        channel,
        payload: payload.to_string(),
        state: state.to_owned(),
        reason: String::new(),
        attempts: 0,
        too_late_after,
        next_at,
    })
}

/// The run that a message's cause names.
pub(super) fn run_of(cause: &str) -> Option<i64> {
    cause.split('/').nth(2)?.parse().ok()
}

/// Gives a message the event of the first step of its run, which its template may show.
pub(super) fn give_event(message: &mut PlannedMessage, record: &str) {
    let payload = serde_json::from_str::<Value>(record)
        .ok()
        .and_then(|record| record.pointer("/event/payload").cloned());
    let values = serde_json::from_str::<Map<String, Value>>(&message.values).ok();
    if let (Some(payload), Some(mut values)) = (payload, values) {
        values.insert("event".to_owned(), payload);
        message.values = Value::Object(values).to_string();
    }
}
