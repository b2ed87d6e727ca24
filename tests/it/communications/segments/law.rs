//! The law of segments: what the statements of a database find, what the pure evaluator says of the log, and what events
//! and midnights have made of the members, one after the other, is the same at any time.
//!
//! `OFFER_HOST_SEGMENT_CASES=2500 cargo test --workspace --test it -- communications::segments::law` takes 2,500 cases of
//! four rules each on both databases; without the variable it takes a few.

use std::collections::{BTreeMap, BTreeSet};

use app::audit::Actor;
use app::bootstrap;
use app::communications::segments::{Worker, preview, rules, sets};
use app::communications::workers::Step;
use app::config::Config;
use app::state::App;
use communications::Event;
use communications::segments::members::RoaringBitmap;
use communications::segments::{Facts, History, Limits, Rule, SOURCE, evaluate, parse};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use store::{MemberProfile, MemberRow, NewEvent, Subject};
use tempfile::TempDir;

use crate::shop::{Database, on_both_databases};

on_both_databases!(three_evaluators_agree, a_circle_of_ten_thousand_changes_ends);

const HOUR: i64 = 3_600_000;
const CASES: usize = 5;
const MEMBERS: usize = 5;
const RULES: usize = 4;
const ZONES: [&str; 4] = ["UTC", "Asia/Vladivostok", "America/St_Johns", "Pacific/Kiritimati"];

/// Numbers without a pattern, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn number(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from + 1).unwrap())).unwrap()
    }

    fn place(&mut self, of: usize) -> usize {
        usize::try_from(self.below(u64::try_from(of).unwrap())).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.place(of.len())]
    }
}

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

fn any_rule(chance: &mut Chance, below: &[String], depth: u64) -> Value {
    let combination = if depth == 0 { 9 } else { chance.below(9) };
    match combination {
        0 | 1 => {
            json!({"all": (0..chance.number(1, 3)).map(|_| any_rule(chance, below, depth - 1)).collect::<Vec<_>>()})
        }
        2 | 3 => {
            json!({"any": (0..chance.number(1, 3)).map(|_| any_rule(chance, below, depth - 1)).collect::<Vec<_>>()})
        }
        4 => json!({"not": any_rule(chance, below, depth - 1)}),
        _ => any_leaf(chance, below),
    }
}

fn any_leaf(chance: &mut Chance, below: &[String]) -> Value {
    let kind = *chance.one(&["purchase", "return", "page_viewed"]);
    let filter = match chance.below(4) {
        0 => json!({"channel": chance.one(&["app", "till"])}),
        1 => json!({"lines.categories": chance.one(&["food", "dairy"])}),
        2 => json!({"total": {"at_least": chance.number(0, 40)}}),
        _ => json!({}),
    };
    let least = chance.number(0, 4);
    let bounds = match chance.below(4) {
        0 => json!({"at_least": least}),
        1 => json!({"at_most": least}),
        2 => json!({"at_least": least - 1, "at_most": least + chance.number(0, 3)}),
        _ => json!({"exactly": least}),
    };
    let amounts = |chance: &mut Chance| {
        let from = chance.number(-20, 60);
        json!({"at_least": from, "at_most": from + chance.number(0, 60)})
    };
    let of = *chance.one(&["total", "lines.amount"]);
    let mut leaf = match chance.below(13) {
        0..=2 => json!({"event": kind, "where": filter, "count": bounds}),
        3 | 4 => json!({"event": kind, "where": filter, "sum": amounts(chance), "of": of}),
        5 => json!({"event": kind, "where": filter, "last": bounds}),
        6 => json!({"event": kind, "where": filter, "first": bounds}),
        7 => json!({"event": kind, "where": filter, "last": amounts(chance), "of": of}),
        8 => json!({"event": kind, "where": filter, "first": amounts(chance), "of": of}),
        9 => json!({"attribute": "city", "is_not": chance.one(&["Kazan", "Perm"])}),
        10 => {
            json!({"attribute": "born", "birthday_within": {"days_before": chance.number(0, 3), "days_after": 1}})
        }
        11 if !below.is_empty() => json!({"segment": chance.one(below)}),
        _ => json!({"points": {"at_least": chance.number(-1, 1)}}),
    };
    if leaf.get("event").is_some() && chance.below(2) == 0 {
        leaf["within_days"] = json!(chance.number(1, 5));
    }
    leaf
}

fn any_payload(chance: &mut Chance) -> Value {
    let lines: Vec<Value> = (0..chance.number(0, 2))
        .map(|_| json!({"categories": [chance.one(&["food", "dairy"]), "all"], "amount": chance.number(-10, 50).to_string()}))
        .collect();
    let mut payload = json!({"channel": chance.one(&["app", "till"]), "lines": lines});
    if chance.below(4) > 0 {
        payload["total"] = json!(chance.number(-10, 60).to_string());
    }
    payload
}

struct Person {
    number: u32,
    zone: TimeZone,
    attributes: BTreeMap<String, domain::audience::Value>,
    points: Option<i64>,
    events: Vec<Event>,
}

impl Person {
    fn is(&self, rule: &Rule, segments: &BTreeSet<String>, now: i64) -> bool {
        let facts = Facts {
            zone: &self.zone,
            attributes: &self.attributes,
            points: self.points,
            rfm: None,
            segments,
            history: History::Events(&self.events),
        };
        evaluate(rule, &facts, now)
    }
}

async fn people(host: &Host, chance: &mut Chance, case: usize, now: i64) -> Vec<Person> {
    let mut people = Vec::new();
    let mut ids = Vec::new();
    for place in 0..MEMBERS {
        let id = format!("p-{case}-{place}");
        let zone = *chance.one(&ZONES);
        let mut attributes = vec![("time_zone", json!(zone))];
        if chance.below(3) > 0 {
            attributes.push(("city", json!(chance.one(&["Kazan", "Perm"]))));
        }
        if chance.below(3) > 0 {
            attributes.push(("born", json!(format!("1990-01-{:02}", chance.number(10, 28)))));
        }
        let stored = attributes.iter().map(|(name, value)| ((*name).to_owned(), Some(value.to_string())));
        let row = MemberRow {
            id: id.clone(),
            profile: Some(MemberProfile::default()),
            attributes: stored.collect(),
        };
        host.app.store.write_members(&[row], 1_800_000_000).await.unwrap();
        let number = host.app.communications.number_members(std::slice::from_ref(&id)).await.unwrap()[0];
        ids.push(id);
        let value = |value: &Value| domain::audience::Value::Text(value.as_str().unwrap().to_owned());
        people.push(Person {
            number,
            zone: TimeZone::get(zone).unwrap(),
            attributes: attributes.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect(),
            points: Some(0),
            events: Vec::new(),
        });
    }
    host.worker.look(&host.app, &ids, now).await.unwrap();
    people
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
                host.settle(now).await;
                let told = format!("case {case}, step {step}");
                compare(&host, &segments, &people, now, &told).await;
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
