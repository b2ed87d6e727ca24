//! A piece of work on some members: they are loaded together, change one after the other, and are written together.

use std::collections::{BTreeMap, BTreeSet};

use communications::segments::days::day_of;
use communications::segments::index::Changed;
use communications::segments::members::{RoaringBitmap, place_of, write};
use communications::segments::{ENTERED, Fact, LEFT, SOURCE, evaluate};
use serde_json::json;
use store::{NewEvent, SegmentWork, SetRow, Subject};

use super::catalogue::Catalogue;
use super::member::Member;
use super::profile::{self, Tills};
use super::sets::read_set;
use crate::error::Error;
use crate::state::App;

/// The part of a segment's members that is in one container.
struct Part {
    members: RoaringBitmap,
    has_changed: bool,
}

/// Members with what is stored of them, and the parts of segments that they are in.
pub(super) struct Batch<'a> {
    catalogue: &'a Catalogue,
    members: BTreeMap<u32, Member>,
    /// By segment and container.
    parts: BTreeMap<(String, u32), Part>,
    pub(super) work: SegmentWork,
}

impl<'a> Batch<'a> {
    /// Loads members, and the parts of segments that `changes` may reach, as [`Batch::load_parts`] does.
    pub(super) async fn load(
        app: &App,
        catalogue: &'a Catalogue,
        numbers: &[u32],
        changes: &[Changed],
    ) -> Result<Self, Error> {
        let mut batch = Self::load_members(app, catalogue, numbers).await?;
        batch.load_parts(app, changes).await?;
        Ok(batch)
    }

    /// Loads members without the segments that they are in.
    pub(super) async fn load_members(
        app: &App,
        catalogue: &'a Catalogue,
        numbers: &[u32],
    ) -> Result<Self, Error> {
        let mut members: BTreeMap<u32, Member> = BTreeMap::new();
        let known = app.communications.known_segment_members(numbers).await?;
        for row in known.members {
            members.insert(row.number, Member::stored(row));
        }
        for number in numbers {
            members.entry(*number).or_insert_with(|| Member::unknown(*number, profile::default_zone(app)));
        }
        for attribute in known.attributes {
            if let Some(member) = members.get_mut(&attribute.number) {
                member.add_attribute(attribute.name, attribute.value);
            }
        }
        let digests: BTreeMap<i64, &str> =
            catalogue.measures.iter().map(|known| (known.number, known.digest.as_str())).collect();
        for fact in known.facts {
            if let (Some(member), Some(digest)) = (members.get_mut(&fact.number), digests.get(&fact.measure))
            {
                let (day, at, seq, value) = (fact.day, fact.at, fact.seq, fact.value);
                member.add_fact(digest, Fact { day, at, seq, value });
            }
        }
        let work = SegmentWork { state: catalogue.state, ..SegmentWork::default() };
        Ok(Self { catalogue, members, parts: BTreeMap::new(), work })
    }

    /// Loads of the segments that `changes` may change, or that those read, the containers that the members are in, and no
    /// others.
    pub(super) async fn load_parts(&mut self, app: &App, changes: &[Changed]) -> Result<(), Error> {
        let containers: BTreeSet<u32> = self.members.keys().map(|number| place_of(*number).0).collect();
        for name in self.catalogue.index.reached(changes) {
            let Some(revision) = self.catalogue.built(name) else { continue };
            for container in &containers {
                let row = app.communications.segment_set(name, revision, i64::from(*container)).await?;
                let members = row.map(|row| read_set(&row.members)).transpose()?.unwrap_or_default();
                self.parts.insert((name.to_owned(), *container), Part { members, has_changed: false });
            }
        }
        for (number, member) in &mut self.members {
            let container = place_of(*number).0;
            let of_member = self.parts.iter().filter(|((_, at), _)| *at == container);
            let inside = of_member.filter(|(_, part)| part.members.contains(*number));
            member.inside = inside.map(|((name, _), _)| name.clone()).collect();
        }
        Ok(())
    }

    /// Takes what the tills know of a member; returns what has changed.
    pub(super) fn take(&mut self, number: u32, tills: &Tills) -> Vec<Changed> {
        let Some(member) = self.members.get_mut(&number) else { return Vec::new() };
        let changes = member.take(tills);
        if changes.is_empty() {
            return changes;
        }
        if changes.contains(&Changed::Zone) && member.is_known {
            self.work.forgotten.push(number);
        }
        member.is_known = true;
        self.work.replaced.push(number);
        changes
    }

    /// Takes the number of a member that is no more out of all segments, without events: there is nobody to tell of.
    pub(super) fn clear(&mut self, number: u32) {
        let container = place_of(number).0;
        for (_, part) in self.parts.iter_mut().filter(|((_, at), _)| *at == container) {
            part.has_changed |= part.members.remove(number);
        }
        if let Some(member) = self.members.get_mut(&number) {
            member.inside.clear();
        }
    }

    /// Works out the days of all facts of a member anew; returns what may have changed by that.
    pub(super) fn rework(&mut self, number: u32) -> Vec<Changed> {
        let Some(member) = self.members.get_mut(&number) else { return Vec::new() };
        member.date_facts();
        self.work.forgotten.push(number);
        vec![Changed::Member]
    }

    /// Adds a fact of a member.
    pub(super) fn add_fact(&mut self, number: u32, digest: &str, seq: i64, at: i64, value: i64) {
        let Some(member) = self.members.get_mut(&number) else { return };
        let fact = Fact { day: day_of(at, &member.zone), at, seq, value };
        member.add_fact(digest, fact);
        if let Some(known) = self.catalogue.measures.iter().find(|known| known.digest == digest) {
            let measure = known.number;
            self.work.facts.push(store::FactRow { measure, number, day: fact.day, at, seq, value });
        }
    }

    /// Sets the scores of a member; returns whether they have changed.
    pub(super) fn set_scores(&mut self, number: u32, scores: Option<communications::rfm::Scores>) -> bool {
        let Some(member) = self.members.get_mut(&number).filter(|member| member.scores != scores) else {
            return false;
        };
        member.scores = scores;
        self.work.members.push(member.row());
        true
    }

    /// Works out the segments of a member that changes affect. `cause` tells one occasion from another in the ids of the
    /// events that come of it.
    pub(super) fn propagate(&mut self, number: u32, changes: &[Changed], cause: &str) -> Result<(), Error> {
        let Self { catalogue, members, parts, work } = self;
        let Some(member) = members.get_mut(&number) else { return Ok(()) };
        let container = place_of(number).0;
        let flips = |name: &str| {
            let Some(known) = catalogue.segments.get(name) else { return Ok(false) };
            let is_in = evaluate(&known.rule, &member.facts(), catalogue.now);
            if member.inside.contains(name) == is_in {
                return Ok(false);
            }
            let Some(part) = parts.get_mut(&(name.to_owned(), container)) else {
                return Err(Error::damaged(&format!("segment {name}: a change reached it unforeseen")));
            };
            part.has_changed = true;
            if is_in {
                part.members.insert(number);
                member.inside.insert(name.to_owned());
            } else {
                part.members.remove(number);
                member.inside.remove(name);
            }
            work.events.push(NewEvent {
                source: SOURCE.to_owned(),
                id: format!("{name}/{}/{number}/{cause}", known.row.revision),
                subject: Subject::Number(number),
                kind: if is_in { ENTERED } else { LEFT }.to_owned(),
                at: catalogue.now,
                received_at: catalogue.now,
                payload: json!({"name": name}).to_string(),
            });
            Ok(true)
        };
        catalogue.index.propagate(changes, flips)?;
        Ok(())
    }

    /// The whole of what is to be written.
    pub(super) fn finish(mut self) -> SegmentWork {
        let replaced: BTreeSet<u32> = self.work.replaced.iter().copied().collect();
        for member in replaced.iter().filter_map(|number| self.members.get(number)) {
            self.work.members.retain(|row| row.number != member.number);
            self.work.members.push(member.row());
            self.work.attributes.extend(member.attribute_rows());
            if !self.catalogue.days.contains_key(&member.zone_name) {
                let day = (member.zone_name.clone(), day_of(self.catalogue.now, &member.zone));
                if !self.work.days.contains(&day) {
                    self.work.days.push(day);
                }
            }
        }
        self.work.replaced = replaced.into_iter().collect();
        let forgotten: BTreeSet<u32> = self.work.forgotten.iter().copied().collect();
        let number_of = |digest: &str| self.catalogue.measure_number(digest);
        for member in forgotten.iter().filter_map(|number| self.members.get(number)) {
            self.work.facts.retain(|fact| fact.number != member.number);
            self.work.facts.extend(member.fact_rows(&number_of));
        }
        for ((segment, container), part) in self.parts {
            if part.has_changed {
                self.work.sets.push(SetRow {
                    revision: self.catalogue.built(&segment).unwrap_or_default(),
                    segment,
                    container: i64::from(container),
                    members: write(&part.members),
                    size: i64::try_from(part.members.len()).unwrap_or(i64::MAX),
                });
            }
        }
        self.work
    }
}

impl Catalogue {
    fn measure_number(&self, digest: &str) -> Option<i64> {
        self.measures.iter().find(|known| known.digest == digest).map(|known| known.number)
    }
}
