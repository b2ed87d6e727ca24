//! A world with a few members, for simulations.

use std::collections::BTreeMap;

use communications::Event;
use communications::chains::{
    EventOf, Facts, Options, Reactions, Simulation, Version, Wants, World, read, simulate,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub(super) fn version(document: &Value) -> Version {
    read(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Milliseconds of a time such as `2026-03-02T10:00:00Z`.
pub(super) fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).as_millisecond()
}

/// A member of a test.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) zone: &'static str,
    pub(super) dates: BTreeMap<String, String>,
    pub(super) answers: BTreeMap<String, bool>,
}

pub(super) fn member(id: &str, zone: &'static str) -> Member {
    Member { id: id.to_owned(), zone, dates: BTreeMap::new(), answers: BTreeMap::new() }
}

pub(super) struct Shop(pub(super) Vec<Member>);

impl World for Shop {
    fn members(&self) -> u32 {
        u32::try_from(self.0.len()).expect("few members")
    }

    fn facts(&mut self, member: u32, wants: &Wants<'_>, _: i64) -> Facts {
        let member = &self.0[usize::try_from(member).expect("few members")];
        let mut facts = Facts { member: member.id.clone(), zone: member.zone.to_owned(), ..Facts::default() };
        for name in &wants.dates {
            facts.dates.extend(member.dates.get(*name).map(|value| ((*name).to_owned(), value.clone())));
        }
        for node in wants.rules.keys() {
            facts.answers.insert((*node).to_owned(), member.answers.get(*node).copied().unwrap_or(false));
        }
        facts
    }
}

/// An event of member 0 with a number of its own.
pub(super) fn event(time: &str, kind: &str, payload: Value) -> EventOf {
    let event = Event { kind: kind.to_owned(), at: at(time), payload };
    EventOf { member: 0, id: ("shop".to_owned(), format!("{kind}/{time}")), event }
}

pub(super) fn options() -> Options {
    Options {
        chain: "chain".to_owned(),
        from: at("2026-01-01T00:00:00Z"),
        to: at("2028-01-01T00:00:00Z"),
        reactions: Reactions::None,
        window: 7 * 86_400_000,
        quiet: None,
        trace: true,
    }
}

pub(super) fn simulated(version: &Version, shop: Vec<Member>, events: Vec<EventOf>) -> Simulation {
    simulate(version, &options(), &mut Shop(shop), events, &mut |_| {})
}

/// The timeline as texts: local time, node, what is done.
pub(super) fn timeline(simulation: &Simulation, zone: &str) -> Vec<String> {
    let zone = TimeZone::get(zone).expect("a zone");
    let line = |(at, _, node, what): &(i64, u32, String, String)| {
        let local = Timestamp::from_millisecond(*at).expect("a time").to_zoned(zone.clone());
        format!("{} {node}: {what}", local.strftime("%a %Y-%m-%d %H:%M"))
    };
    simulation.trace.iter().map(line).collect()
}

/// A chain that waits as told, then says so.
pub(super) fn waiting(wait: &Value) -> Value {
    let mut node = json!({ "type": "wait", "next": "say" });
    for (name, value) in wait.as_object().expect("fields of a wait") {
        node[name] = value.clone();
    }
    json!({
        "triggers": [{ "event": "go" }],
        "reentry": "always",
        "start": "wait",
        "nodes": {
            "wait": node,
            "say": { "type": "message", "template": "t", "channel": "email", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}
