//! Events of visitors from before their sign-in.

use serde_json::{Value, json};

use super::{chain, get, members, open, pause, publish, waiting};
use crate::communications::now_ms;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(what_a_visitor_did_lately_lets_the_member_in_once,);

const VISITOR: &str = "0123456789abcdef0123456789abcdef";

fn event(id: &str, visitor: &str, ago_ms: i64) -> String {
    json!({"id": id, "source": "shop", "visitor": visitor, "kind": "cart_abandoned", "at": now_ms() - ago_ms,
           "payload": {"cart": id}})
    .to_string()
}

fn sign_in(shop: &Shop, visitor: &str, member: &str) {
    let made = shop.as_integration("POST", &format!("/v1/members/{member}/tokens"), "").accepted();
    let event = json!({"id": "in", "visitor": visitor, "kind": "signed_in", "token": made["token"]});
    let headers = [("Content-Type", "text/plain"), ("Origin", "https://shop.example")];
    shop.call(("POST", "/v1/collect?site=web"), "", &headers, &event.to_string()).accepted();
}

fn what_a_visitor_did_lately_lets_the_member_in_once(database: Database) {
    let shop = open(
        database,
        &[("COLLECT__SITES", "web https://shop.example"), ("COMMUNICATIONS__CHAIN_VISITOR_MINUTES", "30")],
    );
    members(&shop, 2);
    let account = json!({"host": "127.0.0.1", "port": 1, "security": "none", "allow_private": true, "from": "shop@example.com"});
    shop.put("/v1/channels/mail", &json!({"kind": "smtp", "account": account}).to_string()).accepted();
    let mut document: Value = chain(&pause("1d"));
    document["reentry"] = json!("always");
    publish(&shop, &document);
    let other = VISITOR.replace('0', "f");
    let events =
        [event("old", VISITOR, 31 * 60_000), event("new", VISITOR, 60_000), event("other", &other, 60_000)];
    shop.import("/v1/events", &events.join("\n")).accepted();
    let passed = json!({"id": "p", "source": "shop", "member": {"id": "p-1"}, "kind": "cart_abandoned", "at": now_ms()});
    shop.import("/v1/events", &passed.to_string()).accepted();
    until("what comes after them is read", || waiting(&shop) == [(1, "pause".to_owned(), 1)]);
    for _ in 0..2 {
        sign_in(&shop, VISITOR, "p-0");
    }
    until("the visitor's cart lets the member in", || waiting(&shop) == [(1, "pause".to_owned(), 2)]);
    let last = json!({"id": "q", "source": "shop", "member": {"id": "p-1"}, "kind": "cart_abandoned", "at": now_ms()});
    shop.import("/v1/events", &last.to_string()).accepted();
    until("all is read", || waiting(&shop) == [(1, "pause".to_owned(), 3)]);
    let runs = get(&shop, "runs?member=p-0");
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "not for the old one, and not twice: {runs}");
}
