//! A chain over recorded events, by a clock that jumps from one to the next: the same [`step()`] as in real life.
//!
//! What members would have done about messages that were never sent is not known, and not made up. What they are asked to
//! react to is answered by nobody or by everybody, which bounds the truth.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use domain::sample::in_share;
use serde_json::json;

use super::document::{DATE_REACHED, Node, Reentry, Trigger, Until, Version};
use super::entry::{Admission, Earlier, admit, entry};
use super::run::{Run, Stage};
use super::scenario::{EventOf, Options, Reactions};
use super::step::{Facts, Outcome, Wants, event_concerns, step, wants};
pub use super::tally::{Anyway, Simulation};
use super::tally::{Stepped, Tally};
use super::when::of_date;
use crate::event::Event;

/// After how long a reaction comes if everybody reacts, in milliseconds.
const REACTION_MS: i64 = 60_000;
/// How long a simulated message takes, in milliseconds.
const SENDING_MS: i64 = 1_000;

/// The members as they were.
pub trait World {
    /// How many members there are; their numbers go from 0.
    fn members(&self) -> u32;
    /// What is known of a member at a time; `run` is left to the caller.
    fn facts(&mut self, member: u32, wants: &Wants<'_>, now: i64) -> Facts;
}

/// How far a simulation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events read.
    pub events: u64,
}

/// Runs a chain over events, which must be in the order of time. `show` is told after each ten thousand of them.
pub fn simulate(
    version: &Version,
    options: &Options,
    world: &mut dyn World,
    events: impl IntoIterator<Item: Borrow<EventOf>>,
    show: &mut dyn FnMut(Progress),
) -> Simulation {
    let mut machine = Machine {
        version,
        options,
        world,
        runs: Vec::new(),
        by_member: BTreeMap::new(),
        counts: BTreeMap::new(),
        due: BinaryHeap::new(),
        tally: Tally::new(version, options),
    };
    let mut days = machine.days().into_iter().peekable();
    for event in events {
        let event: &EventOf = event.borrow();
        if event.event.at >= options.to {
            break;
        }
        while let Some(day) = days.next_if(|day| day.event.at <= event.event.at) {
            machine.event(&day);
        }
        machine.event(event);
        if machine.tally.events().is_multiple_of(10_000) {
            show(Progress { events: machine.tally.events() });
        }
    }
    for day in days {
        machine.event(&day);
    }
    machine.wake_until(options.to.saturating_sub(1));
    let waiting = machine.runs.iter().filter(|live| live.run.is_active()).map(|live| live.run.node);
    machine.tally.finish(version, waiting)
}

struct Live {
    member: u32,
    run: Run,
    name: String,
}

/// The reason why a run is woken, in the order of those at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Wait,
    Sent,
    Reaction,
}

struct Machine<'a> {
    version: &'a Version,
    options: &'a Options,
    world: &'a mut dyn World,
    runs: Vec<Live>,
    /// Runs by member and entry: how many there were, and the latest.
    by_member: BTreeMap<u32, BTreeMap<String, (u32, Vec<usize>)>>,
    /// Earlier events by member and trigger.
    counts: BTreeMap<(u32, usize), u32>,
    due: BinaryHeap<Reverse<(i64, usize, Why)>>,
    tally: Tally,
}

impl Machine<'_> {
    /// The days that triggers ask for, in order.
    fn days(&mut self) -> Vec<EventOf> {
        let mut days = Vec::new();
        for (place, trigger) in self.version.triggers.iter().enumerate() {
            let Trigger::Date(date) = trigger else { continue };
            let mut wants = Wants::default();
            wants.dates.insert(&date.attribute);
            for member in 0..self.world.members() {
                let facts = self.world.facts(member, &wants, self.options.from);
                let zone = jiff::tz::TimeZone::get(&facts.zone).unwrap_or(jiff::tz::TimeZone::UTC);
                let value = facts.dates.get(&date.attribute);
                let Some(day) = value.and_then(|day| domain::audience::parse_date(day)) else { continue };
                let mut after = self.options.from.saturating_sub(1);
                while let Some(at) = of_date(day, date.days, date.yearly, date.time, after, &zone)
                    .filter(|at| *at < self.options.to)
                {
                    after = at;
                    let event = Event {
                        kind: DATE_REACHED.to_owned(),
                        at,
                        payload: json!({ "chain": self.options.chain, "trigger": place }),
                    };
                    days.push(EventOf { member, id: ("chains".to_owned(), format!("{member}/{at}")), event });
                }
            }
        }
        days.sort_by_key(|day| (day.event.at, day.member));
        days
    }

    fn event(&mut self, event: &EventOf) {
        let before = event.event.at < self.options.from;
        if !before {
            self.wake_until(event.event.at);
            self.tally.event(event);
            self.tell_runs(event);
        }
        self.enter(event, before);
    }

    /// Tells the member's runs.
    fn tell_runs(&mut self, event: &EventOf) {
        let Some(entries) = self.by_member.get(&event.member) else { return };
        let mut told: Vec<usize> = entries.values().flat_map(|(_, runs)| runs.iter().copied()).collect();
        told.sort_unstable();
        for place in told {
            let Some(live) = self.runs.get(place) else { continue };
            if event_concerns(self.version, &live.run, &event.event, &live.name) {
                self.step(place, Some(&event.event), event.event.at);
            }
        }
    }

    fn enter(&mut self, event: &EventOf, before: bool) {
        let counts = &mut self.counts;
        let member = event.member;
        let triggers = &self.version.triggers;
        let place_of = |trigger: &Trigger| triggers.iter().position(|other| other == trigger).unwrap_or(0);
        let mut earlier =
            |trigger: &Trigger| counts.get(&(member, place_of(trigger))).copied().unwrap_or_default();
        let found = if before { None } else { entry(self.version, &event.event, &mut earlier) };
        for (place, trigger) in self.version.triggers.iter().enumerate() {
            if let Trigger::Event { of, number: Some(_) } = trigger
                && of.is(&event.event, "")
            {
                let count = self.counts.entry((member, place)).or_default();
                *count = count.saturating_add(1);
            }
        }
        let Some(found) = found else { return };
        let key = found.key.clone();
        let (runs, live) = self.by_member.entry(member).or_default().entry(key).or_default();
        live.retain(|place| self.runs.get(*place).is_some_and(|live| live.run.is_active()));
        let active = !live.is_empty();
        let id = (event.id.0.as_str(), event.id.1.as_str());
        let admission = admit(self.version.reentry, &found, id, Earlier { runs: *runs, active });
        let restarted = match admission {
            Admission::Joined => return self.tally.joined(),
            Admission::Refused => return self.tally.refused(),
            Admission::Enter(_) => None,
            Admission::Restart(_) => live.pop(),
        };
        let place = self.runs.len();
        *runs = runs.saturating_add(1);
        if self.version.reentry != Reentry::Always {
            live.clear();
        }
        live.push(place);
        if let Some(ended) = restarted.and_then(|ended| self.runs.get_mut(ended)) {
            ended.run.stage = Stage::Left;
            self.tally.left("restarted");
        }
        let now = event.event.at;
        let facts = self.world.facts(member, &Wants::default(), now);
        let control = self.version.control.as_ref();
        let ghost = control.is_some_and(|control| in_share(control.percent, &control.salt, &facts.member));
        self.runs.push(Live {
            member,
            run: Run::begin(self.version.start, now, ghost),
            name: format!("{}/{place}", self.options.chain),
        });
        self.tally.entered(member, now, ghost);
        self.step(place, None, now);
    }

    /// Wakes all runs whose time has come.
    fn wake_until(&mut self, now: i64) {
        while let Some(Reverse((at, place, why))) = self.due.peek().copied().filter(|next| next.0.0 <= now) {
            self.due.pop();
            let Some(live) = self.runs.get(place) else { continue };
            let event = match why {
                Why::Wait if live.run.wake() == Some(at) => None,
                Why::Wait => continue,
                Why::Sent => self.said("message_delivered", &live.name, live.run.node, live.run.steps, at),
                Why::Reaction => self.reaction(live, at),
            };
            if why == Why::Wait || event.is_some() {
                self.step(place, event.as_ref(), at);
            }
        }
    }

    fn said(&self, kind: &str, run: &str, node: super::NodeIndex, steps: u16, at: i64) -> Option<Event> {
        let name = &self.version.node(node)?.name;
        let cause = format!("{run}/{name}/{steps}");
        Some(Event { kind: kind.to_owned(), at, payload: json!({ "cause": cause }) })
    }

    /// The reaction that a run waits for.
    fn reaction(&self, live: &Live, at: i64) -> Option<Event> {
        let Node::Wait { until: Until::Event { of, .. }, .. } = &self.version.node(live.run.node)?.node
        else {
            return None;
        };
        let node = self.version.find(of.message.as_ref()?)?;
        self.said(&of.event, &live.name, node, 0, at)
    }

    fn step(&mut self, place: usize, event: Option<&Event>, now: i64) {
        let Some(live) = self.runs.get(place) else { return };
        let wanted = wants(self.version, &live.run);
        let mut facts = self.world.facts(live.member, &wanted, now);
        facts.run.clone_from(&live.name);
        let outcome = step(self.version, &live.run, event, &facts, now);
        let member = Stepped { member: live.member, ghost: live.run.ghost, zone: &facts.zone };
        self.tally.stepped(self.version, &member, &outcome, now);
        self.sleep(place, &outcome, now);
        let Some(live) = self.runs.get_mut(place) else { return };
        live.run = outcome.run;
    }

    /// Notes when the run must be woken.
    fn sleep(&mut self, place: usize, outcome: &Outcome<'_>, now: i64) {
        let Some(wake) = outcome.wake else { return };
        self.due.push(Reverse((wake, place, Why::Wait)));
        match outcome.run.stage {
            Stage::Sent(..) => self.due.push(Reverse((now.saturating_add(SENDING_MS), place, Why::Sent))),
            Stage::Listening(_) if self.options.reactions == Reactions::All && !outcome.run.ghost => {
                self.due.push(Reverse((now.saturating_add(REACTION_MS), place, Why::Reaction)));
            }
            _ => {}
        }
    }
}
