//! The results of a simulation.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::document::{Message, NodeIndex, Step, Version};
use super::scenario::{EventOf, Options};
use super::step::{Action, Effect, Outcome};
use crate::quiet_hours::{QuietHours, Timing, timing};

const HOUR_MS: i64 = 3_600_000;

/// The results of a simulation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Events in the stretch of time.
    pub events: u64,
    /// Runs that began.
    pub entries: u64,
    /// Those of them that were ghosts.
    pub ghosts: u64,
    /// Different members who entered.
    pub members: u64,
    /// Events that belonged to an active run.
    pub joined: u64,
    /// Events of members who had been there.
    pub refused: u64,
    /// How often each node was gone through, by name.
    pub visits: BTreeMap<String, u64>,
    /// Runs that still wait at the end, by node.
    pub waiting: BTreeMap<String, u64>,
    /// Runs that left, by reason.
    pub left: BTreeMap<&'static str, u64>,
    /// Messages by the hour in which they begin (milliseconds since 1970) and their first channel; not those of ghosts.
    pub messages: BTreeMap<(i64, String), u64>,
    /// Those of them that fall into quiet hours and wait for their end.
    pub held: u64,
    /// Those of them that would be too late then, and are dropped.
    pub dropped: u64,
    /// Messages that ghosts would have got.
    pub ghost_messages: u64,
    /// Actions that were left out as too late, by node.
    pub too_late: BTreeMap<String, u64>,
    /// Other actions by kind; not those of ghosts.
    pub actions: BTreeMap<&'static str, u64>,
    /// Goals reached, by name.
    pub goals: BTreeMap<String, u64>,
    /// Points given in all, as a decimal.
    pub points: Decimal,
    /// Those of them that expire.
    pub expiring_points: Decimal,
    /// Purchases after entries.
    pub anyway: Anyway,
    /// What was done when, if asked for: time, member, node, what.
    pub trace: Vec<(i64, u32, String, String)>,
}

/// Members who bought within the window after they entered for the first time: without a single message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anyway {
    /// Members whose window was over before the end.
    pub members: u64,
    /// Those of them who bought.
    pub bought: u64,
}

/// Whose step it was.
pub(super) struct Stepped<'a> {
    pub(super) member: u32,
    pub(super) ghost: bool,
    /// Name of the member's zone.
    pub(super) zone: &'a str,
}

pub(super) struct Tally {
    report: Simulation,
    window: i64,
    from: i64,
    to: i64,
    trace: bool,
    quiet: Option<QuietHours>,
    visits: Vec<u64>,
    /// First entry of a member, and whether it bought within the window.
    entered: BTreeMap<u32, (i64, bool)>,
}

impl Tally {
    pub(super) fn new(version: &Version, options: &Options) -> Self {
        Self {
            report: Simulation::default(),
            window: options.window,
            from: options.from,
            to: options.to,
            trace: options.trace,
            quiet: options.quiet,
            visits: vec![0; version.nodes.len()],
            entered: BTreeMap::new(),
        }
    }

    pub(super) fn events(&self) -> u64 {
        self.report.events
    }

    pub(super) fn event(&mut self, event: &EventOf) {
        debug_assert!(event.event.at >= self.from, "earlier events only count for triggers");
        add(&mut self.report.events);
        if event.event.kind == "purchase"
            && let Some((at, bought)) = self.entered.get_mut(&event.member)
            && event.event.at > *at
            && event.event.at.saturating_sub(*at) <= self.window
        {
            *bought = true;
        }
    }

    pub(super) fn joined(&mut self) {
        add(&mut self.report.joined);
    }

    pub(super) fn refused(&mut self) {
        add(&mut self.report.refused);
    }

    pub(super) fn left(&mut self, why: &'static str) {
        add(self.report.left.entry(why).or_default());
    }

    pub(super) fn entered(&mut self, member: u32, now: i64, ghost: bool) {
        add(&mut self.report.entries);
        if ghost {
            add(&mut self.report.ghosts);
        }
        self.entered.entry(member).or_insert((now, false));
    }

    pub(super) fn stepped(&mut self, version: &Version, of: &Stepped<'_>, outcome: &Outcome<'_>, now: i64) {
        for index in &outcome.visited {
            if let Some(count) = self.visits.get_mut(usize::from(index.0)) {
                add(count);
            }
        }
        for effect in &outcome.effects {
            self.effect(effect, of, now);
        }
        if let Some(why) = outcome.left {
            self.left(why);
            let node = version.node(outcome.run.node).map(|place| place.name.clone());
            self.note(now, of.member, node.unwrap_or_default(), format!("leaves: {why}"));
        }
    }

    fn effect(&mut self, effect: &Effect<'_>, of: &Stepped<'_>, now: i64) {
        let what = match effect.action {
            Action::TooLate(_) => {
                add(self.report.too_late.entry(effect.node.to_owned()).or_default());
                "too late".to_owned()
            }
            Action::Goal(name) => {
                add(self.report.goals.entry(name.to_owned()).or_default());
                format!("goal {name}")
            }
            Action::Do { step, too_late_after, .. } => {
                if of.ghost {
                    self.ghost(step);
                } else {
                    self.done(step, now);
                    if step.message().is_some() {
                        self.hold(of.zone, too_late_after, now);
                    }
                }
                describe(step)
            }
        };
        let what = if of.ghost { format!("ghost: {what}") } else { what };
        self.note(now, of.member, effect.node.to_owned(), what);
    }

    fn hold(&mut self, zone: &str, too_late_after: i64, now: i64) {
        let Some(quiet) = &self.quiet else { return };
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        match timing(Some(quiet), now, Some(too_late_after), &zone) {
            Timing::Now => {}
            Timing::Hold(_) => add(&mut self.report.held),
            Timing::TooLate => add(&mut self.report.dropped),
        }
    }

    fn ghost(&mut self, step: &Step) {
        match step {
            Step::Message(_) | Step::Survey { .. } => add(&mut self.report.ghost_messages),
            Step::Goal { name } => add(self.report.goals.entry(name.clone()).or_default()),
            _ => {}
        }
    }

    fn done(&mut self, step: &Step, now: i64) {
        let kind = match step {
            Step::Message(message) => return self.message(message, now),
            Step::Survey { message, .. } => {
                self.message(message, now);
                "surveys"
            }
            Step::Points(points) => {
                let amount: Decimal = points.amount.parse().unwrap_or_default();
                self.report.points = self.report.points.saturating_add(amount);
                if points.expires_after.is_some() {
                    self.report.expiring_points = self.report.expiring_points.saturating_add(amount);
                }
                "grants of points"
            }
            Step::Attribute { .. } => "attributes",
            Step::PersonalOffer { .. } => "personal offers",
            Step::Coupon { .. } => "coupons",
            Step::Tag { .. } => "tags",
            Step::Webhook { .. } => "webhooks",
            Step::Goal { name } => return add(self.report.goals.entry(name.clone()).or_default()),
        };
        add(self.report.actions.entry(kind).or_default());
    }

    fn message(&mut self, message: &Message, now: i64) {
        let hour = now.div_euclid(HOUR_MS).saturating_mul(HOUR_MS);
        let channel = message.channels.first().map(|channel| channel.name.clone()).unwrap_or_default();
        add(self.report.messages.entry((hour, channel)).or_default());
    }

    fn note(&mut self, now: i64, member: u32, node: String, what: String) {
        if self.trace {
            self.report.trace.push((now, member, node, what));
        }
    }

    pub(super) fn finish(
        mut self,
        version: &Version,
        waiting: impl Iterator<Item = NodeIndex>,
    ) -> Simulation {
        let name = |index: NodeIndex| version.node(index).map(|place| place.name.clone()).unwrap_or_default();
        for index in waiting {
            add(self.report.waiting.entry(name(index)).or_default());
        }
        let visits = version.nodes.iter().zip(&self.visits);
        self.report.visits = visits.map(|(place, count)| (place.name.clone(), *count)).collect();
        self.report.members = u64::try_from(self.entered.len()).unwrap_or(u64::MAX);
        let last = self.to.saturating_sub(self.window);
        for (_, bought) in self.entered.values().filter(|(at, _)| *at <= last) {
            add(&mut self.report.anyway.members);
            if *bought {
                add(&mut self.report.anyway.bought);
            }
        }
        self.report
    }
}

fn add(count: &mut u64) {
    *count = count.saturating_add(1);
}

/// The effect of a step, in a few words.
fn describe(step: &Step) -> String {
    match step {
        Step::Message(message) => format!("message {}", message.template),
        Step::Survey { name, message } => format!("survey {name}: message {}", message.template),
        Step::Points(points) => format!("{} points", points.amount),
        Step::Attribute { name, .. } => format!("attribute {name}"),
        Step::PersonalOffer { offer, .. } => format!("personal offer {offer}"),
        Step::Coupon { pool } => format!("coupon of {pool}"),
        Step::Tag { name, on: true } => format!("tag {name}"),
        Step::Tag { name, on: false } => format!("no tag {name}"),
        Step::Webhook { channel, .. } => format!("webhook {channel}"),
        Step::Goal { name } => format!("goal {name}"),
    }
}
