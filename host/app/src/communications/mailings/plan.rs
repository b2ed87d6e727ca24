//! Planning the messages of mailings, some members at a time. Where the planner is lies in the database and moves with the
//! messages, so that it is killed at any moment, and any node goes on.

use std::collections::BTreeMap;

use communications::MemberNumber;
use communications::mailing::audience::members;
use communications::mailing::{Mailing, Schedule, category_name, cause, message_id};
use domain::offer::ControlGroup;
use jiff::tz::TimeZone;
use serde_json::json;
use store::{NewEvent, NumberedMember, PlannedMessage, Subject};

use super::audience::part_of_cursor;
use super::control::{SKIP_STEP, STOPPED};
use super::{Known, group, known};
use crate::communications::outbox::recipients;
use crate::communications::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Members of one step.
const STEP: usize = 500;
/// Numbers of a part.
const PART: i64 = 65_536;

/// Plans the next members of every running mailing, and ends those of which nothing is left.
pub async fn step(app: App) -> Result<Step, Error> {
    let mut step = Step::Idle;
    let mut failed = None;
    for row in app.communications.running_mailings().await? {
        // One mailing that fails does not keep the others.
        match one(&app, &known(row)?).await {
            Ok(Step::Worked) => step = Step::Worked,
            Ok(Step::Idle) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(step), Err)
}

async fn one(app: &App, known: &Known) -> Result<Step, Error> {
    let row = &known.row;
    if row.state == "stopped" {
        let now = app.communications.now_ms().await?;
        app.communications.skip_waiting(&cause(&row.name), STOPPED, SKIP_STEP, now).await?;
        return Ok(Step::Worked);
    }
    if row.is_planned {
        let now = app.communications.now_ms().await?;
        let ended = app.communications.end_mailing(&row.name, &cause(&row.name), now).await?;
        return Ok(if ended { Step::Worked } else { Step::Idle });
    }
    let Some((part, from)) = part_of_cursor(row.cursor) else {
        app.communications.mailing_planned(&row.name, row.cursor).await?;
        return Ok(Step::Worked);
    };
    let Some((found, bitmap)) = app.communications.mailing_part(&row.name, part).await? else {
        app.communications.mailing_planned(&row.name, row.cursor).await?;
        return Ok(Step::Worked);
    };
    let from = if found == part { from } else { 0 };
    let numbers = members(&bitmap, from, STEP).ok_or_else(|| Error::damaged("an audience"))?;
    let next_part = found.saturating_add(1).saturating_mul(PART);
    let next = match numbers.last() {
        Some(MemberNumber(last)) if numbers.len() == STEP => i64::from(*last).saturating_add(1),
        _ => next_part,
    };
    let (messages, ghosts, merged) = messages(app, known, &numbers).await?;
    let now = app.communications.now_ms().await?;
    let range = (row.cursor, next);
    // Another node may have been faster; then the next step goes on from there.
    app.communications.plan_messages(&row.name, range, &messages, &ghosts, merged, now).await?;
    Ok(Step::Worked)
}

/// The messages to some members, the events of ghosts among them, and how many members are one with others.
async fn messages(
    app: &App,
    Known { row, mailing }: &Known,
    numbers: &[MemberNumber],
) -> Result<(Vec<PlannedMessage>, Vec<NewEvent>, i64), Error> {
    let numbers: Vec<u32> = numbers.iter().map(|number| number.0).collect();
    let members = app.communications.members_of(&numbers).await?;
    let gone = i64::try_from(numbers.len().saturating_sub(members.len())).unwrap_or(0);
    let zones = match mailing.schedule {
        Schedule::Local(_) => recipients::zones(app, &members).await?,
        Schedule::AtOnce | Schedule::At(_) => BTreeMap::new(),
    };
    let versions: BTreeMap<String, i64> = serde_json::from_str(&row.template_versions)
        .map_err(|_| Error::damaged(&format!("mailing {}", row.name)))?;
    let universal = app.config.communications.control_group();
    let started_at = row.started_at.unwrap_or(0);
    let planner = Planner { row_name: &row.name, mailing, universal, versions, started_at };
    let mut messages = Vec::with_capacity(members.len());
    let mut ghosts = Vec::new();
    for member in members {
        let zone = zones.get(&member.number).cloned().unwrap_or(TimeZone::UTC);
        let message = planner.message(&member, &zone);
        if message.is_ghost {
            ghosts.push(ghost(&message, &member, planner.started_at));
        }
        messages.push(message);
    }
    Ok((messages, ghosts, gone))
}

struct Planner<'a> {
    row_name: &'a str,
    mailing: &'a Mailing,
    universal: ControlGroup,
    versions: BTreeMap<String, i64>,
    started_at: i64,
}

impl Planner<'_> {
    fn message(&self, member: &NumberedMember, zone: &TimeZone) -> PlannedMessage {
        let (name, mailing) = (self.row_name, self.mailing);
        let cause = cause(name);
        let variant = mailing.variant(name, &member.member_id);
        let template = mailing.template_of(variant);
        let window = mailing.window(zone, self.started_at);
        let group = group(mailing, &self.universal, &member.member_id);
        PlannedMessage {
            id: message_id(&cause, &member.member_id, &mailing.channel),
            queue: cause.clone(),
            cause,
            cause_kind: "mailing".to_owned(),
            number: i64::from(member.number),
            channel: mailing.channel.clone(),
            template: template.to_owned(),
            template_version: self.versions.get(template).copied().unwrap_or(0),
            category: category_name(mailing.category).to_owned(),
            topic: mailing.topic.clone(),
            priority: mailing.priority,
            variant: variant.map(|variant| variant.name.clone()).unwrap_or_default(),
            not_before: window.not_before,
            too_late_after: Some(window.too_late_after),
            is_ghost: group.is_some(),
            reason: group.unwrap_or_default().to_owned(),
            values: "{}".to_owned(),
        }
    }
}

/// The event of a member of a control group, who would have been written to.
fn ghost(message: &PlannedMessage, member: &NumberedMember, at: i64) -> NewEvent {
    NewEvent {
        source: "messages".to_owned(),
        id: format!("{}/ghost", message.id),
        subject: Subject::Number(member.number),
        kind: "message_skipped".to_owned(),
        at: message.not_before.max(at),
        received_at: at,
        payload: json!({
            "message": message.id,
            "channel": message.channel,
            "cause": message.cause,
            "topic": message.topic,
            "reason": message.reason,
        })
        .to_string(),
    }
}
