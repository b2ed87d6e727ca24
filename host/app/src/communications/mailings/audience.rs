//! Freezing the audience of a mailing: a set of members that stays as it is, whatever becomes of segments.

use std::collections::BTreeMap;

use communications::MemberNumber;
use communications::mailing::Audience;
use communications::mailing::audience::{part_of, parts, union};
use communications::segments::Rule;
use serde_json::Value;
use wire::problem::{Problem, Problems};

use crate::communications::promises;
use crate::communications::segments::changes::worked_in;
use crate::communications::segments::preview::members_at;
use crate::communications::segments::rules::{limits, unknown_attributes, unknown_segments};
use crate::error::Error;
use crate::state::App;

/// Members of one step of reading all of them.
const STEP: i64 = 65_536;
/// Members that get numbers in one step.
const IDS: i64 = 5_000;

/// An audience that does not change any more.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    /// Each part with its bitmap.
    pub(super) parts: Vec<(i64, Vec<u8>)>,
    /// How many members it has.
    pub(super) members: i64,
}

/// The audience as it is now. What was imported, changed or told before the call counts; refused if that is not worked in
/// within a moment.
pub(super) async fn freeze(app: &App, audience: &Audience) -> Result<Frozen, Error> {
    let within_ms = app.config.communications.segment_wait_ms;
    if matches!(audience, Audience::Segments(_) | Audience::Rule(_)) && !worked_in(app, within_ms).await? {
        let detail = "members who were imported or changed before are still being worked in; start it again in a moment \
                      (communications.segment_wait_ms)";
        return Err(Error::State { code: "audience_not_ready", detail: detail.to_owned() });
    }
    match audience {
        Audience::All => all(app).await,
        Audience::Segments(names) => of_segments(app, names).await,
        Audience::Rule(rule) => of_rule(app, rule).await,
        Audience::Promised(offer) => of_numbers(promises::members(app, offer).await?),
    }
}

async fn all(app: &App) -> Result<Frozen, Error> {
    number_all(app).await?;
    let mut numbers = Vec::new();
    let mut from = 0_u32;
    loop {
        let members = app.communications.members_from(from, STEP).await?;
        let Some(last) = members.last() else { break };
        from = last.number.saturating_add(1);
        numbers.extend(members.iter().map(|member| member.number));
    }
    of_numbers(numbers)
}

/// Gives a number to every member of the tills that has none yet, since nothing was ever said about it. Numbers of members
/// say nothing of how many have none: full imports remove some and bring others.
async fn number_all(app: &App) -> Result<(), Error> {
    let mut after = String::new();
    loop {
        let ids = app.store.member_ids_after(&after, IDS).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after.clone_from(last);
        app.communications.number_members(&ids).await?;
    }
}

async fn of_segments(app: &App, names: &[String]) -> Result<Frozen, Error> {
    let segments = app.communications.segments().await?;
    let mut sets: BTreeMap<i64, Vec<Vec<u8>>> = BTreeMap::new();
    for name in names {
        let Some(segment) = segments.iter().find(|segment| segment.name == *name) else {
            return Err(Error::Unknown { code: "unknown_segment", what: format!("segment `{name}`") });
        };
        if segment.built != segment.revision {
            let detail = format!("segment `{name}` is being worked out; start the mailing again in a moment");
            return Err(Error::State { code: "segment_not_ready", detail });
        }
        for set in app.communications.segment_sets(name, segment.built).await? {
            sets.entry(set.container).or_default().push(set.members);
        }
    }
    let mut frozen = Frozen::default();
    for (part, bitmaps) in sets {
        let united = union(bitmaps.iter().map(Vec::as_slice));
        let (bitmap, members) = united.ok_or_else(|| Error::damaged("the members of a segment"))?;
        frozen.add(part, bitmap, members);
    }
    Ok(frozen)
}

async fn of_rule(app: &App, rule: &Value) -> Result<Frozen, Error> {
    let rule = read_rule(app, rule).await?;
    number_all(app).await?;
    let now = app.communications.now_ms().await?;
    let (found, _) = members_at(app, &rule, now).await?;
    of_numbers(found.iter().collect())
}

/// The rule of an audience; refused with every problem, each with its place in the mailing.
pub(super) async fn read_rule(app: &App, rule: &Value) -> Result<Rule, Error> {
    let refused = |problems: Problems| Error::Refused {
        code: "mailing_refused",
        what: "the rule of the audience has problems",
        problems: problems
            .map(|problem| Problem { pointer: format!("/audience/rule{}", problem.pointer), ..problem }),
    };
    let parsed = communications::segments::parse(rule, limits(app)).map_err(refused)?;
    let mut problems = unknown_segments(&parsed, &app.communications.segments().await?, None);
    problems.append(unknown_attributes(app, &parsed).await?);
    problems.or(parsed.rule).map_err(refused)
}

fn of_numbers(numbers: Vec<u32>) -> Result<Frozen, Error> {
    let mut frozen = Frozen::default();
    for (part, bitmap) in parts(numbers.into_iter().map(MemberNumber)) {
        let (bitmap, members) = union([bitmap.as_slice()]).ok_or_else(|| Error::damaged("an audience"))?;
        frozen.add(part, bitmap, members);
    }
    Ok(frozen)
}

impl Frozen {
    fn add(&mut self, part: i64, bitmap: Vec<u8>, members: u64) {
        self.parts.push((part, bitmap));
        self.members = self.members.saturating_add(i64::try_from(members).unwrap_or(i64::MAX));
    }
}

/// The part that a cursor is in.
pub(super) fn part_of_cursor(cursor: i64) -> Option<(i64, u32)> {
    let number = u32::try_from(cursor).ok()?;
    Some((part_of(number), number))
}
