//! Faults of the host itself: they cost the message that they are about, and no other.

use serde_json::{Value, json};

use super::channels::number;
use super::{events_of, kinds, now_ms, profile};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(what_the_host_fails_at_is_given_up_and_stops_nothing_else);

/// Plans a message to a member that is due, in a queue that is open.
fn plan(shop: &Shop, id: &str, number: i64) {
    let at = now_ms() - 1_000;
    shop.communications_sql(&format!(
        "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version, category,
             topic, priority, not_before, state, lane, next_at, payload, planned_at, changed_at)
         VALUES ('{id}', 'test/{id}', 'test', 'test/x', {number}, 'app', 'hello', 0, 'transactional', 'news', 0, {at},
             'planned', {}, {at}, '{{}}', {at}, {at})",
        number.rem_euclid(64)
    ));
}

fn message(shop: &Shop, member: &str) -> Value {
    profile(shop, member)["messages"][0].clone()
}

fn what_the_host_fails_at_is_given_up_and_stops_nothing_else(database: Database) {
    let settings = [("COMMUNICATIONS__SEND_ATTEMPTS", "3"), ("COMMUNICATIONS__SEND_EVERY_MS", "20")];
    let shop = Shop::open_with(database, &settings);
    let number = number(&shop);
    shop.import("/v1/members/imports", &json!({"id": "m-2"}).to_string()).accepted();
    let event = json!({"id": "2", "source": "test", "member": {"id": "m-2"}, "kind": "noted", "at": now_ms(), "payload": {}});
    shop.import("/v1/events", &event.to_string()).accepted();
    let other = profile(&shop, "m-2")["number"].as_i64().expect("a number");
    shop.put("/v1/channels/app", &json!({"kind": "in_app"}).to_string()).accepted();
    let template = json!({
        "channel": "in_app", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Hello", "text": "Hello"}},
    });
    shop.put("/v1/message-templates/hello", &template.to_string()).accepted();
    // An answer that cannot be read: nobody can say what the first member has agreed to.
    shop.communications_sql(&format!(
        "INSERT INTO consents (id, number, channel, topic, state, at, source, text_version, received_at, actor)
         VALUES ('broken', {number}, 'app', 'news', 'perhaps', 1, '', '', 1, '')"
    ));
    plan(&shop, "11111111111111111111111111111111", number);
    plan(&shop, "22222222222222222222222222222222", other);
    shop.communications_sql("INSERT INTO message_queues (queue) VALUES ('test/x')");
    until("the other one is sent", || message(&shop, "m-2")["state"] == "sent");
    until("the first one is given up", || message(&shop, "m-1")["state"] == "dead");
    assert_eq!(message(&shop, "m-1")["reason"], "stored_data_damaged");
    assert!(kinds(&events_of(&shop, "m-1")).contains(&"message_failed"));
}
