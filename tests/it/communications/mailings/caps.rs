//! How many messages a member gets at most: the more important mailing goes first, whichever is looked at first, and one that
//! is paused takes nobody's place.

use serde_json::{Value, json};

use super::sink::Sink;
use super::{channel, mailing, members, open, start};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(a_member_gets_no_more_than_the_cap_and_the_more_important_goes_first);

fn put(shop: &Shop, name: &str, more: &Value) {
    shop.put(&format!("/v1/mailings/{name}"), &mailing(more).to_string()).accepted();
}

fn call(shop: &Shop, name: &str, action: &str) {
    shop.as_integration("POST", &format!("/v1/mailings/{name}/{action}"), "").accepted();
}

fn reasons(shop: &Shop, name: &str) -> Value {
    until(&format!("{name} is done"), || {
        shop.as_integration("GET", &format!("/v1/mailings/{name}"), "").accepted()["state"] == "done"
    });
    let statistics = shop.as_integration("GET", &format!("/v1/mailings/{name}/statistics"), "").accepted();
    json!({"sent": statistics["messages"]["sent"], "skipped": statistics["reasons"]["skipped"]})
}

fn a_member_gets_no_more_than_the_cap_and_the_more_important_goes_first(database: Database) {
    let caps = ("COMMUNICATIONS__FREQUENCY_CAPS", "[{ messages = 1, days = 2 }]");
    let shop = open(database, &[caps]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..20, |_| true);
    let group = |group: &str| json!({"rule": {"attribute": "group", "in": [group]}});
    // All are planned before any is due.
    let later = jiff::Timestamp::from_millisecond(super::now_ms() + 3_600_000).expect("a time").to_string();
    let at = json!({"at": later});
    put(&shop, "a-usual", &json!({"schedule": at, "priority": 0}));
    put(&shop, "b-urgent", &json!({"schedule": at, "priority": 5, "audience": group("even")}));
    // The most important one of all, but paused.
    put(&shop, "c-paused", &json!({"schedule": at, "priority": 9, "audience": group("odd")}));
    for name in ["a-usual", "b-urgent", "c-paused"] {
        start(&shop, name);
    }
    let planned = |name: &str| {
        shop.as_integration("GET", &format!("/v1/mailings/{name}"), "").accepted()["planned"] == true
    };
    until("all are planned", || ["a-usual", "b-urgent", "c-paused"].iter().all(|name| planned(name)));
    call(&shop, "c-paused", "pause");
    let past = super::now_ms() - 1_000;
    shop.communications_sql(&format!("UPDATE messages SET not_before = {past}, next_at = {past}"));
    assert_eq!(reasons(&shop, "b-urgent"), json!({"sent": 10, "skipped": null}));
    let usual = reasons(&shop, "a-usual");
    assert_eq!(usual["sent"], 10, "{usual}");
    call(&shop, "c-paused", "resume");
    assert_eq!(reasons(&shop, "c-paused"), json!({"sent": 0, "skipped": {"frequency_cap": 10}}));
    assert!(sink.mails().values().all(|mails| mails.len() == 1), "somebody got two");
    assert_eq!(sink.count(), 20);
}
