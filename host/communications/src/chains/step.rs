//! One step of a run.

use std::collections::{BTreeMap, BTreeSet};

use domain::audience;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::document::{Date, Node, NodeIndex, Place, Step, Until, Version, Way};
use super::fates::{Fate, fate};
use super::run::{Run, Stage};
use super::when::{Span, of_date};
use crate::event::Event;
use crate::segments::Rule;

/// The most nodes that a run goes through in its life.
const STEPS_MAX: u16 = 10_000;
/// How long the word of what was done elsewhere may be under way, in milliseconds.
const WORD_MS: i64 = 60_000;

/// Facts of the member that a step reads, as data, so that they can be stored and used again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The run's name, `CHAIN/RUN`; the keys of its effects begin with it.
    pub run: String,
    /// The member's id.
    pub member: String,
    /// IANA name of the member's zone; one that is not known counts as UTC.
    pub zone: String,
    /// Values of date attributes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<String, String>,
    /// The outcomes of the rules of branches, by node: true if they hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, bool>,
}

/// The facts that a step can need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants<'a> {
    /// Names of date attributes.
    pub dates: BTreeSet<&'a str>,
    /// Rules of branches by node.
    pub rules: BTreeMap<&'a str, &'a Rule>,
}

/// Something that a step causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect<'a> {
    /// `CHAIN/RUN/NODE/STEP`: the same effect has the same key, however often it is asked for. The number of the step is
    /// part of it since a chain may come back to a node after a wait.
    pub key: String,
    /// The node.
    pub node: &'a str,
    /// When it was due, in milliseconds since 1970.
    pub due: i64,
    /// What.
    pub action: Action<'a>,
}

/// An effect of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<'a> {
    /// Do this, unless it is later than `too_late_after`.
    Do {
        /// What.
        step: &'a Step,
        /// Place of the channel among those of a message; 0 for all else.
        channel: u8,
        /// The last moment at which it still makes sense.
        too_late_after: i64,
    },
    /// It was left out, as it came too late.
    TooLate(&'a Step),
    /// A goal was reached by an event that also ends the run.
    Goal(&'a str),
}

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The run as it is now.
    pub run: Run,
    /// The effects, in order.
    pub effects: Vec<Effect<'a>>,
    /// Nodes gone through, in order.
    pub visited: Vec<NodeIndex>,
    /// When the run must be looked at again; later than now. None once it has left.
    pub wake: Option<i64>,
    /// Why it has left.
    pub left: Option<&'static str>,
}

/// The facts that the next step of a run can need: of every node up to the next waits.
pub fn wants<'a>(version: &'a Version, run: &Run) -> Wants<'a> {
    let mut wants = Wants::default();
    let mut seen = BTreeSet::new();
    let mut open = vec![(run.node, !matches!(run.stage, Stage::Due(_)))];
    while let Some((index, passed)) = open.pop() {
        if !seen.insert((index, passed)) {
            continue;
        }
        let Some(place) = version.node(index) else { continue };
        match &place.node {
            Node::Wait { next, otherwise, until } => {
                if let Until::Date(date) = until {
                    wants.dates.insert(&date.attribute);
                }
                // A date that is over is no wait.
                if passed || matches!(until, Until::Date(_)) {
                    open.extend([(*next, false), (*otherwise, false)]);
                }
            }
            Node::Branch { rule, yes, no } => {
                wants.rules.insert(&place.name, rule);
                open.extend([(*yes, false), (*no, false)]);
            }
            Node::Split { ways, .. } => open.extend(ways.iter().map(|way| (way.next, false))),
            Node::Action { next, failed, .. } => {
                // Nothing is left to fail if the message is too late.
                open.push((*next, false));
                open.extend(failed.iter().filter(|_| passed).map(|(node, _)| (*node, false)));
            }
            Node::Exit => {}
        }
    }
    wants
}

/// True if an event can move a run: others need no step.
pub fn event_concerns(version: &Version, run: &Run, event: &Event, name: &str) -> bool {
    if !run.is_active() {
        return false;
    }
    if version.leave_when.iter().any(|leave| leave.of.is(event, name)) {
        return true;
    }
    match (version.node(run.node).map(|place| (&place.node, place)), run.stage) {
        (Some((Node::Wait { until: Until::Event { of, .. }, .. }, _)), Stage::Listening(_)) => {
            of.is(event, name)
        }
        (Some((Node::Action { step, .. }, place)), Stage::Sent(_, channel)) => {
            match fate(event, &key(name, place, run.steps)) {
                Some(Fate::Sent) => is_last(step, channel),
                told => told.is_some(),
            }
        }
        _ => false,
    }
}

/// The key of an effect; also the cause of its messages.
fn key(run: &str, place: &Place, steps: u16) -> String {
    format!("{run}/{}/{steps}", place.name)
}

/// True if there is no channel after this one.
fn is_last(step: &Step, channel: u8) -> bool {
    step.message().is_none_or(|message| usize::from(channel).saturating_add(1) >= message.channels.len())
}

/// Moves a run as far as it goes at this time: into its next wait, or out. A call for nothing (before the wait is over,
/// with an event that does not concern it) changes nothing. Every call ends in a run that has left or waits for a time after
/// `now`, so none can come back for ever at the same moment.
pub fn step<'a>(
    version: &'a Version,
    run: &Run,
    event: Option<&Event>,
    facts: &Facts,
    now: i64,
) -> Outcome<'a> {
    let zone = TimeZone::get(&facts.zone).unwrap_or(TimeZone::UTC);
    let mut walk =
        Walk { version, facts, zone, now, run: run.clone(), effects: vec![], visited: vec![], left: None };
    if run.is_active() {
        let left = event.is_some_and(|event| walk.leave(event));
        if !left && walk.arrive(event) {
            walk.go();
        }
    }
    let Walk { run, effects, visited, left, .. } = walk;
    let wake = run.wake();
    Outcome { run, effects, visited, wake, left }
}

struct Walk<'a, 'f> {
    version: &'a Version,
    facts: &'f Facts,
    zone: TimeZone,
    now: i64,
    run: Run,
    effects: Vec<Effect<'a>>,
    visited: Vec<NodeIndex>,
    left: Option<&'static str>,
}

impl<'a> Walk<'a, '_> {
    /// Ends the run if the event says so.
    fn leave(&mut self, event: &Event) -> bool {
        let found = self.version.leave_when.iter().find(|leave| leave.of.is(event, &self.facts.run));
        let Some(leave) = found else { return false };
        if let (Some(goal), Some(place)) = (&leave.goal, self.version.node(self.run.node)) {
            let effect = self.effect(place, event.at, Action::Goal(goal));
            self.effects.push(effect);
        }
        self.end("leave_when");
        true
    }

    fn end(&mut self, why: &'static str) {
        self.run.stage = Stage::Left;
        self.left = Some(why);
    }

    /// Ends the wait that the run is in, if it is over. True if the run can go on.
    fn arrive(&mut self, event: Option<&Event>) -> bool {
        let Some(place) = self.version.node(self.run.node) else {
            self.end("node_gone");
            return false;
        };
        let over = |until: i64| (until <= self.now).then_some(until);
        let to = match (&place.node, self.run.stage) {
            (_, Stage::Due(at)) => return at <= self.now,
            (Node::Wait { next, .. }, Stage::Waiting(until)) => over(until).map(|due| (*next, due)),
            (Node::Wait { next, otherwise, until: Until::Event { of, .. } }, Stage::Listening(until)) => {
                // An event that came in time counts, even if it is told late.
                let came = event.filter(|event| event.at <= until && of.is(event, &self.facts.run));
                came.map_or_else(|| over(until).map(|due| (*otherwise, due)), |_| Some((*next, self.now)))
            }
            (Node::Action { step, next, failed }, Stage::Sent(until, channel)) => {
                let told = event.and_then(|event| fate(event, &key(&self.facts.run, place, self.run.steps)));
                let last = is_last(step, channel);
                let failed = failed.map_or(*next, |(node, _)| node);
                match told {
                    Some(Fate::Delivered) => Some((*next, self.now)),
                    Some(Fate::Sent) if last => Some((*next, self.now)),
                    Some(Fate::Failed) if last => Some((failed, self.now)),
                    Some(Fate::Failed) => return self.next_channel(place, channel),
                    Some(Fate::Sent) | None if until > self.now => None,
                    Some(Fate::Sent) | None if last && step.message().is_some() => Some((*next, until)),
                    // Nobody has said that it was done, and it is not done any more.
                    Some(Fate::Sent) | None if last => Some((failed, until)),
                    Some(Fate::Sent) | None => return self.next_channel(place, channel),
                }
            }
            // The node is another one since a newer version: a wait that was begun is one, all else is still to be done.
            (Node::Wait { next, .. }, Stage::Listening(until)) => over(until).map(|due| (*next, due)),
            _ => self.run.wake().and_then(over).map(|due| (self.run.node, due)),
        };
        let Some((node, due)) = to else { return false };
        self.run.node = node;
        self.run.stage = Stage::Due(due);
        true
    }

    /// Goes on until the run waits or has left.
    fn go(&mut self) {
        // A chain that was checked has no circle without a wait; one that was not ends here.
        for _ in 0..=self.version.nodes.len() {
            let Stage::Due(due) = self.run.stage else { return };
            let Some(place) = self.version.node(self.run.node) else { return self.end("node_gone") };
            if self.run.steps >= STEPS_MAX {
                return self.end("too_many_steps");
            }
            self.visited.push(self.run.node);
            self.run.steps = self.run.steps.saturating_add(1);
            self.pass(place, due);
        }
        if let Stage::Due(_) = self.run.stage {
            self.end("endless");
        }
    }

    fn pass(&mut self, place: &'a Place, due: i64) {
        match &place.node {
            Node::Exit => self.end("exit"),
            Node::Branch { yes, no, .. } => {
                let holds = self.facts.answers.get(&place.name).copied().unwrap_or(false);
                self.run.node = if holds { *yes } else { *no };
            }
            Node::Split { salt, ways } => {
                if let Some(next) = way(salt, ways, &self.facts.member) {
                    self.run.node = next;
                } else {
                    self.end("no_way");
                }
            }
            Node::Wait { until, otherwise, .. } => match until {
                Until::Time { after, clock, weekdays } => {
                    let from =
                        after.map_or(self.now.saturating_add(1), |span| span.after(self.now, &self.zone));
                    let at = clock.map_or(Some(from), |clock| clock.next(from, &self.zone, *weekdays));
                    match at {
                        Some(at) => self.run.stage = Stage::Waiting(at),
                        None => self.end("no_such_time"),
                    }
                }
                Until::Event { at_most, .. } => {
                    self.run.stage = Stage::Listening(at_most.after(self.now, &self.zone));
                }
                Until::Date(date) => match self.date(date) {
                    Some(at) => self.run.stage = Stage::Waiting(at),
                    None => self.run.node = *otherwise,
                },
            },
            Node::Action { step, next, .. } => {
                let too_late_after = self.version.lateness(place).after(due, &self.zone);
                if self.now > too_late_after {
                    let effect = self.effect(place, due, Action::TooLate(step));
                    self.effects.push(effect);
                    self.run.node = *next;
                } else {
                    self.act(place, step, 0, too_late_after);
                }
            }
        }
    }

    /// Goes on to the next channel of the message of a node. True if the run can go on then.
    fn next_channel(&mut self, place: &'a Place, channel: u8) -> bool {
        let Node::Action { step, .. } = &place.node else { return false };
        // A step of its own, so that what is told of the channel before is not taken for this one.
        self.run.steps = self.run.steps.saturating_add(1);
        let too_late_after = self.version.lateness(place).after(self.now, &self.zone);
        self.run.stage = Stage::Due(self.now);
        self.act(place, step, channel.saturating_add(1), too_late_after);
        matches!(self.run.stage, Stage::Due(_))
    }

    /// Does something, and waits for what becomes of it if the chain goes on by that.
    fn act(&mut self, place: &'a Place, step: &'a Step, channel: u8, too_late_after: i64) {
        let Node::Action { next, failed, .. } = &place.node else { return };
        let channels = step.message().map_or(&[][..], |message| &message.channels);
        let ttl = channels.get(usize::from(channel)).and_then(|channel| channel.ttl);
        let ttl = ttl.map(|ttl| ttl.after(self.now, &self.zone));
        let mut too_late_after = ttl.map_or(too_late_after, |ttl| ttl.min(too_late_after));
        let mut waits = if is_last(step, channel) {
            failed.map(|(_, within)| within.after(self.now, &self.zone))
        } else {
            ttl
        };
        if step.message().is_none() {
            // What is not done by then is not done any more, so that no run goes on both ways.
            too_late_after = waits.map_or(too_late_after, |until| until.min(too_late_after));
            waits = waits.map(|until| until.saturating_add(WORD_MS));
        }
        let effect =
            self.effect(place, due_of(&self.run, self.now), Action::Do { step, channel, too_late_after });
        self.effects.push(effect);
        let (member, run) = (&self.facts.member, &self.run);
        let is_recorded =
            step.message().map_or(run.ghost, |message| self.version.is_recorded(run, member, message));
        match waits {
            // What is only recorded for a ghost cannot fail.
            Some(until) if !is_recorded => self.run.stage = Stage::Sent(until, channel),
            _ => self.run.node = *next,
        }
    }

    fn date(&self, date: &Date) -> Option<i64> {
        let day = audience::parse_date(self.facts.dates.get(&date.attribute)?)?;
        of_date(day, date.days, date.yearly, date.time, self.now, &self.zone)
    }

    fn effect(&self, place: &'a Place, due: i64, action: Action<'a>) -> Effect<'a> {
        Effect { key: key(&self.facts.run, place, self.run.steps), node: &place.name, due, action }
    }
}

/// When what a run does now was due.
fn due_of(run: &Run, now: i64) -> i64 {
    if let Stage::Due(due) = run.stage { due } else { now }
}

/// The way that a member is drawn to, always the same.
fn way(salt: &str, ways: &[Way], member: &str) -> Option<NodeIndex> {
    let mut drawn = domain::sample::drawn(&["split", salt, member], 10_000)
        .and_then(|drawn| i64::try_from(drawn).ok())?;
    for way in ways {
        drawn = drawn.checked_sub(i64::from(way.percent.0))?;
        if drawn < 0 {
            return Some(way.next);
        }
    }
    None
}

/// How long an action may be late, for those who plan ahead.
impl Version {
    /// How late the action of a node may be.
    pub fn lateness(&self, place: &Place) -> Span {
        place.too_late_after.unwrap_or(self.too_late_after)
    }
}
