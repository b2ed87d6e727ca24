//! How long segments and RFM take over many members.
//!
//! `cargo run --release -p tests --example segments`, with `-- MEMBERS EVENTS` for other numbers, and `postgres` among them
//! for that database. It works in the process of the example, on a database of its own.
#![allow(clippy::print_stdout, reason = "what was measured is printed")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use app::audit::Actor;
use app::bootstrap;
use app::changes::attributes;
use app::communications::segments::{Worker, preview, rfm, rules};
use app::communications::workers::Step;
use app::config::Config;
use app::state::App;
use communications::segments::{Limits, parse};
use serde_json::{Value, json};
use store::{
    FactRow, MemberProfile, MemberRow, NewEvent, SegmentAttribute, SegmentMember, SegmentWork, Subject,
};
use tempfile::TempDir;

/// The allocator of a host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 2027-01-15 08:00 UTC, in milliseconds since 1970.
const NOW: i64 = 1_800_000_000_000;
const DAY_MS: i64 = 86_400_000;
const TODAY: i64 = NOW / DAY_MS;
/// Facts of each measure that a member has, on average.
const FACTS: u64 = 2;
const BATCH: usize = 50_000;

/// Numbers without a pattern, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % most).unwrap_or(0)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut members, mut events, mut database) = (1_000_000, 200, None);
    let mut number = 0;
    for argument in std::env::args().skip(1) {
        if argument == "postgres" {
            database = Some(tests::postgres::migrated_database());
            continue;
        }
        let value = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        match number {
            0 => members = value,
            _ => events = value,
        }
        number += 1;
    }
    let folder = TempDir::new()?;
    let mut config = Config::load(None)?;
    config.database.url = match database {
        Some(url) => url,
        None => format!("sqlite://{}", folder.path().join("store.sqlite").display()),
    };
    measure(&bootstrap::start(config, "127.0.0.1:0").await?, members, events).await
}

async fn measure(app: &App, members: u32, events: u32) -> anyhow::Result<()> {
    let worker = Worker::default();
    // RFM makes its measures; so do ten conditions, in a rule whose members are worked out before there are any.
    settle(app, &worker).await?;
    let rule = ten_conditions();
    for (name, kind) in [("city", "string"), ("born", "date")] {
        let body = json!({"type": kind});
        attributes::put(app.clone(), name.to_owned(), body, Actor::system("example")).await?;
    }
    put(app, "ten", &rule).await?;
    settle(app, &worker).await?;
    let started = Instant::now();
    fill(app, members).await?;
    println!("{members} members with their facts written in {:?}", started.elapsed());

    let started = Instant::now();
    settle(app, &Worker::default()).await?;
    println!("cut points and scores of RFM for all of them in {:?}", started.elapsed());

    let parsed = parse(&rule, Limits::default()).map_err(anyhow::Error::new)?.rule;
    for round in 1..=3 {
        let started = Instant::now();
        let (_, count, of, margin) = preview::about(app, &parsed, NOW).await?;
        println!(
            "preview of ten conditions, {round}: {count} ± {margin:?} of {of} in {:?}",
            started.elapsed()
        );
    }
    let started = Instant::now();
    let (found, of) = preview::members_at(app, &parsed, NOW).await?;
    println!("exact count of ten conditions: {} of {of} in {:?}", found.len(), started.elapsed());
    for leaf in rule.get("all").and_then(Value::as_array).into_iter().flatten() {
        let parsed = parse(leaf, Limits::default()).map_err(anyhow::Error::new)?.rule;
        let started = Instant::now();
        let (found, _) = preview::members_at(app, &parsed, NOW).await?;
        println!("  {:?} for {} members: {leaf}", started.elapsed(), found.len());
    }
    let started = Instant::now();
    let changed = json!({"any": [rule.clone(), {"points": {"at_least": 1_000_000}}]});
    put(app, "ten", &changed).await?;
    settle(app, &worker).await?;
    println!("segment of eleven conditions worked out and written in {:?}", started.elapsed());

    let mut took = Vec::new();
    let mut chance = Chance(77);
    for id in 0..events {
        let number = u32::try_from(chance.below(u64::from(members)))?;
        // As the tills know it, so that the event alone is what changes.
        know(app, number).await?;
        app.communications.append_events(&[event(id, number)]).await?;
        let started = Instant::now();
        worker.clone().step_at(app.clone(), NOW).await?;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    println!("after one event: median {:?}, p99 {:?}", percentile(&took, 50), percentile(&took, 99));

    let started = Instant::now();
    settle_at(app, &worker, NOW + DAY_MS).await?;
    println!("the next day, with its midnight and the scores of RFM, in {:?}", started.elapsed());
    let started = Instant::now();
    let shown = rfm::show(app).await?.context("there are buyers")?;
    println!(
        "grids of RFM in {:?}; {} buyers; cells: {:?}",
        started.elapsed(),
        shown.month.buyers,
        shown.cells
    );
    Ok(())
}

fn percentile(took: &[Duration], percent: usize) -> Duration {
    let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
    took.get(place).copied().unwrap_or_default()
}

fn ten_conditions() -> Value {
    json!({"all": [
        {"event": "purchase", "count": {"at_least": 1}},
        {"event": "purchase", "count": {"at_most": 4}, "within_days": 90},
        {"event": "purchase", "sum": {"at_least": 5_000}, "of": "net"},
        {"event": "purchase", "last": {"at_most": 300}},
        {"event": "purchase", "where": {"lines.categories": "dairy"}},
        {"event": "message_opened", "count": {"at_least": 1}, "where": {"channel": "email"}, "within_days": 365},
        {"not": {"event": "page_viewed", "where": {"path": "/closed"}, "within_days": 30}},
        {"attribute": "city", "in": ["Kazan", "Perm", "Omsk"]},
        {"attribute": "born", "age": {"from": 18}},
        {"points": {"at_least": 100}},
    ]})
}

async fn put(app: &App, name: &str, rule: &Value) -> anyhow::Result<()> {
    rules::put(app.clone(), name.to_owned(), json!({"rule": rule}), Actor::system("example")).await?;
    Ok(())
}

async fn settle(app: &App, worker: &Worker) -> anyhow::Result<()> {
    settle_at(app, worker, NOW).await
}

async fn settle_at(app: &App, worker: &Worker, now: i64) -> anyhow::Result<()> {
    while worker.clone().step_at(app.clone(), now).await? == Step::Worked {}
    Ok(())
}

/// Tells the tills of a member what segments know of it.
async fn know(app: &App, number: u32) -> anyhow::Result<()> {
    let known = app.communications.known_segment_members(&[number]).await?;
    let points = known.members.first().and_then(|member| member.points).unwrap_or(0);
    let attributes = known.attributes.into_iter().map(|attribute| (attribute.name, Some(attribute.value)));
    let points = format!("{}.{:02}", points / 100, points % 100);
    let profile = MemberProfile {
        state: Some("normal".to_owned()),
        points: Some((points, known.members.first().and_then(|member| member.points).unwrap_or(0))),
        ..MemberProfile::default()
    };
    let row =
        MemberRow { id: format!("m-{number}"), profile: Some(profile), attributes: attributes.collect() };
    app.store.write_members(&[row], NOW / 1_000).await?;
    Ok(())
}

fn event(id: u32, number: u32) -> NewEvent {
    NewEvent {
        source: "example".to_owned(),
        id: id.to_string(),
        subject: Subject::Number(number),
        kind: "purchase".to_owned(),
        at: NOW,
        received_at: NOW,
        payload: json!({"net": "7000", "lines": [{"categories": ["dairy"], "amount": "7000"}]}).to_string(),
    }
}

/// Members with facts, as if events had made them.
async fn fill(app: &App, members: u32) -> anyhow::Result<()> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let measures: Vec<i64> =
        app.communications.measures().await?.iter().map(|measure| measure.measure).collect();
    let ids: Vec<String> = (0..members).map(|number| format!("m-{number}")).collect();
    let cities = ["Kazan", "Perm", "Omsk", "Tula"];
    for ids in ids.chunks(BATCH) {
        let numbers = app.communications.number_members(ids).await?;
        let mut work =
            SegmentWork { state: app.communications.segment_state().await?, ..SegmentWork::default() };
        let mut facts = Vec::new();
        for number in &numbers {
            let number = *number;
            let points = Some(chance.below(1_000));
            work.members.push(SegmentMember {
                number,
                // That of members of whom none is known.
                zone: "UTC".to_owned(),
                points,
                scores: None,
            });
            let city = cities.get(usize::try_from(chance.below(4))?).copied().unwrap_or_default();
            let born = format!("{}-06-{:02}", 1950 + chance.below(60), 1 + chance.below(28));
            for (name, value) in [("city", json!(city)), ("born", json!(born))] {
                let (name, value) = (name.to_owned(), value.to_string());
                work.attributes.push(SegmentAttribute { number, name, value });
            }
            for measure in &measures {
                for place in 0..chance.below(2 * FACTS + 1) {
                    let day = TODAY - chance.below(700);
                    let seq = -(1 + i64::from(number) * 100 + place);
                    facts.push(FactRow {
                        measure: *measure,
                        number,
                        day,
                        at: day * DAY_MS,
                        seq,
                        value: chance.below(10_000),
                    });
                }
            }
        }
        app.communications.write_segment_work(&work).await?;
        app.communications.add_facts(&facts).await?;
    }
    Ok(())
}
