//! The alarm: a queue that stands still is told of, and tills are served all the while.

use serde_json::json;

use super::channels::number;
use super::now_ms;
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(a_queue_that_stands_still_is_told_of_and_tills_go_on);

fn a_queue_that_stands_still_is_told_of_and_tills_go_on(database: Database) {
    let shop = Shop::open_with(database, &[("COMMUNICATIONS__LAG_SECONDS", "1")]);
    let number = number(&shop);
    shop.put("/v1/channels/app", &json!({"kind": "in_app"}).to_string()).accepted();
    let template = json!({
        "channel": "in_app", "category": "transactional", "language": "en",
        "languages": {"en": {"subject": "Hello", "text": "Hello"}},
    });
    shop.put("/v1/message-templates/hello", &template.to_string()).accepted();
    // A worker that has gone without anybody noticing: nobody else sends what is in its lanes.
    let lanes: Vec<String> = (0..64).map(|lane| format!("({lane}, 'gone', 1, {})", i64::MAX)).collect();
    shop.communications_sql(&format!(
        "INSERT INTO message_lanes (lane, owner, fence, leased_until) VALUES {}
         ON CONFLICT (lane) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until",
        lanes.join(", ")
    ));
    let at = now_ms() - 60_000;
    shop.communications_sql("INSERT INTO message_queues (queue) VALUES ('test/x')");
    shop.communications_sql(&format!(
        "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version, category,
             topic, priority, not_before, state, lane, next_at, payload, planned_at, changed_at)
         VALUES ('0123456789abcdef0123456789abcdef', 'test/x', 'test', 'test/x', {number}, 'app', 'hello', 0,
             'transactional', '', 0, {at}, 'planned', {}, {at}, '{{}}', {at}, {at})",
        number.rem_euclid(64)
    ));
    let ready = || shop.get("/readyz");
    until("it is told", || ready().text.contains("late: messages/test/x by "));
    let answer = ready();
    assert_eq!(answer.status, 200);
    assert!(answer.text.starts_with("ready\n"), "{}", answer.text);
    let metrics = shop.get("/metrics").text;
    assert!(
        metrics.contains("offer_host_communications_lag_seconds{queue=\"messages/test/x\"}"),
        "{metrics}"
    );
    shop.post(&path("p-1", "calculate"), "p-1", &reference().to_string()).accepted();

    shop.communications_sql("UPDATE message_lanes SET leased_until = 0");
    until("nothing is late any more", || ready().text == "ready\n");
}
