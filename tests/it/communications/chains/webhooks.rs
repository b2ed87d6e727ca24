//! Webhooks of chains: signed, repeated under one key, given up after a limit, and in nobody's way.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::hooks::Hooks;
use super::{event, get, members, open, publish, put, send};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(
    a_webhook_is_signed_and_repeated_under_one_key,
    what_is_refused_goes_the_other_way_or_is_counted,
    one_that_hangs_holds_up_nothing,
    a_webhook_needs_a_channel_that_can_be_called,
);

fn shop(database: Database) -> Shop {
    let shop =
        open(database, &[("COMMUNICATIONS__SEND_EVERY_MS", "20"), ("COMMUNICATIONS__WEBHOOK_ATTEMPTS", "3")]);
    members(&shop, 10);
    shop
}

fn channel(shop: &Shop, name: &str, hooks: &Hooks) {
    let channel = json!({
        "kind": "http",
        "account": {"url": format!("http://127.0.0.1:{}", hooks.port), "path": "/hook", "allow_private": true,
                    "timeout_ms": 120_000, "auth": {"scheme": "hmac", "secret": "key", "name": "X-Signature"}},
        "secrets": {"key": {"value": "s3cret"}},
    });
    shop.put(&format!("/v1/channels/{name}"), &channel.to_string()).accepted();
}

fn chain(tell: &Value) -> Value {
    json!({
        "triggers": [{ "event": "complained" }],
        "reentry": "always",
        "start": "tell",
        "nodes": {
            "tell": tell,
            "told": { "type": "goal", "name": "told", "next": "end" },
            "by-hand": { "type": "goal", "name": "by-hand", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}

/// With a way to go on by.
fn tell(channel: &str) -> Value {
    json!({ "type": "webhook", "channel": channel, "body": { "about": "a <complaint>" }, "next": "told", "failed": "by-hand" })
}

/// Without one.
fn only_tell(shop: &Shop, channel: &str) {
    let mut document = chain(&tell(channel));
    let nodes = document["nodes"].as_object_mut().expect("nodes");
    nodes["tell"].as_object_mut().expect("a node").remove("failed");
    nodes.remove("by-hand");
    publish(shop, &document);
}

fn a_webhook_is_signed_and_repeated_under_one_key(database: Database) {
    let shop = shop(database);
    let hooks = Hooks::open(|before| Some(if before == 0 { "503 Busy" } else { "200 OK" }));
    channel(&shop, "desk", &hooks);
    publish(&shop, &chain(&tell("desk")));
    send(&shop, &[event(3, "c-1", "complained")]);
    // A provider that is down is asked again after a minute; nobody waits for that here.
    until("it was put off", || get(&shop, "statistics")["effects"][0]["reason"] == json!("webhook_put_off"));
    assert_eq!(get(&shop, "statistics")["left"], json!({}), "the run waits for what becomes of it");
    shop.communications_sql("UPDATE chain_effects SET next_at = 0 WHERE next_at IS NOT NULL");
    until("the run has left", || get(&shop, "statistics")["left"] == json!({ "exit": 1 }));
    let statistics = get(&shop, "statistics");
    assert_eq!((&statistics["goals"], &statistics["dead_letters"]), (&json!({ "told": 1 }), &json!(0)));
    let calls = hooks.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body, calls[1].body, "the same bytes");
    assert_eq!(calls[0].header("idempotency-key"), calls[1].header("idempotency-key"));
    let told = calls[0].json();
    assert_eq!(
        (&told["chain"], &told["node"], &told["member_id"]),
        (&json!("cart"), &json!("tell"), &json!("p-3"))
    );
    assert_eq!(
        (&told["body"], &told["event"]),
        (&json!({ "about": "a <complaint>" }), &json!({ "cart": 7 }))
    );
    assert_eq!(told["id"].as_str(), Some(calls[0].header("idempotency-key")));
    assert_eq!(calls[0].header("x-signature"), signature(b"s3cret", calls[0].body.as_bytes()));
}

/// HMAC-SHA-256 (RFC 2104), written out, in hexadecimal digits.
fn signature(key: &[u8], text: &[u8]) -> String {
    let padded = |with: u8| {
        let mut block = [0_u8; 64];
        block[..key.len()].copy_from_slice(key);
        block.map(|byte| byte ^ with)
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    hex::encode(Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize())
}

fn what_is_refused_goes_the_other_way_or_is_counted(database: Database) {
    let shop = shop(database);
    let hooks = Hooks::open(|_| Some("422 No"));
    channel(&shop, "desk", &hooks);
    publish(&shop, &chain(&tell("desk")));
    send(&shop, &[event(0, "c-1", "complained")]);
    until("the run has left", || get(&shop, "statistics")["left"] == json!({ "exit": 1 }));
    let statistics = get(&shop, "statistics");
    assert_eq!((&statistics["goals"], &statistics["dead_letters"]), (&json!({ "by-hand": 1 }), &json!(0)));
    assert_eq!(statistics["effects"][0]["reason"], json!("webhook_refused"));

    let down = Hooks::open(|_| Some("500 Oops"));
    channel(&shop, "down", &down);
    only_tell(&shop, "down");
    send(&shop, &[event(1, "c-2", "complained")]);
    until("it is given up", || {
        shop.communications_sql("UPDATE chain_effects SET next_at = 0 WHERE next_at > 0 AND reason <> ''");
        get(&shop, "statistics")["dead_letters"] == json!(1)
    });
    assert!(down.calls().len() >= 3, "{}", down.calls().len());
    assert_eq!(get(&shop, "statistics")["goals"], json!({ "by-hand": 1, "told": 1 }));
}

fn one_that_hangs_holds_up_nothing(database: Database) {
    let shop = shop(database);
    let (hangs, works) = (Hooks::open(|_| None), Hooks::open(|_| Some("200 OK")));
    channel(&shop, "hangs", &hangs);
    channel(&shop, "works", &works);
    only_tell(&shop, "hangs");
    let events: Vec<String> =
        (0..10).map(|member| event(member, &format!("c-{member}"), "complained")).collect();
    send(&shop, &events);
    until("as many calls hang as a channel may have", || hangs.calls().len() == 8);
    // Another chain goes on: its webhooks, its points.
    let document = json!({
        "triggers": [{ "event": "joined" }],
        "start": "tell",
        "nodes": {
            "tell": { "type": "webhook", "channel": "works", "next": "gift" },
            "gift": { "type": "points", "points": "5", "reason": "Welcome", "next": "end" },
            "end": { "type": "exit" }
        }
    });
    shop.put("/v1/chains/other", &document.to_string()).accepted();
    shop.as_integration("POST", "/v1/chains/other/publish", "{}").accepted();
    let events: Vec<String> = (0..10).map(|member| event(member, &format!("j-{member}"), "joined")).collect();
    send(&shop, &events);
    let done = || {
        let statistics = shop.as_integration("GET", "/v1/chains/other/statistics", "").accepted();
        let effects = statistics["effects"].as_array().expect("effects").clone();
        let done = effects.iter().filter(|row| row["state"] == json!("done"));
        done.map(|row| row["count"].as_i64().expect("a number")).sum::<i64>()
    };
    until("all of the other chain is done", || done() == 20);
    assert_eq!((works.calls().len(), hangs.calls().len()), (10, 8));
}

fn a_webhook_needs_a_channel_that_can_be_called(database: Database) {
    let shop = shop(database);
    shop.put("/v1/channels/app", r#"{"kind":"in_app"}"#).accepted();
    let put = put(&shop, &chain(&tell("app"))).accepted();
    assert_eq!(
        (&put["problems"][0]["code"], &put["problems"][0]["pointer"]),
        (&json!("webhook_needs_http"), &json!("/nodes/tell/channel"))
    );
}
