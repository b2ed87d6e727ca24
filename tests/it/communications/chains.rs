//! Chains over HTTP: put, published, entered by events, taken further by time, stopped and replayed.

mod cases;
mod credits;
mod gifts;
mod hooks;
mod recipes;
mod visitors;
mod webhooks;

use serde_json::{Value, json};

use super::{kinds, now_ms};
use crate::shop::{Answer, Database, Shop, on_both_databases};
use crate::waiting::{until, wait_for};

on_both_databases!(
    a_member_goes_through_a_chain_and_its_numbers_agree,
    a_bad_chain_is_refused_with_every_problem,
    a_trigger_that_is_told_again_enters_once,
    publishing_over_waiting_members_asks_what_becomes_of_them,
    points_are_given_once_and_not_to_ghosts,
    a_killed_host_goes_on_where_it_was,
    days_of_attributes_and_of_points_let_members_in,
    attributes_and_tags_are_set_and_read_by_branches,
);

const QUICK: [(&str, &str); 4] = [
    ("COMMUNICATIONS__CHAIN_EVERY_MS", "20"),
    ("COMMUNICATIONS__CHAIN_LEASE_MS", "600"),
    ("COMMUNICATIONS__FEED_EVERY_MS", "20"),
    ("COMMUNICATIONS__PUBLIC_URL", "https://mail.example"),
];

/// A host that looks often, with a template.
fn open(database: Database, more: &[(&str, &str)]) -> Shop {
    let mut settings = QUICK.to_vec();
    settings.extend_from_slice(more);
    let shop = Shop::empty(database, &settings);
    shop.stock();
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "A cart", "html": "<html><body><a href=\"{{ unsubscribe_url }}\">No more</a></body></html>"}},
    });
    shop.put("/v1/message-templates/spring", &template.to_string()).accepted();
    for name in ["name", "email", "group"] {
        shop.put(&format!("/v1/attributes/{name}"), r#"{"type":"string"}"#).accepted();
    }
    shop
}

/// So many members.
fn members(shop: &Shop, count: usize) {
    let rows: Vec<String> =
        (0..count).map(|number| json!({"id": format!("p-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
}

/// An event `cart_abandoned` leads to a message after a wait; a purchase ends it.
fn chain(wait: &Value) -> Value {
    json!({
        "triggers": [{ "event": "cart_abandoned" }],
        "reentry": "after_exit",
        "leave_when": [{ "event": "bought", "goal": "bought" }],
        "start": "pause",
        "nodes": {
            "pause": wait,
            "remind": { "type": "message", "template": "spring", "channel": "mail", "topic": "news", "next": "later" },
            "later": { "type": "wait", "for": "3d", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}

fn pause(span: &str) -> Value {
    json!({ "type": "wait", "for": span, "next": "remind" })
}

fn put(shop: &Shop, document: &Value) -> Answer {
    shop.put("/v1/chains/cart", &document.to_string())
}

fn post(shop: &Shop, action: &str, body: &Value) -> Answer {
    shop.as_integration("POST", &format!("/v1/chains/cart/{action}"), &body.to_string())
}

fn get(shop: &Shop, what: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/chains/cart/{what}"), "").accepted()
}

fn event(member: usize, id: &str, kind: &str) -> String {
    let member = json!({"id": format!("p-{member}")});
    json!({"id": id, "source": "shop", "member": member, "kind": kind, "at": now_ms(), "payload": {"cart": 7}}).to_string()
}

fn send(shop: &Shop, events: &[String]) {
    shop.import("/v1/events", &events.join("\n")).accepted();
}

/// A host with three members and the channel and template that the chain names.
fn shop(database: Database) -> Shop {
    let shop = open(database, &[]);
    members(&shop, 3);
    let channel = json!({
        "kind": "smtp",
        "account": {"host": "127.0.0.1", "port": 1, "security": "none", "allow_private": true, "from": "shop@example.com"},
    });
    shop.put("/v1/channels/mail", &channel.to_string()).accepted();
    shop
}

fn publish(shop: &Shop, document: &Value) {
    let put = put(shop, document).accepted();
    assert_eq!(put["problems"], json!([]), "{put}");
    // No body says the same as `{}`.
    shop.as_integration("POST", "/v1/chains/cart/publish", "").accepted();
}

fn messages(shop: &Shop) -> i64 {
    let statistics = get(shop, "statistics");
    let states = statistics["messages"].as_array().expect("messages");
    states.iter().map(|row| row["messages"].as_i64().expect("a number")).sum()
}

/// Where members wait: version, node, how many.
fn waiting(shop: &Shop) -> Vec<(i64, String, i64)> {
    let statistics = get(shop, "statistics");
    let rows = statistics["waiting"].as_array().expect("rows").iter();
    rows.map(|row| {
        let node = row["node"].as_str().expect("a node").to_owned();
        (row["version"].as_i64().expect("a version"), node, row["members"].as_i64().expect("a number"))
    })
    .collect()
}

fn a_member_goes_through_a_chain_and_its_numbers_agree(database: Database) {
    let shop = shop(database);
    publish(&shop, &chain(&pause("1s")));
    send(&shop, &[event(0, "c-1", "cart_abandoned"), event(1, "c-2", "cart_abandoned")]);
    until("both wait after the message", || waiting(&shop) == [(1, "later".to_owned(), 2)]);
    assert_eq!(messages(&shop), 2);
    send(&shop, &[event(0, "b-1", "bought")]);
    until("one has left", || waiting(&shop) == [(1, "later".to_owned(), 1)]);
    let statistics = get(&shop, "statistics");
    assert_eq!((&statistics["entered"], &statistics["goals"]), (&json!(2), &json!({ "bought": 1 })));
    assert_eq!(statistics["left"], json!({ "leave_when": 1 }));
    assert_eq!(statistics["nodes"], json!({ "pause": 2, "remind": 2, "later": 2 }));
    let runs = get(&shop, "runs?member=p-0");
    let run = &runs["runs"][0];
    assert_eq!(
        (&run["active"], &run["node"], &run["member_id"]),
        (&json!(false), &json!("later"), &json!("p-0"))
    );
    assert_eq!(get(&shop, "runs")["runs"].as_array().map(Vec::len), Some(2));
    let events = super::events_of(&shop, "p-0");
    let told: Vec<&str> =
        kinds(&events).into_iter().filter(|kind| kind.contains("chain") || kind.contains("goal")).collect();
    assert_eq!(told, ["chain_entered", "chain_left", "goal_reached"]);
    // Every step again, from what it read: the same bytes.
    let run = run["run"].as_i64().expect("a number").to_string();
    let replayed = shop.command(&["chain", "replay", &run]);
    let text = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert!(replayed.status.success(), "{text} {}", String::from_utf8_lossy(&replayed.stderr));
    assert!(text.contains("3 steps, 0 differ"), "{text}");
}

fn a_bad_chain_is_refused_with_every_problem(database: Database) {
    let shop = shop(database);
    let mut document = chain(&pause("soon"));
    document["nodes"]["later"]["next"] = json!("nowhere");
    let answer = put(&shop, &document);
    assert_eq!(answer.refused(), (422, "chain_refused".to_owned()));
    for text in ["/nodes/pause/for", "/nodes/later/next", "dangling_edge", "lead to one of"] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    // A draft may name what is not there yet; publishing it is refused.
    let mut document = chain(&pause("1h"));
    document["nodes"]["remind"]["template"] = json!("summer");
    let put = put(&shop, &document).accepted();
    assert_eq!(put["problems"][0]["code"], json!("unknown_template"));
    let answer = post(&shop, "publish", &json!({}));
    assert_eq!(answer.refused(), (422, "chain_refused".to_owned()));
    assert!(
        answer.text.contains("there is no template `summer`; create the template first"),
        "{}",
        answer.text
    );
    assert_eq!(
        post(&shop, "publish", &json!({ "version": 7 })).refused(),
        (404, "unknown_chain_version".to_owned())
    );
    assert_eq!(
        shop.as_integration("GET", "/v1/chains/none", "").refused(),
        (404, "unknown_chain".to_owned())
    );
    assert_eq!(
        shop.put("/v1/chains/a%2Fb", &document.to_string()).refused(),
        (422, "chain_refused".to_owned())
    );
}

/// Parcelvoy #462: told again, restarted, edited: one run.
fn a_trigger_that_is_told_again_enters_once(database: Database) {
    let shop = shop(database);
    let mut document = chain(&pause("1d"));
    document["reentry"] = json!("once");
    publish(&shop, &document);
    send(&shop, &[event(0, "c-1", "cart_abandoned")]);
    until("it waits", || waiting(&shop) == [(1, "pause".to_owned(), 1)]);
    send(&shop, &[event(0, "c-1", "cart_abandoned"), event(0, "c-2", "cart_abandoned")]);
    shop.kill();
    shop.start();
    document["description"] = json!("edited");
    put(&shop, &document).accepted();
    post(&shop, "publish", &json!({ "waiting": "move" })).accepted();
    send(&shop, &[event(0, "c-3", "cart_abandoned"), event(1, "d-1", "cart_abandoned")]);
    until("another one waits", || waiting(&shop) == [(2, "pause".to_owned(), 2)]);
    assert_eq!(get(&shop, "statistics")["entered"], json!(2));
    assert_eq!(get(&shop, "runs?member=p-0")["runs"].as_array().map(Vec::len), Some(1));
}

fn publishing_over_waiting_members_asks_what_becomes_of_them(database: Database) {
    let shop = shop(database);
    publish(&shop, &chain(&pause("1d")));
    let events: Vec<String> =
        (0..3).map(|member| event(member, &format!("c-{member}"), "cart_abandoned")).collect();
    send(&shop, &events);
    until("all wait", || waiting(&shop) == [(1, "pause".to_owned(), 3)]);
    // The node that they wait at is renamed.
    let mut document = chain(&pause("2h"));
    document["start"] = json!("rest");
    let node = document["nodes"]["pause"].take();
    document["nodes"].as_object_mut().expect("nodes").remove("pause");
    document["nodes"]["rest"] = node;
    put(&shop, &document).accepted();
    let shown = post(&shop, "publish", &json!({ "dry_run": true })).accepted();
    let line = json!({ "version": 1, "node": "pause", "members": 3, "in_new_version": false, "becomes": "undecided" });
    assert_eq!((&shown["published"], &shown["waiting"]), (&json!(false), &json!([line])));
    assert_eq!(post(&shop, "publish", &json!({})).refused(), (409, "members_waiting".to_owned()));
    let moved = post(&shop, "publish", &json!({ "waiting": "move", "gone": "leave" })).accepted();
    assert_eq!(moved["waiting"][0]["becomes"], json!("leave"));
    assert_eq!(waiting(&shop), []);
    assert_eq!(get(&shop, "statistics")["left"], json!({ "published": 3 }));
    send(&shop, &[event(0, "n-1", "cart_abandoned")]);
    until("it enters the new version", || waiting(&shop) == [(2, "rest".to_owned(), 1)]);
    let stopped = post(&shop, "stop", &json!({})).accepted();
    assert_eq!(stopped["left"], json!(1));
    // Another chain that the same event enters: once it has, the event was read for all chains.
    shop.put("/v1/chains/other", &chain(&pause("1d")).to_string()).accepted();
    shop.as_integration("POST", "/v1/chains/other/publish", "").accepted();
    send(&shop, &[event(1, "n-2", "cart_abandoned")]);
    until("it enters the other chain", || {
        let statistics = shop.as_integration("GET", "/v1/chains/other/statistics", "").accepted();
        statistics["entered"] == json!(1)
    });
    assert_eq!(get(&shop, "statistics")["entered"], json!(4), "nobody enters a chain that is stopped");
    assert_eq!(
        shop.as_integration("GET", "/v1/chains", "").accepted()["chains"][0]["state"],
        json!("stopped")
    );
    assert_eq!(waiting(&shop), []);
    let audit = shop.as_admin("GET", "/v1/audit", "").text;
    for action in ["chain.put", "chain.publish", "chain.stop"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
}

fn points_are_given_once_and_not_to_ghosts(database: Database) {
    let shop = shop(database);
    members(&shop, 40);
    let document = json!({
        "triggers": [{ "event": "joined" }],
        "control": { "percent": "50", "salt": "half" },
        "start": "gift",
        "nodes": {
            "gift": { "type": "points", "points": "5", "reason": "Welcome", "expires_after": "30d", "next": "end" },
            "end": { "type": "exit" }
        }
    });
    publish(&shop, &document);
    let events: Vec<String> = (0..40).map(|member| event(member, &format!("j-{member}"), "joined")).collect();
    send(&shop, &events);
    let effects = wait_for("all are decided", || {
        let statistics = get(&shop, "statistics");
        let effects = statistics["effects"].as_array().expect("effects").clone();
        let of = |state: &str| {
            let rows = effects.iter().filter(|row| row["state"] == json!(state));
            rows.map(|row| row["count"].as_i64().expect("a number")).sum::<i64>()
        };
        (of("done") + of("ghost") == 40).then(|| (of("done"), of("ghost"), statistics["ghosts"].clone()))
    });
    let (done, ghosts, counted) = effects;
    assert!(done > 5 && ghosts > 5, "{done} {ghosts}");
    assert_eq!(counted, json!(ghosts));
    // Told again, also by a host that was killed.
    shop.kill();
    shop.start();
    send(&shop, &events);
    let with_points = |member: usize| {
        let points = shop.as_integration("GET", &format!("/v1/members/p-{member}/points"), "").accepted();
        points["available"].as_str().expect("points").starts_with('5')
    };
    assert_eq!(
        (0..40).filter(|member| with_points(*member)).count(),
        usize::try_from(done).expect("a number")
    );
    shop.verify();
}

/// Sets attributes of a member.
fn set(shop: &Shop, member: usize, values: &[(&str, &str)]) {
    let row = |(name, value): &(&str, &str)| {
        json!({"identifier_kind": "member", "identifier": format!("p-{member}"), "attribute": name, "value": value})
            .to_string()
    };
    let rows: Vec<String> = values.iter().map(row).collect();
    shop.import("/v1/attributes/imports", &rows.join("\n")).accepted();
}

fn days_of_attributes_and_of_points_let_members_in(database: Database) {
    let shop = open(database, &[("COMMUNICATIONS__CHAIN_DAYS_SECONDS", "1")]);
    members(&shop, 2);
    for (name, kind) in [("born", "date"), ("time_zone", "string")] {
        shop.put(&format!("/v1/attributes/{name}"), &json!({ "type": kind }).to_string()).accepted();
    }
    // A whole minute that comes soon, in a zone that is another one than the host's.
    let zone = jiff::tz::TimeZone::get("Asia/Vladivostok").expect("a zone");
    let soon = (now_ms() + 75_000) / 60_000 * 60_000;
    let soon = jiff::Timestamp::from_millisecond(soon).expect("a time").to_zoned(zone.clone());
    let time = soon.strftime("%H:%M").to_string();
    let expires = jiff::Timestamp::now().to_zoned(zone).date() + jiff::ToSpan::days(3);
    let days_before = (expires - soon.date()).get_days();
    let exit = json!({ "end": { "type": "exit" } });
    let by = |trigger: Value| json!({ "triggers": [trigger], "start": "end", "nodes": exit });
    let date = json!({ "date": { "attribute": "born", "yearly": true, "time": time } });
    let points = json!({ "points_expire": { "days_before": days_before, "at_least": 2, "time": time } });
    for (name, document) in [("born", by(date)), ("expiring", by(points))] {
        shop.put(&format!("/v1/chains/{name}"), &document.to_string()).accepted();
        shop.as_integration("POST", &format!("/v1/chains/{name}/publish"), "{}").accepted();
    }
    publish(
        &shop,
        &json!({
            "triggers": [{ "event": "joined" }],
            "start": "gift",
            "nodes": {
                "gift": { "type": "points", "points": "5", "reason": "Welcome", "expires_after": "3d", "next": "end" },
                "end": { "type": "exit" }
            }
        }),
    );
    let born = soon.strftime("1990-%m-%d").to_string();
    set(&shop, 0, &[("born", &born), ("time_zone", "Asia/Vladivostok")]);
    set(&shop, 1, &[("time_zone", "Asia/Vladivostok")]);
    send(&shop, &[event(0, "j-0", "seen"), event(1, "j-1", "joined")]);
    let entered = |name: &str| {
        let statistics = shop.as_integration("GET", &format!("/v1/chains/{name}/statistics"), "").accepted();
        statistics["entered"].as_i64().expect("a number")
    };
    until("both days have come", || (entered("born"), entered("expiring")) == (1, 1));
    let runs = shop.as_integration("GET", "/v1/chains/expiring/runs", "").accepted();
    assert_eq!(runs["runs"][0]["member_id"], json!("p-1"));
    let at =
        runs["runs"][0]["entered_at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    assert!(at >= soon.timestamp(), "{at} is before {soon}");
}

fn attributes_and_tags_are_set_and_read_by_branches(database: Database) {
    let shop = shop(database);
    shop.put("/v1/attributes/fan", r#"{"type":"bool"}"#).accepted();
    let document = json!({
        "triggers": [{ "event": "cart_abandoned" }],
        "reentry": "always",
        "start": "is-fan",
        "nodes": {
            "is-fan": { "type": "branch", "rule": { "attribute": "fan", "is": true }, "yes": "known", "no": "mark" },
            "mark": { "type": "tag", "name": "fan", "next": "group" },
            "group": { "type": "attribute", "name": "group", "value": "cart", "next": "end" },
            "known": { "type": "goal", "name": "known", "next": "end" },
            "end": { "type": "exit" }
        }
    });
    publish(&shop, &document);
    send(&shop, &[event(0, "c-1", "cart_abandoned")]);
    until("the attributes are set", || {
        let attributes = &super::profile(&shop, "p-0")["attributes"];
        attributes["fan"] == json!(true) && attributes["group"] == json!("cart")
    });
    send(&shop, &[event(0, "c-2", "cart_abandoned"), event(1, "c-3", "cart_abandoned")]);
    until("all have left", || get(&shop, "statistics")["left"] == json!({ "exit": 3 }));
    let statistics = get(&shop, "statistics");
    assert_eq!((&statistics["goals"], &statistics["nodes"]["mark"]), (&json!({ "known": 1 }), &json!(2)));
}

fn a_killed_host_goes_on_where_it_was(database: Database) {
    let shop = shop(database);
    members(&shop, 200);
    publish(&shop, &chain(&pause("1s")));
    let events: Vec<String> =
        (0..200).map(|member| event(member, &format!("c-{member}"), "cart_abandoned")).collect();
    send(&shop, &events);
    for _ in 0..4 {
        shop.kill();
        shop.start();
    }
    until("all have their message", || waiting(&shop) == [(1, "later".to_owned(), 200)]);
    assert_eq!(messages(&shop), 200);
    let statistics = get(&shop, "statistics");
    assert_eq!((&statistics["entered"], &statistics["nodes"]["remind"]), (&json!(200), &json!(200)));
}
