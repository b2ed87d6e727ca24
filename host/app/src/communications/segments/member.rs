//! A member while its segments are worked out.

use std::collections::{BTreeMap, BTreeSet};

use communications::rfm::Scores;
use communications::segments::days::day_of;
use communications::segments::index::Changed;
use communications::segments::{Fact, Facts, History};
use domain::audience::Value;
use jiff::tz::TimeZone;
use store::{FactRow, SegmentAttribute, SegmentMember};

use super::profile::{self, Tills};

/// A member with all that rules read of it.
pub(super) struct Member {
    pub(super) number: u32,
    /// Whether rules know of it already.
    pub(super) is_known: bool,
    pub(super) zone_name: String,
    pub(super) zone: TimeZone,
    pub(super) points: Option<i64>,
    pub(super) scores: Option<Scores>,
    /// As they are stored.
    texts: BTreeMap<String, String>,
    attributes: BTreeMap<String, Value>,
    /// By the digest of the measure, the earliest first.
    facts: BTreeMap<String, Vec<Fact>>,
    /// Segments that it is in, of those that were loaded.
    pub(super) inside: BTreeSet<String>,
}

impl Member {
    /// One of which nothing is stored yet.
    pub(super) fn unknown(number: u32, zone_name: String) -> Self {
        Self {
            number,
            is_known: false,
            zone: profile::zone(&zone_name),
            zone_name,
            points: None,
            scores: None,
            texts: BTreeMap::new(),
            attributes: BTreeMap::new(),
            facts: BTreeMap::new(),
            inside: BTreeSet::new(),
        }
    }

    /// One that is stored, without its attributes and facts.
    pub(super) fn stored(row: SegmentMember) -> Self {
        Self {
            is_known: true,
            points: row.points,
            scores: row.scores.and_then(scores),
            ..Self::unknown(row.number, row.zone)
        }
    }

    /// Adds a stored attribute.
    pub(super) fn add_attribute(&mut self, name: String, text: String) {
        if let Some(value) = attribute(&text) {
            self.attributes.insert(name.clone(), value);
        }
        self.texts.insert(name, text);
    }

    /// Adds a fact, unless it is there already.
    pub(super) fn add_fact(&mut self, digest: &str, fact: Fact) {
        let facts = self.facts.entry(digest.to_owned()).or_default();
        if let Err(place) = facts.binary_search_by_key(&(fact.at, fact.seq), |fact| (fact.at, fact.seq)) {
            facts.insert(place, fact);
        }
    }

    /// Takes what the tills know; returns what has changed.
    pub(super) fn take(&mut self, tills: &Tills) -> Vec<Changed> {
        let mut changes = Vec::new();
        if !self.is_known {
            changes.push(Changed::Member);
        }
        if self.points != tills.points {
            self.points = tills.points;
            changes.push(Changed::Points);
        }
        if self.texts != tills.attributes {
            let names: BTreeSet<&String> = self.texts.keys().chain(tills.attributes.keys()).collect();
            let differs = |name: &&&String| self.texts.get(**name) != tills.attributes.get(**name);
            let names: Vec<String> = names.iter().filter(differs).map(|name| (*name).clone()).collect();
            changes.extend(names.into_iter().map(Changed::Attribute));
            self.attributes.clear();
            self.texts.clear();
            for (name, text) in &tills.attributes {
                self.add_attribute(name.clone(), text.clone());
            }
        }
        if self.zone_name != tills.zone {
            self.zone_name.clone_from(&tills.zone);
            self.zone = profile::zone(&tills.zone);
            self.date_facts();
            changes.push(Changed::Zone);
        }
        changes
    }

    /// Finds the day of each fact in the member's zone.
    pub(super) fn date_facts(&mut self) {
        for fact in self.facts.values_mut().flatten() {
            fact.day = day_of(fact.at, &self.zone);
        }
    }

    /// What rules read.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            zone: &self.zone,
            attributes: &self.attributes,
            points: self.points,
            rfm: self.scores,
            segments: &self.inside,
            history: History::Facts(&self.facts),
        }
    }

    /// The row of the member.
    pub(super) fn row(&self) -> SegmentMember {
        let scores =
            self.scores.map(|scores| [scores.recency, scores.frequency, scores.monetary].map(i64::from));
        SegmentMember { number: self.number, zone: self.zone_name.clone(), points: self.points, scores }
    }

    /// The rows of its attributes.
    pub(super) fn attribute_rows(&self) -> impl Iterator<Item = SegmentAttribute> {
        self.texts.iter().map(|(name, value)| SegmentAttribute {
            number: self.number,
            name: name.clone(),
            value: value.clone(),
        })
    }

    /// The rows of its facts; `number_of` has the number of a measure by its digest.
    pub(super) fn fact_rows(&self, number_of: &impl Fn(&str) -> Option<i64>) -> Vec<FactRow> {
        let of_measure = |(digest, facts): (&String, &Vec<Fact>)| {
            let measure = number_of(digest);
            let row = |fact: &Fact| {
                let Fact { day, at, seq, value } = *fact;
                Some(FactRow { measure: measure?, number: self.number, day, at, seq, value })
            };
            facts.iter().filter_map(row).collect::<Vec<_>>()
        };
        self.facts.iter().flat_map(of_measure).collect()
    }
}

/// Scores as they are stored.
pub(super) fn scores([recency, frequency, monetary]: [i64; 3]) -> Option<Scores> {
    Some(Scores {
        recency: u8::try_from(recency).ok()?,
        frequency: u8::try_from(frequency).ok()?,
        monetary: u8::try_from(monetary).ok()?,
    })
}

/// The value of an attribute from its JSON text.
pub(super) fn attribute(text: &str) -> Option<Value> {
    wire::audience::value(&wire::json::parse(text).ok()?)
}
