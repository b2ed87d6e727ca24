//! The members of a recording as a simulation reads them.

use std::collections::{BTreeMap, BTreeSet};

use communications::Event;
use communications::chains::{Facts, Wants, World};
use communications::segments::{self, History};
use domain::audience::Value;
use jiff::tz::TimeZone;

use super::recorded::{Member, Recording};

/// Members of a recording. Attributes are as they are now; segments as their events said at the time.
pub(super) struct Recorded<'a> {
    recording: &'a Recording,
    /// Zone of members of whom none is known.
    zone: &'a str,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(recording: &'a Recording, zone: &'a str) -> Self {
        Self { recording, zone }
    }

    fn answers(&self, member: &Member, zone: &str, wants: &Wants<'_>, now: i64) -> BTreeMap<String, bool> {
        if wants.rules.is_empty() {
            return BTreeMap::new();
        }
        // Not copied: a purchase has many lines, and each branch of each run looks at all that came before.
        let past = member.events.iter().filter_map(|place| self.recording.all.get(*place));
        let events: Vec<&Event> =
            past.map(|event| &event.event).take_while(|event| event.at <= now).collect();
        let mut inside = BTreeSet::new();
        for event in &events {
            let name = event.payload.get("name").and_then(serde_json::Value::as_str);
            match (event.kind.as_str(), name) {
                (segments::ENTERED, Some(name)) => {
                    inside.insert(name.to_owned());
                }
                (segments::LEFT, Some(name)) => {
                    inside.remove(name);
                }
                _ => {}
            }
        }
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let measures = wants.rules.values().flat_map(|rule| rule.measures());
        let history = measures
            .map(|measure| (measure.digest(), segments::taken(measure, events.iter().copied(), &zone)))
            .collect();
        let facts = segments::Facts {
            zone: &zone,
            attributes: &member.attributes,
            points: None,
            rfm: None,
            segments: &inside,
            history: History::Facts(&history),
        };
        let answer = |(node, rule): (&&str, &&segments::Rule)| {
            ((*node).to_owned(), segments::evaluate(rule, &facts, now))
        };
        wants.rules.iter().map(answer).collect()
    }
}

impl World for Recorded<'_> {
    fn members(&self) -> u32 {
        u32::try_from(self.recording.members.len()).unwrap_or(u32::MAX)
    }

    fn facts(&mut self, member: u32, wants: &Wants<'_>, now: i64) -> Facts {
        let Some(member) = usize::try_from(member).ok().and_then(|member| self.recording.members.get(member))
        else {
            return Facts::default();
        };
        let zone = member.zone.as_deref().unwrap_or(self.zone);
        let dates = wants.dates.iter().filter_map(|name| match member.attributes.get(*name) {
            Some(Value::Text(date)) => Some(((*name).to_owned(), date.clone())),
            _ => None,
        });
        Facts {
            run: String::new(),
            member: member.id.clone(),
            zone: zone.to_owned(),
            dates: dates.collect(),
            answers: self.answers(member, zone, wants, now),
        }
    }
}
