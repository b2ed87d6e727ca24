//! The law of segments: what the statements of a database find, what the pure evaluator says of the log, and what events
//! and midnights have made of the members, one after the other, is the same at any time.
//!
//! `OFFER_HOST_SEGMENT_CASES=2500 cargo test --workspace --test it -- communications::segments::law` takes 2,500 cases of
//! four rules each on both databases; without the variable it takes a few.

mod random;

use std::collections::{BTreeMap, BTreeSet};

use app::audit::Actor;
use app::bootstrap;
use app::communications::segments::{Worker, preview, rules, sets};
use app::communications::workers::Step;
use app::config::Config;
use app::state::App;
use communications::Event;
use communications::rfm::Scores;
use communications::segments::members::RoaringBitmap;
use communications::segments::{Facts, History, Limits, Rule, SOURCE, evaluate, parse};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use store::{EraseMember, MemberProfile, MemberRow, NewEvent, Subject};
use tempfile::TempDir;

use self::random::{Chance, any_attributes, any_payload, any_rule};
use crate::shop::{Database, on_both_databases};

on_both_databases!(three_evaluators_agree, a_circle_of_ten_thousand_changes_ends);

const HOUR: i64 = 3_600_000;
const CASES: usize = 5;
const MEMBERS: usize = 5;
const RULES: usize = 4;

struct Host {
    app: App,
    worker: Worker,
    _folder: TempDir,
}

impl Host {
    async fn start(database: Database) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = Config::load(None).unwrap();
        config.database.url = match database {
            Database::Sqlite => format!("sqlite://{}", folder.path().join("store.sqlite").display()),
            Database::Postgres => tests::postgres::migrated_database(),
        };
        config.mechanics.cache = crate::CODE_CACHE.into();
        let app = bootstrap::start(config, "127.0.0.1:0").await.unwrap();
        Self { app, worker: Worker::default(), _folder: folder }
    }

    /// Works until nothing is left to do at an instant.
    async fn settle(&self, now: i64) {
        for _ in 0..10_000 {
            if self.worker.clone().step_at(self.app.clone(), now).await.unwrap() == Step::Idle {
                return;
            }
        }
        panic!("the work on segments does not end");
    }

    async fn put(&self, name: &str, rule: &Value) -> Rule {
        let body = json!({"rule": rule});
        rules::put(self.app.clone(), name.to_owned(), body, Actor::system("test")).await.unwrap();
        parse(rule, Limits::default()).unwrap().rule
    }

    async fn delete(&self, name: &str) {
        rules::delete(self.app.clone(), name.to_owned(), Actor::system("test")).await.unwrap();
    }

    async fn append(&self, id: String, number: u32, kind: &str, at: i64, payload: &Value) {
        let event = NewEvent {
            source: "test".to_owned(),
            id,
            subject: Subject::Number(number),
            kind: kind.to_owned(),
            at,
            received_at: at,
            payload: payload.to_string(),
        };
        self.app.communications.append_events(&[event]).await.unwrap();
    }

    async fn members(&self, name: &str) -> RoaringBitmap {
        sets::members(&self.app, name).await.unwrap().unwrap()
    }
}

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

async fn people(host: &Host, chance: &mut Chance, case: usize, now: i64) -> Vec<Person> {
    let mut people = Vec::new();
    for place in 0..MEMBERS {
        let id = format!("p-{case}-{place}");
        let number = host.app.communications.number_members(std::slice::from_ref(&id)).await.unwrap()[0];
        let (attributes, events) = (BTreeMap::new(), Vec::new());
        let mut person =
            Person { id, number, zone: TimeZone::UTC, attributes, points: Some(0), scores: None, events };
        person.change(host, chance, now).await;
        people.push(person);
    }
    people
}

/// Reads the scores of members, which are worked out once a day.
async fn score(host: &Host, people: &mut [Person]) {
    let numbers: Vec<u32> = people.iter().map(|person| person.number).collect();
    let known = host.app.communications.known_segment_members(&numbers).await.unwrap();
    for person in people {
        let found = known.members.iter().find(|member| member.number == person.number);
        person.scores = found.and_then(|member| member.scores).map(|scores| {
            let [recency, frequency, monetary] = scores.map(|score| u8::try_from(score).unwrap());
            Scores { recency, frequency, monetary }
        });
    }
}

async fn compare(host: &Host, segments: &[(String, Value, Rule)], people: &[Person], now: i64, told: &str) {
    let mut inside: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (name, document, rule) in segments {
        let incremental = host.members(name).await;
        let (by_statements, _) = preview::members_at(&host.app, rule, now).await.unwrap();
        assert_eq!(incremental, by_statements, "{told}: events and statements differ: {document}");
        for person in people {
            let of_person = inside.entry(person.number).or_default();
            let is_in = person.is(rule, of_person, now);
            assert_eq!(
                incremental.contains(person.number),
                is_in,
                "{told}: the pure evaluator differs: {document}"
            );
            if is_in {
                of_person.insert(name.clone());
            }
        }
    }
}

/// Erases a member: no segment has it any more.
async fn erase(host: &Host, segments: &[(String, Value, Rule)], person: Person, now: i64) {
    let erase = EraseMember {
        id: format!("receipt of {}", person.id),
        digest: format!("digest of {}", person.id),
        member_id: person.id,
        at: now,
        actor: "test".to_owned(),
    };
    assert!(host.app.communications.erase_member(&erase).await.unwrap().is_some());
    host.settle(now).await;
    for (name, document, _) in segments {
        assert!(!host.members(name).await.contains(person.number), "an erased member is in {document}");
    }
}

fn three_evaluators_agree(database: Database) {
    let cases = std::env::var("OFFER_HOST_SEGMENT_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let host = Host::start(database).await;
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let mut now = 1_800_000_000_000;
        for case in 0..cases {
            let mut people = people(&host, &mut chance, case, now).await;
            let mut segments: Vec<(String, Value, Rule)> = Vec::new();
            for place in 0..RULES {
                let below: Vec<String> = segments.iter().map(|(name, ..)| name.clone()).collect();
                let document = any_rule(&mut chance, &below, 2);
                let name = format!("s-{case}-{place}");
                let rule = host.put(&name, &document).await;
                segments.push((name, document, rule));
            }
            for step in 0..chance.number(3, 12) {
                for part in 0..chance.number(0, 3) {
                    let person = &mut people[chance.place(MEMBERS)];
                    let kind = *chance.one(&["purchase", "return", "page_viewed"]);
                    let at = now - chance.number(-30, 96) * HOUR;
                    let payload = any_payload(&mut chance);
                    host.append(format!("{case}-{step}-{part}"), person.number, kind, at, &payload).await;
                    person.events.push(Event { kind: kind.to_owned(), at, payload });
                }
                now += chance.number(0, 30) * HOUR;
                if chance.below(4) == 0 {
                    people[chance.place(MEMBERS)].change(&host, &mut chance, now).await;
                }
                host.settle(now).await;
                score(&host, &mut people).await;
                let told = format!("case {case}, step {step}");
                compare(&host, &segments, &people, now, &told).await;
            }
            if chance.below(4) == 0 {
                let person = people.swap_remove(chance.place(MEMBERS));
                erase(&host, &segments, person, now).await;
                compare(&host, &segments, &people, now, &format!("case {case}, erased")).await;
            }
            for (name, ..) in segments.iter().rev() {
                host.delete(name).await;
            }
        }
        once(&host).await;
    });
}

/// Nobody comes into a segment twice without leaving it in between, and nothing is told twice.
async fn once(host: &Host) {
    let mut inside: BTreeMap<(u32, String), bool> = BTreeMap::new();
    let mut seq = 0;
    loop {
        let events = host.app.communications.events_after(seq, 5_000).await.unwrap();
        let Some(last) = events.last() else { break };
        seq = last.seq;
        for event in
            events.iter().filter(|event| event.source == SOURCE && event.kind.starts_with("segment_"))
        {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            let key = (event.number.unwrap(), payload["name"].as_str().unwrap().to_owned());
            let entered = event.kind == "segment_entered";
            let before = inside.insert(key.clone(), entered);
            assert_ne!(before, Some(entered), "{key:?} twice");
        }
    }
}

/// Case 20: ten thousand changes of segments of segments are told once each, in the order of the rules, and then there is
/// nothing left to do.
fn a_circle_of_ten_thousand_changes_ends(database: Database) {
    const LEVELS: usize = 10;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let host = Host::start(database).await;
        let now = 1_800_000_000_000;
        for level in 0..LEVELS {
            let rule = match level {
                0 => json!({"event": "page_viewed"}),
                _ => json!({"segment": format!("s-{}", level - 1)}),
            };
            host.put(&format!("s-{level}"), &rule).await;
        }
        host.settle(now).await;
        let ids: Vec<String> = (0..1_000).map(|place| format!("m-{place}")).collect();
        let numbers = host.app.communications.number_members(&ids).await.unwrap();
        let events: Vec<NewEvent> = numbers
            .iter()
            .map(|number| NewEvent {
                source: "test".to_owned(),
                id: number.to_string(),
                subject: Subject::Number(*number),
                kind: "page_viewed".to_owned(),
                at: now,
                received_at: now,
                payload: "{}".to_owned(),
            })
            .collect();
        host.app.communications.append_events(&events).await.unwrap();
        host.settle(now).await;
        let mut told: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let mut seq = 0;
        loop {
            let events = host.app.communications.events_after(seq, 5_000).await.unwrap();
            let Some(last) = events.last() else { break };
            seq = last.seq;
            for event in events.iter().filter(|event| event.source == SOURCE) {
                let payload: Value = serde_json::from_str(&event.payload).unwrap();
                told.entry(event.number.unwrap())
                    .or_default()
                    .push(payload["name"].as_str().unwrap().to_owned());
            }
        }
        let expected: Vec<String> = (0..LEVELS).map(|level| format!("s-{level}")).collect();
        assert_eq!(told.len(), 1_000);
        assert!(told.values().all(|names| *names == expected), "in the order of the rules, once each");
        let last = host.app.communications.last_event().await.unwrap();
        host.settle(now).await;
        assert_eq!(host.app.communications.last_event().await.unwrap(), last, "nothing is told again");
    });
}
