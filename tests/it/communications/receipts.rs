//! Messages on the member's next receipt, and to its cashier: each is given once, and no till waits for communications.

use serde_json::{Value, json};

use super::channels::number;
use super::{events_of, now_ms, profile};
use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    a_message_is_on_the_next_receipt_and_on_no_other,
    a_calculation_that_expires_lets_its_message_go,
    a_message_that_finds_no_receipt_in_time_is_dropped,
    a_no_takes_a_message_back_and_what_cannot_be_printed_is_refused,
    a_suppression_takes_back_what_waits,
    a_merged_and_an_erased_member_have_what_is_theirs,
    a_channel_of_tills_has_neither_account_nor_quiet_hours,
);

const ID: &str = "0123456789abcdef0123456789abcdef";
const TEXT: &str = "Your coffee waits for you, dear reader of receipts";

/// A host that looks often, with the two channels of tills and a till whose printer has 20 letters in a line.
fn open(database: Database, settings: &[(&str, &str)], channel: &Value) -> Shop {
    let mut all = vec![("COMMUNICATIONS__SEND_EVERY_MS", "20"), ("COMMUNICATIONS__FEED_EVERY_MS", "20")];
    all.extend_from_slice(settings);
    let shop = Shop::open_with(database, &all);
    let pos =
        json!({"type": "pos", "id": "store-77/till-3", "time_zone": "Europe/Moscow", "receipt_width": 20});
    shop.import("/v1/catalog/imports", &pos.to_string()).accepted();
    for kind in ["receipt", "cashier"] {
        let mut document = channel.clone();
        document["kind"] = json!(kind);
        shop.put(&format!("/v1/channels/{kind}"), &document.to_string()).accepted();
    }
    template(&shop, TEXT);
    shop
}

fn template(shop: &Shop, text: &str) {
    let template = json!({
        "channel": "receipt", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {"text": text}},
    });
    shop.put("/v1/message-templates/hello", &template.to_string()).accepted();
}

/// Plans a message to a member that is due, in a queue that is open.
fn plan(shop: &Shop, id: &str, number: i64, channel: &str) {
    let at = now_ms() - 1_000;
    shop.communications_sql(&format!(
        "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version, category,
             topic, priority, not_before, state, lane, next_at, payload, planned_at, changed_at)
         VALUES ('{id}', 'test/{id}', 'test', 'test/x', {number}, '{channel}', 'hello', 0, 'marketing', 'news', 0, {at},
             'planned', {}, {at}, '{{}}', {at}, {at})",
        number.rem_euclid(64)
    ));
    shop.communications_sql(
        "INSERT INTO message_queues (queue) VALUES ('test/x') ON CONFLICT (queue) DO NOTHING",
    );
}

/// How often an event of a kind tells of a message.
fn told(shop: &Shop, member: &str, kind: &str, id: &str) -> usize {
    let events = events_of(shop, member);
    events.iter().filter(|event| event["kind"] == kind && event["payload"]["message"] == id).count()
}

fn sent(shop: &Shop, id: &str) {
    until("it is left for the tills", || told(shop, "m-1", "message_sent", id) == 1);
}

fn calculate(shop: &Shop, purchase: &str) -> Value {
    // Each call of a till has a key of its own.
    let key = format!("{purchase}-{}", jiff::Timestamp::now().as_nanosecond());
    shop.post(&path(purchase, "calculate"), &key, &reference().to_string()).accepted()
}

fn step(shop: &Shop, purchase: &str, step: &str) -> Answer {
    shop.post(&path(purchase, step), &format!("{purchase}-{step}"), "")
}

fn printed(answer: &Value) -> Vec<String> {
    let lines = answer["messages"]["receipt"].as_array().expect("lines");
    lines.iter().map(|line| line.as_str().expect("a text").to_owned()).collect()
}

/// The messages of a profile, by id: state and reason.
fn state(shop: &Shop, member: &str, id: &str) -> (Value, Value) {
    let messages = profile(shop, member)["messages"].clone();
    let messages = messages.as_array().expect("messages");
    let found = messages.iter().find(|message| message["id"] == id).expect("the message");
    (found["state"].clone(), found["reason"].clone())
}

fn a_message_is_on_the_next_receipt_and_on_no_other(database: Database) {
    let shop = open(database, &[], &json!({}));
    let number = number(&shop);
    let before = printed(&calculate(&shop, "p-0"));
    step(&shop, "p-0", "confirm").accepted();
    plan(&shop, ID, number, "receipt");
    let other = format!("f{}", ID.get(1..).expect("digits"));
    plan(&shop, &other, number, "cashier");
    sent(&shop, ID);
    sent(&shop, &other);

    let answer = calculate(&shop, "p-1");
    let own = ["Your coffee waits", "for you, dear reader", "of receipts"];
    let wanted: Vec<String> = before.iter().map(String::as_str).chain(own).map(str::to_owned).collect();
    assert_eq!(printed(&answer), wanted, "after what offers say");
    assert_eq!(answer["messages"]["cashier"], json!([TEXT]));
    assert_eq!(
        calculate(&shop, "p-1")["calculation"],
        answer["calculation"],
        "the same call, the same answer"
    );
    // Another till at the same time, and a receipt of nobody.
    assert_eq!(printed(&calculate(&shop, "p-2")), before);
    let mut nobody = reference();
    nobody.as_object_mut().expect("a receipt").remove("member");
    let answer = shop.post(&path("p-9", "calculate"), "p-9", &nobody.to_string()).accepted();
    assert_eq!(answer["messages"]["cashier"], json!([]));

    step(&shop, "p-1", "cancel").accepted();
    assert_eq!(printed(&calculate(&shop, "p-2")), wanted, "what was cancelled is offered again");
    assert_eq!(told(&shop, "m-1", "message_delivered", ID), 0);
    let confirmed = step(&shop, "p-2", "confirm").accepted();
    assert_eq!(printed(&confirmed), wanted);
    for id in [ID, &other] {
        until("it is delivered", || told(&shop, "m-1", "message_delivered", id) == 1);
    }
    let events = events_of(&shop, "m-1");
    let delivered = events.iter().find(|event| event["kind"] == "message_delivered").expect("an event");
    assert_eq!(delivered["payload"]["purchase_id"], "p-2");
    assert_eq!(profile(&shop, "m-1")["messages"][0]["reported"], "delivered");
    let after = calculate(&shop, "p-3");
    assert_eq!((printed(&after), &after["messages"]["cashier"]), (before, &json!([])));
    // The messages that were given are stored with the purchase.
    let replayed = shop.as_integration("POST", &path("p-2", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
    // A bundle of a purchase tells nobody the messages that the member got.
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("purchases.json");
    let told = shop.command(&["replay", "--last", "1000", "--export", file.to_str().expect("text")]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let bundle = std::fs::read_to_string(&file).expect("a bundle");
    assert!(
        bundle.contains("p-2") && !bundle.contains("coffee waits") && !bundle.contains("dear reader"),
        "{bundle}"
    );
}

fn a_calculation_that_expires_lets_its_message_go(database: Database) {
    let shop = open(database, &[("PURCHASES__TIMEOUT_SECONDS", "1")], &json!({}));
    let number = number(&shop);
    plan(&shop, ID, number, "cashier");
    sent(&shop, ID);
    let given = |purchase: &str| calculate(&shop, purchase)["messages"]["cashier"] == json!([TEXT]);
    assert!(given("p-1"));
    until("another purchase gets it", || given("p-2"));
    step(&shop, "p-2", "confirm").accepted();
    // A late confirmation counts; the message is no second one for that.
    step(&shop, "p-1", "confirm").accepted();
    until("it is delivered", || told(&shop, "m-1", "message_delivered", ID) == 1);
    assert!(!given("p-3"));
    let events = events_of(&shop, "m-1");
    let delivered = events.iter().find(|event| event["kind"] == "message_delivered").expect("an event");
    assert_eq!(delivered["payload"]["purchase_id"], "p-2");
}

fn a_message_that_finds_no_receipt_in_time_is_dropped(database: Database) {
    let shop = open(database, &[], &json!({"ttl_seconds": 1}));
    let number = number(&shop);
    plan(&shop, ID, number, "cashier");
    until("it is dropped", || told(&shop, "m-1", "message_skipped", ID) == 1);
    assert_eq!(state(&shop, "m-1", ID), (json!("skipped"), json!("too_late")));
    assert_eq!(calculate(&shop, "p-1")["messages"]["cashier"], json!([]));
}

fn a_no_takes_a_message_back_and_what_cannot_be_printed_is_refused(database: Database) {
    let settings =
        [("COMMUNICATIONS__TILL_MESSAGE_CHARACTERS", "60"), ("COMMUNICATIONS__TILL_MESSAGES_WAITING", "1")];
    let shop = open(database, &settings, &json!({}));
    let number = number(&shop);
    plan(&shop, ID, number, "cashier");
    sent(&shop, ID);
    let ids: Vec<String> =
        ["a", "b", "c"].iter().map(|digit| format!("{digit}{}", ID.get(1..).expect("digits"))).collect();
    plan(&shop, &ids[0], number, "cashier");
    until("there is no room for another", || {
        state(&shop, "m-1", &ids[0]) == (json!("failed"), json!("content"))
    });
    let no = json!({"member": {"id": "m-1"}, "channel": "cashier", "topic": "*", "state": "withdrawn", "at": now_ms(), "source": "counter"});
    let headers = [("Content-Type", "application/x-ndjson")];
    shop.call(("POST", "/v1/consents"), "integration", &headers, &no.to_string()).accepted();
    until("it is taken back", || state(&shop, "m-1", ID) == (json!("skipped"), json!("consent_withdrawn")));
    assert_eq!(calculate(&shop, "p-1")["messages"]["cashier"], json!([]));
    // The same member, after the no: it is not even left for the tills.
    plan(&shop, &ids[1], number, "cashier");
    until("it is skipped", || state(&shop, "m-1", &ids[1]) == (json!("skipped"), json!("consent_withdrawn")));
    // The no was about the other channel.
    template(&shop, &"long ".repeat(20));
    plan(&shop, &ids[2], number, "receipt");
    until("it is too long", || state(&shop, "m-1", &ids[2]) == (json!("failed"), json!("content")));
}

fn a_suppression_takes_back_what_waits(database: Database) {
    let shop = open(database, &[], &json!({}));
    let number = number(&shop);
    let receipt = format!("f{}", ID.get(1..).expect("digits"));
    for (id, channel) in [(ID, "cashier"), (receipt.as_str(), "receipt")] {
        plan(&shop, id, number, channel);
        sent(&shop, id);
    }
    let suppress = |channel: &str, id: &str| {
        let row = json!({"member": {"id": "m-1"}, "channel": channel, "reason": "asked", "source": "counter",
                         "scope": "marketing", "at": now_ms()});
        shop.import("/v1/suppressions", &row.to_string()).accepted();
        until("it is taken back", || state(&shop, "m-1", id) == (json!("skipped"), json!("suppressed")));
    };
    suppress("cashier", ID);
    let answer = calculate(&shop, "p-1");
    assert_eq!(answer["messages"]["cashier"], json!([]));
    assert!(
        printed(&answer).iter().any(|line| line.contains("Your coffee")),
        "the other channel stays: {answer}"
    );
    step(&shop, "p-1", "cancel").accepted();
    suppress("*", &receipt);
    assert!(!printed(&calculate(&shop, "p-2")).iter().any(|line| line.contains("Your coffee")));
    assert_eq!(told(&shop, "m-1", "message_skipped", ID), 1);
}

fn a_merged_and_an_erased_member_have_what_is_theirs(database: Database) {
    let shop = open(database, &[], &json!({}));
    let number = number(&shop);
    shop.import(
        "/v1/members/imports",
        &json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}]}).to_string(),
    )
    .accepted();
    plan(&shop, ID, number, "cashier");
    sent(&shop, ID);
    let merge = json!({"into": "m-2"}).to_string();
    shop.as_integration("POST", "/v1/members/m-1/merge", &merge).accepted();
    let given = |purchase: &str| calculate(&shop, purchase)["messages"]["cashier"].clone();
    // The old card is the survivor's.
    assert_eq!(given("p-1"), json!([TEXT]));
    step(&shop, "p-1", "cancel").accepted();
    until("communications have followed", || !events_of(&shop, "m-2").is_empty());
    shop.as_integration("DELETE", "/v1/members/m-2/profile", "").accepted();
    assert_eq!(given("p-2"), json!([]));
}

fn a_channel_of_tills_has_neither_account_nor_quiet_hours(database: Database) {
    let shop = Shop::open(database);
    let wrong = json!({
        "kind": "cashier", "account": {"url": "https://example.com"}, "address": "phone",
        "quiet_hours": {"from": "21:00", "until": "09:00"},
    });
    let answer = shop.put("/v1/channels/x", &wrong.to_string());
    assert_eq!(answer.refused(), (422, "channel_refused".to_owned()));
    for code in ["no_account", "no_quiet_hours", "unknown_address"] {
        assert!(answer.text.contains(code), "{code}: {}", answer.text);
    }
    shop.put("/v1/channels/x", &json!({"kind": "cashier"}).to_string()).accepted();
    let test = shop.as_integration("POST", "/v1/channels/x/test", &json!({"to": "m-1"}).to_string());
    assert_eq!(test.refused(), (409, "channel_unusable".to_owned()));
    let shown = shop.as_integration("GET", "/v1/channels/x", "").accepted();
    assert_eq!(shown["channel"], json!({"kind": "cashier"}));
}
