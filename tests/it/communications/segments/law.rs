//! The law of segments: what the statements of a database find, what the pure evaluator says of the log, and what events
//! and midnights have made of the members, one after the other, is the same at any time.
//!
//! `OFFER_HOST_SEGMENT_RULES=10000 cargo test --release --workspace --test it -- segments::law --nocapture` takes 10,000
//! rules on each database, and says how it gets on; without the variable it takes a few. The rules come in worlds: each has
//! a database of its own, so that what one leaves behind is not looked at again by all others.

mod random;
mod world;

use std::collections::BTreeMap;
use std::time::Instant;

use app::audit::Actor;
use app::bootstrap;
use app::changes::attributes;
use app::communications::segments::{Worker, rules, sets};
use app::communications::workers::Step;
use app::config::Config;
use app::error::Error;
use app::state::App;
use communications::segments::members::RoaringBitmap;
use communications::segments::{Limits, Rule, SOURCE, parse};
use serde_json::{Value, json};
use store::{NewEvent, Subject};
use tempfile::TempDir;

use self::world::Comparisons;
use crate::shop::{Database, on_both_databases};

on_both_databases!(three_evaluators_agree, a_circle_of_ten_thousand_changes_ends);

/// Rules that are taken unless the setting says more, and those of one world.
const RULES: usize = 20;
const RULES_OF_WORLD: usize = 80;

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
        for name in ["born", "city", "joined", "tags", "vip", "visits"] {
            let (name, body) = (name.to_owned(), json!({"type": "json"}));
            attributes::put(app.clone(), name, body, Actor::system("test")).await.unwrap();
        }
        Self { app, worker: Worker::default(), _folder: folder }
    }

    /// Works until nothing is left to do at an instant. As in a host, a step that finds the database too busy is tried again.
    async fn settle(&self, now: i64) {
        for _ in 0..10_000 {
            match self.worker.clone().step_at(self.app.clone(), now).await {
                Ok(Step::Idle) => return,
                Ok(Step::Worked) | Err(Error::Unavailable) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the work on segments does not end");
    }

    async fn put(&self, name: &str, rule: &Value) -> Rule {
        let body = json!({"rule": rule});
        rules::put(self.app.clone(), name.to_owned(), body, Actor::system("test")).await.unwrap();
        parse(rule, Limits::default()).unwrap().rule
    }

    async fn members(&self, name: &str) -> RoaringBitmap {
        sets::members(&self.app, name).await.unwrap().unwrap()
    }
}

fn three_evaluators_agree(database: Database) {
    let rules = std::env::var("OFFER_HOST_SEGMENT_RULES").map_or(RULES, |rules| rules.parse().unwrap());
    let started = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (mut done, mut comparisons) = (0, Comparisons::default());
        while done < rules {
            let of_world = RULES_OF_WORLD.min(rules - done);
            let host = Host::start(database).await;
            comparisons += world::run(&host, done, of_world).await;
            once(&host).await;
            done += of_world;
            let Comparisons { sets, members } = comparisons;
            let seconds = started.elapsed().as_secs();
            eprintln!(
                "{database:?}: {done} of {rules} rules: {sets} sets by statements, {members} times a member by the pure \
                 evaluator, {seconds} s"
            );
        }
        assert!(comparisons.sets >= 2 * rules, "each rule is compared with statements several times");
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
