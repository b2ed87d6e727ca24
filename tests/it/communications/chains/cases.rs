//! Complaints of users of other systems, tried on chains: see the table in docs/communications-internals.md.

use serde_json::{Value, json};

use super::{chain, event, get, members, messages, open, pause, post, publish, put, send, shop, waiting};
use crate::communications::{events_of, now_ms};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::{until, wait_for};

on_both_databases!(
    a_hundred_events_of_one_instant_make_one_message,
    who_enters_during_a_wait_goes_by_the_rule,
    a_linked_chain_starts_at_once,
    nothing_stale_is_done_after_a_fortnight,
    a_segment_that_is_worked_out_anew_ends_no_run,
);

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

fn a_hundred_events_of_one_instant_make_one_message(database: Database) {
    let shop = shop(database);
    publish(&shop, &chain(&pause("1s")));
    let at = now_ms();
    let one = |number: usize| {
        json!({"id": format!("c-{number}"), "source": "shop", "member": {"id": "p-0"}, "kind": "cart_abandoned",
               "at": at, "payload": {"cart": number}})
        .to_string()
    };
    send(&shop, &(0..100).map(one).collect::<Vec<_>>());
    until("it waits after the message", || waiting(&shop) == [(1, "later".to_owned(), 1)]);
    until("all have been looked at", || get(&shop, "statistics")["joined"] == json!(99));
    assert_eq!(get(&shop, "statistics")["entered"], json!(1));
    assert_eq!(messages(&shop), 1);
}

fn who_enters_during_a_wait_goes_by_the_rule(database: Database) {
    let shop = shop(database);
    for rule in ["once", "after_exit", "always", "restart"] {
        let document = json!({
            "triggers": [{"event": rule}], "reentry": rule, "start": "pause",
            "nodes": {"pause": {"type": "wait", "for": "1d", "next": "end"}, "end": {"type": "exit"}},
        });
        shop.put(&format!("/v1/chains/{rule}"), &document.to_string()).accepted();
        shop.as_integration("POST", &format!("/v1/chains/{rule}/publish"), "{}").accepted();
        let told = || shop.as_integration("GET", &format!("/v1/chains/{rule}/statistics"), "").accepted();
        send(&shop, &[event(0, &format!("{rule}-1"), rule)]);
        until("it waits", || told()["waiting"][0]["members"] == 1);
        send(&shop, &[event(0, &format!("{rule}-2"), rule), event(1, &format!("{rule}-3"), rule)]);
        let other = if rule == "always" || rule == "restart" { 3 } else { 2 };
        until("the second event counts", || told()["entered"] == json!(other));
        let told = told();
        let waiting = &told["waiting"][0]["members"];
        let expected = match rule {
            "once" => (json!(1), json!(0), json!({}), json!(2)),
            "after_exit" => (json!(0), json!(1), json!({}), json!(2)),
            "always" => (json!(0), json!(0), json!({}), json!(3)),
            _ => (json!(0), json!(0), json!({"restarted": 1}), json!(2)),
        };
        let found = (told["refused"].clone(), told["joined"].clone(), told["left"].clone(), waiting.clone());
        assert_eq!(found, expected, "{rule}: {told}");
    }
}

/// The chain after another one has no delay that nobody has asked for.
fn a_linked_chain_starts_at_once(database: Database) {
    let shop = shop(database);
    let second = json!({
        "triggers": [{"event": "goal_reached", "where": [{"field": "/goal", "in": ["first"]}]}],
        "start": "pause",
        "nodes": {"pause": {"type": "wait", "for": "1d", "next": "end"}, "end": {"type": "exit"}},
    });
    shop.put("/v1/chains/second", &second.to_string()).accepted();
    shop.as_integration("POST", "/v1/chains/second/publish", "{}").accepted();
    publish(
        &shop,
        &json!({
            "triggers": [{"event": "cart_abandoned"}], "start": "goal",
            "nodes": {"goal": {"type": "goal", "name": "first", "next": "end"}, "end": {"type": "exit"}},
        }),
    );
    send(&shop, &[event(0, "c-1", "cart_abandoned")]);
    let run = wait_for("the second chain has begun", || {
        let runs = shop.as_integration("GET", "/v1/chains/second/runs?member=p-0", "").accepted();
        runs["runs"].as_array().and_then(|runs| runs.first().cloned())
    });
    let time =
        |value: &Value| -> jiff::Timestamp { value.as_str().expect("a time").parse().expect("a time") };
    let goal =
        events_of(&shop, "p-0").into_iter().find(|event| event["kind"] == "goal_reached").expect("a goal");
    let late = time(&run["entered_at"]).duration_since(time(&goal["at"]));
    assert!(late < jiff::SignedDuration::from_hours(1), "{late} after the first");
    assert_eq!(run["wakes_at"].as_str().map(|at| at.len() > 10), Some(true), "{run}");
}

/// Lets every wait of a chain be so much longer ago, as if the host had been away.
fn pass(shop: &Shop, ms: i64) {
    let runs = get(shop, "runs")["runs"].as_array().expect("runs").clone();
    shop.kill();
    for run in runs {
        let entered: jiff::Timestamp = run["entered_at"].as_str().expect("a time").parse().expect("a time");
        let entered = entered.as_millisecond();
        shop.communications_sql(&format!(
            "UPDATE chain_runs SET wake_at = wake_at - {ms}, state = REPLACE(state, '{entered}', '{}') WHERE id = {}",
            entered - ms,
            run["run"]
        ));
    }
    shop.start();
}

fn nothing_stale_is_done_after_a_fortnight(database: Database) {
    let shop = shop(database);
    publish(&shop, &chain(&pause("1d")));
    send(&shop, &[event(0, "c-1", "cart_abandoned"), event(1, "c-2", "cart_abandoned")]);
    until("both wait", || waiting(&shop) == [(1, "pause".to_owned(), 2)]);
    pass(&shop, 15 * DAY_MS);
    until("both go on", || waiting(&shop) == [(1, "later".to_owned(), 2)]);
    let statistics = get(&shop, "statistics");
    assert_eq!((messages(&shop), &statistics["too_late"]), (0, &json!({"remind": 2})), "{statistics}");
    // The wait after it has its full length.
    let runs = get(&shop, "runs");
    for run in runs["runs"].as_array().expect("runs") {
        let wakes: jiff::Timestamp = run["wakes_at"].as_str().expect("a time").parse().expect("a time");
        assert!(wakes.as_millisecond() > now_ms() + 2 * DAY_MS, "{run}");
    }
}

/// Leaving a segment is an event at one instant, and nothing else; a segment that is worked out anew tells nothing.
fn a_segment_that_is_worked_out_anew_ends_no_run(database: Database) {
    let shop = open(database, &[]);
    members(&shop, 2);
    let segment = |count: Value| {
        let body = json!({"rule": {"event": "cart_abandoned", "count": count}});
        shop.put("/v1/segments/carts", &body.to_string()).accepted();
    };
    let ready = |members: i64| {
        let segment = shop.as_integration("GET", "/v1/segments/carts", "").accepted();
        segment["state"] == "ready" && segment["members"] == json!(members)
    };
    segment(json!({"exactly": 1}));
    until("the segment is ready", || ready(0));
    let document = json!({
        "triggers": [{"event": "segment_entered", "where": [{"field": "/name", "in": ["carts"]}]}],
        "reentry": "once",
        "start": "pause",
        "nodes": {
            "pause": {"type": "wait", "for": "1d", "next": "end"},
            "end": {"type": "exit"}
        },
    });
    put(&shop, &document).accepted();
    post(&shop, "publish", &json!({})).accepted();
    send(&shop, &[event(0, "c-1", "cart_abandoned"), event(1, "c-2", "cart_abandoned")]);
    until("both have entered and wait", || waiting(&shop) == [(1, "pause".to_owned(), 2)]);
    send(&shop, &[event(1, "c-3", "cart_abandoned")]);
    until("one has left the segment", || ready(1));
    for (count, members) in
        [(json!({"at_least": 5}), 0), (json!({"at_least": 1}), 2), (json!({"exactly": 1}), 1)]
    {
        segment(count);
        until("the segment is worked out anew", || ready(members));
    }
    let left = |member: &str| {
        events_of(&shop, member).into_iter().filter(|event| event["kind"] == "segment_left").count()
    };
    assert_eq!((left("p-0"), left("p-1")), (0, 1), "who has left, and when");
    assert_eq!(waiting(&shop), [(1, "pause".to_owned(), 2)], "both still wait");
    assert_eq!(get(&shop, "statistics")["left"], json!({}));
}
