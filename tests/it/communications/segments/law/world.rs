//! A world: members, rules and what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use app::communications::segments::preview;
use communications::Event;
use communications::rfm::Scores;
use communications::segments::{Facts, History, Rule, evaluate};
use jiff::tz::TimeZone;
use serde_json::Value;
use store::{EraseMember, MemberProfile, MemberRow, NewEvent, Subject};

use super::Host;
use super::random::{Chance, any_attributes, any_payload, any_rule};

const HOUR: i64 = 3_600_000;
const MEMBERS: usize = 8;
/// The statements are asked about each rule at every so many steps, and at the last one.
const EVERY: usize = 3;

struct Person {
    id: String,
    number: u32,
    zone: TimeZone,
    attributes: BTreeMap<String, domain::audience::Value>,
    points: Option<i64>,
    scores: Option<Scores>,
    events: Vec<Event>,
}

impl Person {
    fn is(&self, rule: &Rule, segments: &BTreeSet<String>, now: i64) -> bool {
        let facts = Facts {
            zone: &self.zone,
            attributes: &self.attributes,
            points: self.points,
            rfm: self.scores,
            segments,
            history: History::Events(&self.events),
        };
        evaluate(rule, &facts, now)
    }

    /// Gets other attributes, the time zone among them.
    async fn change(&mut self, host: &Host, chance: &mut Chance, now: i64) {
        let attributes = any_attributes(chance);
        let stored =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), value.as_ref().map(Value::to_string)));
        let row = MemberRow {
            id: self.id.clone(),
            profile: Some(MemberProfile::default()),
            attributes: stored.collect(),
        };
        host.app.store.write_members(&[row], 1_800_000_000).await.unwrap();
        let known =
            |(name, value): (&str, Option<Value>)| Some((name.to_owned(), wire::audience::value(&value?)?));
        self.attributes = attributes.into_iter().filter_map(known).collect();
        let Some(domain::audience::Value::Text(zone)) = self.attributes.get("time_zone") else {
            panic!("no zone")
        };
        self.zone = TimeZone::get(zone).unwrap();
        host.worker.look(&host.app, std::slice::from_ref(&self.id), now).await.unwrap();
    }
}

/// What was compared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Comparisons {
    /// The members of rules by events, with those that statements find.
    pub(super) sets: usize,
    /// Whether a member is in a rule by events, with what the pure evaluator says.
    pub(super) members: usize,
}

impl AddAssign for Comparisons {
    fn add_assign(&mut self, more: Self) {
        self.sets += more.sets;
        self.members += more.members;
    }
}

struct World<'a> {
    host: &'a Host,
    chance: Chance,
    now: i64,
    people: Vec<Person>,
    /// Names, documents and rules.
    segments: Vec<(String, Value, Rule)>,
    /// Events so far.
    events: usize,
    comparisons: Comparisons,
}

/// Lets a world go by, with so many rules; `first` is the number of the first of them.
pub(super) async fn run(host: &Host, first: usize, rules: usize) -> Comparisons {
    let seed = (u64::try_from(first).unwrap() + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut world = World {
        host,
        chance: Chance(seed),
        now: 1_800_000_000_000,
        people: Vec::new(),
        segments: Vec::new(),
        events: 0,
        comparisons: Comparisons::default(),
    };
    world.let_people_come().await;
    // Some rules find events that are there already, others come in between.
    world.let_happen(20).await;
    world.put(rules.div_ceil(2)).await;
    let steps = world.chance.place(5) + 8;
    let (middle, erased) = (steps / 2, world.chance.place(steps * 2));
    for step in 0..steps {
        if step == middle {
            world.put(rules / 2).await;
        }
        let most = world.chance.place(9);
        world.let_happen(most).await;
        world.now += world.chance.number(0, 30) * HOUR;
        if world.chance.below(2) == 0 {
            let place = world.chance.place(world.people.len());
            world.people[place].change(host, &mut world.chance, world.now).await;
        }
        host.settle(world.now).await;
        if step == erased {
            let place = world.chance.place(world.people.len());
            let person = world.people.swap_remove(place);
            world.erase(person).await;
        }
        world.score().await;
        let is_last = step + 1 == steps;
        world
            .compare(
                |place| is_last || (place + step).is_multiple_of(EVERY),
                &format!("{first}, step {step}"),
            )
            .await;
    }
    world.comparisons
}

impl World<'_> {
    async fn let_people_come(&mut self) {
        for place in 0..MEMBERS {
            let id = format!("p-{place}");
            let numbers =
                self.host.app.communications.number_members(std::slice::from_ref(&id)).await.unwrap();
            let mut person = Person {
                id,
                number: numbers[0],
                zone: TimeZone::UTC,
                attributes: BTreeMap::new(),
                points: Some(0),
                scores: None,
                events: Vec::new(),
            };
            person.change(self.host, &mut self.chance, self.now).await;
            self.people.push(person);
        }
    }

    /// Adds so many rules; each may read those before it.
    async fn put(&mut self, rules: usize) {
        for _ in 0..rules {
            // Not too many, so that a rule reads few others, and those others.
            let below: Vec<String> =
                self.segments.iter().rev().take(6).map(|(name, ..)| name.clone()).collect();
            let document = any_rule(&mut self.chance, &below, 2);
            let name = format!("s-{}", self.segments.len());
            let rule = self.host.put(&name, &document).await;
            self.segments.push((name, document, rule));
        }
        self.host.settle(self.now).await;
    }

    /// Events of some members, up to four days ago, and up to a day ahead, as clocks are wrong.
    async fn let_happen(&mut self, events: usize) {
        let mut all = Vec::new();
        for _ in 0..events {
            let place = self.chance.place(self.people.len());
            let kind = *self.chance.one(&["purchase", "return", "page_viewed"]);
            let at = self.now - self.chance.number(-30, 96) * HOUR;
            let payload = any_payload(&mut self.chance);
            self.events += 1;
            all.push(NewEvent {
                source: "test".to_owned(),
                id: self.events.to_string(),
                subject: Subject::Number(self.people[place].number),
                kind: kind.to_owned(),
                at,
                received_at: at,
                payload: payload.to_string(),
            });
            self.people[place].events.push(Event { kind: kind.to_owned(), at, payload });
        }
        self.host.app.communications.append_events(&all).await.unwrap();
    }

    /// Reads the scores of members, which are worked out once a day.
    async fn score(&mut self) {
        let numbers: Vec<u32> = self.people.iter().map(|person| person.number).collect();
        let known = self.host.app.communications.known_segment_members(&numbers).await.unwrap();
        for person in &mut self.people {
            let found = known.members.iter().find(|member| member.number == person.number);
            person.scores = found.and_then(|member| member.scores).map(|scores| {
                let [recency, frequency, monetary] = scores.map(|score| u8::try_from(score).unwrap());
                Scores { recency, frequency, monetary }
            });
        }
    }

    /// Compares all rules for all members; those of `by_statements` with the database, too.
    async fn compare(&mut self, by_statements: impl Fn(usize) -> bool, told: &str) {
        let mut inside: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (place, (name, document, rule)) in self.segments.iter().enumerate() {
            let incremental = self.host.members(name).await;
            if by_statements(place) {
                let (found, _) = preview::members_at(&self.host.app, rule, self.now).await.unwrap();
                assert_eq!(incremental, found, "{told}: events and statements differ: {name}: {document}");
                self.comparisons.sets += 1;
            }
            for person in &self.people {
                let of_person = inside.entry(person.number).or_default();
                let is_in = person.is(rule, of_person, self.now);
                assert_eq!(
                    incremental.contains(person.number),
                    is_in,
                    "{told}: the pure evaluator differs for {}: {name}: {document}",
                    person.id
                );
                self.comparisons.members += 1;
                if is_in {
                    of_person.insert(name.clone());
                }
            }
        }
    }

    /// Erases a member: no segment has it any more.
    async fn erase(&mut self, person: Person) {
        let erase = EraseMember {
            id: format!("receipt of {}", person.id),
            digest: format!("digest of {}", person.id),
            member_id: person.id,
            at: self.now,
            actor: "test".to_owned(),
        };
        assert!(self.host.app.communications.erase_member(&erase).await.unwrap().is_some());
        self.host.settle(self.now).await;
        for (name, document, _) in &self.segments {
            let members = self.host.members(name).await;
            assert!(!members.contains(person.number), "an erased member is in {name}: {document}");
        }
    }
}
