//! Channels over HTTP: accounts and their secrets, tests, reports of providers, and messages that are read in an app.

#[path = "../../../host/senders/tests/doubles/provider.rs"]
mod provider;

use std::fs;

use provider::{Answer as Answered, Call, Provider};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::workspace;

use super::{events_of, kinds, now_ms, profile};
use crate::shop::{Answer, Database, Shop, on_both_databases};
use crate::waiting::{until, wait_for};

on_both_databases!(
    a_channel_never_shows_its_secrets,
    every_problem_of_a_channel_is_told,
    a_test_tells_what_the_provider_answers,
    a_report_counts_once_and_only_from_the_provider,
    an_empty_secret_lets_nobody_in,
    a_provider_reports_in_its_own_shape,
    bounces_and_complaints_stop_an_address_and_automatic_replies_do_not,
    a_message_of_an_app_is_read_once,
    a_channel_sends_no_more_a_day_than_it_may,
    a_short_message_is_measured_before_it_is_sent,
);

const ID: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn put(shop: &Shop, name: &str, channel: &Value) -> Answer {
    shop.put(&format!("/v1/channels/{name}"), &channel.to_string())
}

fn http(provider: &Provider, more: &Value) -> Value {
    let mut account = json!({
        "url": format!("http://127.0.0.1:{}", provider.port), "allow_private": true, "ready": "sms",
        "path": "/send", "settings": {"from": "SHOP"}, "auth": {"scheme": "bearer", "secret": "key"}, "id": "/id",
        "rules": [{"at": "/error", "equals": "bad_number", "means": "address", "reason": "/error"}],
    });
    for (name, value) in more.as_object().expect("fields") {
        account[name] = value.clone();
    }
    json!({"kind": "http", "account": account, "secrets": {"key": {"value": "s3cret-of-sms"}}})
}

fn accepting() -> Provider {
    Provider::start(|_: &Call| -> Answered { ("200 OK", r#"{"id":"p-1"}"#.to_owned()) })
}

/// A channel whose provider reports with a token.
fn reporting(shop: &Shop, name: &str, more: &Value) {
    let mut channel = json!({
        "kind": "smtp",
        "account": {"host": "127.0.0.1", "port": 1, "security": "none", "allow_private": true, "from": "news@example.com"},
        "secrets": {"hook": {"value": "hook-secret"}},
        "receipts": {"secret": "hook", "scheme": "token", "header": "X-Hook"},
    });
    for (field, value) in more.as_object().expect("fields") {
        channel["receipts"][field] = value.clone();
    }
    put(shop, name, &channel).accepted();
}

fn report_with(shop: &Shop, name: &str, hook: &str, kind: &str, body: &str) -> Answer {
    let path = format!("/v1/channels/{name}/receipts");
    shop.call(("POST", &path), "nobody", &[("X-Hook", hook), ("Content-Type", kind)], body)
}

fn report(shop: &Shop, name: &str, reports: &Value) -> Value {
    let body = json!({"receipts": reports}).to_string();
    report_with(shop, name, "hook-secret", "application/json", &body).accepted()
}

fn counts(taken: &Value) -> [i64; 4] {
    ["reports", "taken", "repeated", "unknown"].map(|name| taken[name].as_i64().expect("a number"))
}

/// The number of `m-1`, which gets one with its first event.
pub(super) fn number(shop: &Shop) -> i64 {
    let event = json!({"id": "first", "source": "test", "member": {"id": "m-1"}, "kind": "noted", "at": now_ms(), "payload": {}});
    let headers = [("Content-Type", "application/x-ndjson")];
    shop.call(("POST", "/v1/events"), "integration", &headers, &event.to_string()).accepted();
    profile(shop, "m-1")["number"].as_i64().expect("a number")
}

/// A message to `m-1` that went out a minute ago.
pub(super) fn sent(shop: &Shop, id: &str, channel: &str, number: i64) {
    let at = now_ms() - 60_000;
    shop.communications_sql(&format!(
        "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version, category,
             topic, priority, not_before, state, lane, payload, provider_id, planned_at, changed_at, sent_at)
         VALUES ('{id}', 'test/x', 'test', 'test/x', {number}, '{channel}', 'news', 1, 'marketing', 'news', 0, {at},
             'sent', 0, '{{}}', 'p-{id}', {at}, {at}, {at})"
    ));
}

/// Fails if a condition does not hold in the database.
fn holds(shop: &Shop, condition: &str) {
    // Names are never NULL.
    shop.communications_sql(&format!(
        "INSERT INTO cursors (name, position) SELECT NULL, 1 WHERE NOT ({condition})"
    ));
}

fn a_channel_never_shows_its_secrets(database: Database) {
    let shop = Shop::open(database);
    let provider = accepting();
    let first = put(&shop, "sms", &http(&provider, &json!({})));
    assert_eq!(first.accepted()["version"], 1);
    let get = shop.as_integration("GET", "/v1/channels/sms", "");
    for answer in [&first, &get] {
        assert!(!answer.text.contains("s3cret-of-sms"), "{}", answer.text);
        assert_eq!(answer.json()["channel"]["secrets"]["key"], json!({"stored": true}));
    }
    // Put again without the secret, which stays.
    let mut again = http(&provider, &json!({}));
    again["secrets"]["key"] = json!({"stored": true});
    again["limits"] = json!({"per_second": 14, "per_day": 50_000});
    assert_eq!(put(&shop, "sms", &again).accepted()["version"], 2);
    let to = json!({"to": "+79161234567", "text": "hello"}).to_string();
    let tested = shop.as_integration("POST", "/v1/channels/sms/test", &to).accepted();
    assert_eq!((&tested["outcome"], &tested["detail"]["provider_id"]), (&json!("accepted"), &json!("p-1")));
    assert_eq!(provider.calls()[0].header("authorization"), Some("Bearer s3cret-of-sms"));
    let audit = shop.as_admin("GET", "/v1/audit", "");
    assert!(audit.text.contains("channel.put") && !audit.text.contains("s3cret-of-sms"));
    let missing = shop.as_integration("GET", "/v1/channels/none", "");
    assert_eq!(missing.refused(), (404, "unknown_channel".to_owned()));
}

fn every_problem_of_a_channel_is_told(database: Database) {
    let shop = Shop::open(database);
    let problems = |channel: &Value| {
        let answer = put(&shop, "x", channel);
        assert_eq!(answer.refused(), (422, "channel_refused".to_owned()));
        let problems = answer.json()["errors"].as_array().expect("problems").clone();
        let text = |problem: &Value, name: &str| problem[name].as_str().expect("text").to_owned();
        let mut found: Vec<(String, String)> =
            problems.iter().map(|problem| (text(problem, "pointer"), text(problem, "code"))).collect();
        found.sort();
        found.dedup();
        found
    };
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect()
    };
    let broken = json!({
        "kind": "smtp", "account": {"host": "mx.example.com", "from": "x", "user": "u", "password": "pw"},
        "quiet_hours": {"from": "21:00", "until": "21:00"}, "limits": {"per_second": 0}, "address": "fax",
        "secrets": {"other": {"stored": true}}, "receipts": {"secret": "hook"}, "surprise": 1,
    });
    let found = problems(&broken);
    let wanted = own(&[
        ("/account/from", "bad_account"),
        ("/address", "unknown_address"),
        ("/limits/per_second", "out_of_range"),
        ("/quiet_hours", "bad_quiet_hours"),
        ("/receipts/secret", "unknown_secret"),
        ("/secrets/other", "secret_not_stored"),
        ("/surprise", "unknown_field"),
    ]);
    assert_eq!(found, wanted);
    let channel = |secrets: Value| {
        json!({
            "kind": "smtp", "secrets": secrets,
            "account": {"host": "mx.example.com", "from": "a@example.com", "user": "u", "password": "pw"},
        })
    };
    assert_eq!(problems(&channel(json!({}))), own(&[("/account", "unknown_secret")]));
    // Neither other variables nor files of the machine can be sent out.
    for secret in [json!({"environment": "PATH"}), json!({"file": "/etc/passwd"}), json!({"file": "../x"})] {
        assert_eq!(problems(&channel(json!({"pw": secret}))), own(&[("/secrets/pw", "secret_not_allowed")]));
    }
    let named = shop.put("/v1/channels/a%20b", &channel(json!({"pw": {"value": "x"}})).to_string());
    assert_eq!(named.refused().1, "channel_refused");
}

fn a_test_tells_what_the_provider_answers(database: Database) {
    let shop = Shop::open(database);
    let provider =
        Provider::start(|_: &Call| -> Answered { ("200 OK", r#"{"error":"bad_number"}"#.to_owned()) });
    put(&shop, "sms", &http(&provider, &json!({}))).accepted();
    let test = |name: &str| {
        let path = format!("/v1/channels/{name}/test");
        shop.as_integration("POST", &path, &json!({"to": "+79161234567"}).to_string())
    };
    let refused = test("sms").accepted();
    assert_eq!((&refused["outcome"], &refused["detail"]["kind"]), (&json!("refused"), &json!("address")));
    // An address of this machine needs leave.
    put(&shop, "inside", &http(&provider, &json!({"url": "https://127.0.0.1:1", "allow_private": false})))
        .accepted();
    let inside = test("inside").accepted();
    assert!(
        inside["detail"]["reason"].as_str().expect("a reason").starts_with("private_address"),
        "{inside}"
    );
    assert_eq!(provider.calls().len(), 1);
    let mut missing = http(&provider, &json!({}));
    missing["secrets"]["key"] = json!({"environment": "OFFER_HOST_CHANNEL_THAT_IS_NOT_SET"});
    put(&shop, "missing", &missing).accepted();
    assert_eq!(test("missing").refused(), (409, "channel_secret_missing".to_owned()));
}

fn a_report_counts_once_and_only_from_the_provider(database: Database) {
    let shop = Shop::open(database);
    let number = number(&shop);
    reporting(&shop, "mail", &json!({}));
    sent(&shop, ID, "mail", number);
    let one = |id: &str, status: &str| json!({"id": id, "message_id": ID, "status": status, "at": now_ms()});
    let body = json!({"receipts": [one("e-1", "complained")]}).to_string();
    for hook in ["", "wrong", "hook-secre"] {
        let refused = report_with(&shop, "mail", hook, "application/json", &body).refused();
        assert_eq!(refused, (403, "wrong_signature".to_owned()));
    }
    assert_eq!(counts(&report(&shop, "mail", &json!([one("e-1", "complained")]))), [1, 1, 0, 0]);
    assert_eq!(counts(&report(&shop, "mail", &json!([one("e-1", "complained")]))), [1, 0, 1, 0]);
    // A late report does not undo it, and one that cannot be read costs only itself.
    let rest = json!([one("e-2", "delivered"), one("e-3", "eaten"), {"id": "e-4", "message_id": "none", "status": "delivered"}]);
    let taken = report(&shop, "mail", &rest);
    assert_eq!(counts(&taken), [3, 1, 0, 1]);
    assert_eq!(taken["refused"][0]["place"], 1);
    // It comes again when its message is known.
    let early = json!([{"id": "e-5", "message_id": OTHER, "status": "complained"}]);
    assert_eq!(counts(&report(&shop, "mail", &early)), [1, 0, 0, 1]);
    sent(&shop, OTHER, "mail", number);
    assert_eq!(counts(&report(&shop, "mail", &early)), [1, 1, 0, 0]);
    let events = events_of(&shop, "m-1");
    let wanted = ["message_complained", "message_complained", "message_delivered", "noted"];
    assert_eq!(kinds(&events), wanted);
    assert_eq!(profile(&shop, "m-1")["messages"][0]["reported"], "complained");
    an_old_report_ends_nothing_that_was_agreed_to_since(&shop);
    let closed = Shop::open(database);
    let path = "/v1/channels/mail/receipts";
    assert_eq!(closed.call(("POST", path), "nobody", &[], "{}").refused().1, "unknown_channel");
    let plain = json!({"kind": "in_app"});
    put(&closed, "mail", &plain).accepted();
    assert_eq!(
        closed.call(("POST", path), "nobody", &[], "{}").refused(),
        (409, "receipts_not_set_up".to_owned())
    );
}

fn an_old_report_ends_nothing_that_was_agreed_to_since(shop: &Shop) {
    // It does not say when it happened, and comes again, as from somebody who has recorded it.
    let left = json!([{"id": "e-9", "message_id": ID, "status": "unsubscribed"}]);
    assert_eq!(counts(&report(shop, "mail", &left)), [1, 1, 0, 0]);
    let latest = || profile(shop, "m-1")["consents"][0]["state"].clone();
    assert_eq!(latest(), "withdrawn");
    let yes = json!({"member": {"id": "m-1"}, "channel": "mail", "topic": "*", "state": "granted",
                     "at": now_ms(), "source": "form", "text_version": "1"});
    shop.import("/v1/consents", &yes.to_string()).accepted();
    assert_eq!(latest(), "granted");
    assert_eq!(counts(&report(shop, "mail", &left)), [1, 0, 1, 0]);
    assert_eq!(latest(), "granted");
}

/// A secret of nothing would be proved by a header with nothing.
fn an_empty_secret_lets_nobody_in(database: Database) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().display().to_string();
    let shop = Shop::empty(database, &[("COMMUNICATIONS__SECRETS_FOLDER", &path)]);
    let file = folder.path().join("hook");
    let channel = |source: &Value| {
        json!({
            "kind": "smtp",
            "account": {"host": "127.0.0.1", "port": 1, "security": "none", "allow_private": true, "from": "news@example.com"},
            "secrets": {"hook": source},
            "receipts": {"secret": "hook", "scheme": "token", "header": "X-Hook"},
        })
    };
    let body = json!({"receipts": []}).to_string();
    let report = |hook: &str| report_with(&shop, "mail", hook, "application/json", &body);
    let nothing = put(&shop, "mail", &channel(&json!({"value": ""})));
    assert_eq!(nothing.refused(), (422, "channel_refused".to_owned()));
    // What a file has is known when it is read.
    let from_file = channel(&json!({"file": "hook"}));
    for text in ["", "\n"] {
        fs::write(&file, text).expect("a file");
        put(&shop, "mail", &from_file).accepted();
        assert_eq!(report("").refused(), (409, "channel_secret_missing".to_owned()), "{text:?}");
    }
    fs::write(&file, "hook-secret\n").expect("a file");
    assert_eq!(report("").refused(), (403, "wrong_signature".to_owned()));
    report("hook-secret").accepted();
}

fn a_provider_reports_in_its_own_shape(database: Database) {
    let shop = Shop::open(database);
    let number = number(&shop);
    let map = json!({
        "list": "/results", "id": "/eventId", "message_id": "", "provider_id": "/messageId",
        "status": "/status/name", "at": "/doneAt", "reason": "/status/description",
        "statuses": {"DELIVERED_TO_HANDSET": "delivered", "REJECTED_DESTINATION": "hard_bounced"},
    });
    reporting(&shop, "sms", &json!({"map": map}));
    sent(&shop, ID, "sms", number);
    let body = json!({"results": [
        {"eventId": 7, "messageId": format!("p-{ID}"), "status": {"name": "delivered_to_handset"}, "doneAt": now_ms() / 1000},
    ]});
    let taken =
        report_with(&shop, "sms", "Bearer hook-secret", "application/json", &body.to_string()).accepted();
    assert_eq!(counts(&taken), [1, 1, 0, 0]);
    assert_eq!(kinds(&events_of(&shop, "m-1")), ["message_delivered", "noted"]);
    // Of another channel: not its message.
    reporting(&shop, "other", &json!({"map": map}));
    let taken = report_with(&shop, "other", "hook-secret", "application/json", &body.to_string()).accepted();
    assert_eq!(counts(&taken), [1, 0, 0, 1]);
    let wrong = report_with(&shop, "sms", "hook-secret", "application/json", "{}");
    assert_eq!(wrong.refused(), (409, "no_reports".to_owned()));
}

fn bounces_and_complaints_stop_an_address_and_automatic_replies_do_not(database: Database) {
    let shop = Shop::open(database);
    shop.put("/v1/attributes/email", r#"{"type":"string"}"#).accepted();
    // Reports write it small.
    let member = json!({"id": "m-1", "attributes": {"email": "Member@Example.org"}});
    shop.import("/v1/members/imports", &member.to_string()).accepted();
    let number = number(&shop);
    reporting(&shop, "mail", &json!({}));
    sent(&shop, ID, "mail", number);
    let mail = |name: &str, more: &str| {
        let file = workspace::root().join("host/communications/tests/bounces").join(format!("{name}.eml"));
        let text = fs::read_to_string(file).expect("a sample") + more;
        counts(&report_with(&shop, "mail", "hook-secret", "message/rfc822", &text).accepted())
    };
    let suppressed = |count: i64| holds(&shop, &format!("(SELECT COUNT(*) FROM suppressions) = {count}"));
    for name in
        ["vacation-rfc3834", "vacation-exchange", "gmail-unsolicited", "person-asks", "postfix-delayed"]
    {
        assert_eq!(mail(name, ""), [1, 1, 0, 0], "{name}");
    }
    suppressed(0);
    // The same mail again is no second bounce.
    assert_eq!(mail("gmail-over-quota", ""), [1, 1, 0, 0]);
    assert_eq!(mail("gmail-over-quota", ""), [1, 0, 1, 0]);
    for more in ["1", "2", "3"] {
        mail("gmail-over-quota", more);
    }
    suppressed(0);
    // Five in a row.
    mail("gmail-over-quota", "4");
    suppressed(1);
    // The reader of a message cannot have somebody else's address suppressed.
    let sample = workspace::root().join("host/communications/tests/bounces/postfix-user-unknown.eml");
    let forged =
        fs::read_to_string(sample).expect("a sample").replace("member@example.org", "victim@example.org");
    let taken = report_with(&shop, "mail", "hook-secret", "message/rfc822", &forged).accepted();
    assert_eq!(counts(&taken), [1, 1, 0, 0]);
    suppressed(1);
    assert_eq!(profile(&shop, "m-1")["suppressions"].as_array().map(Vec::len), Some(1));
    mail("arf-abuse", "");
    mail("postfix-user-unknown", "");
    suppressed(1);
    let events = events_of(&shop, "m-1");
    assert!(kinds(&events).contains(&"message_complained"));
    let text = report_with(&shop, "mail", "hook-secret", "message/rfc822", "").refused();
    assert_eq!(text, (409, "not_a_mail".to_owned()));
}

/// Plans a message to `m-1` that is due, in a queue that is open.
fn plan(shop: &Shop, id: &str, number: i64) {
    let at = now_ms() - 1_000;
    shop.communications_sql(&format!(
        "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version, category,
             topic, priority, not_before, state, lane, next_at, payload, planned_at, changed_at)
         VALUES ('{id}', 'test/{id}', 'test', 'test/x', {number}, 'app', 'hello', 0, 'transactional', '', 0, {at},
             'planned', {}, {at}, '{{}}', {at}, {at})",
        number.rem_euclid(64)
    ));
    shop.communications_sql(
        "INSERT INTO message_queues (queue) VALUES ('test/x') ON CONFLICT (queue) DO NOTHING",
    );
}

/// The template that the app's messages are made of.
fn hello(shop: &Shop) {
    let template = json!({
        "channel": "in_app", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Hello", "text": "Your coffee waits"}},
    });
    shop.put("/v1/message-templates/hello", &template.to_string()).accepted();
}

fn a_message_of_an_app_is_read_once(database: Database) {
    let shop = Shop::open(database);
    let number = number(&shop);
    put(&shop, "app", &json!({"kind": "in_app", "ttl_seconds": 3600})).accepted();
    hello(&shop);
    plan(&shop, ID, number);
    let shown = || shop.as_integration("GET", "/v1/members/m-1/messages", "").accepted()["messages"].clone();
    let message = wait_for("the message is there", || shown().get(0).cloned());
    assert_eq!(
        (&message["id"], &message["title"], &message["text"], &message["read_at"]),
        (&json!(ID), &json!("Hello"), &json!("Your coffee waits"), &Value::Null)
    );
    assert!(message["expires_at"].is_string());
    let read = |id: &str| {
        shop.call(("POST", &format!("/v1/members/m-1/messages/{id}/read")), "integration", &[], "")
    };
    assert_eq!((read(ID).status, read(ID).status), (204, 204));
    assert_eq!(read("00").refused(), (404, "unknown_message".to_owned()));
    assert!(shown()[0]["read_at"].is_string());
    let opened = || events_of(&shop, "m-1").iter().filter(|event| event["kind"] == "message_opened").count();
    until("it is opened", || opened() == 1);
}

fn a_channel_sends_no_more_a_day_than_it_may(database: Database) {
    let shop = Shop::open(database);
    let number = number(&shop);
    put(&shop, "app", &json!({"kind": "in_app", "limits": {"per_day": 2}})).accepted();
    hello(&shop);
    for digit in 1..=4 {
        plan(&shop, &format!("{digit}{}", ID.get(1..).expect("digits")), number);
    }
    let path = "/v1/members/m-1/messages";
    let count =
        || shop.as_integration("GET", path, "").accepted()["messages"].as_array().expect("a list").len();
    until("two have gone out", || count() == 2);
    let told = || events_of(&shop, "m-1").iter().filter(|event| event["kind"] == "message_sent").count();
    until("both are told", || told() == 2);
    // The others wait for another day, however long that takes: no attempt is spent on them.
    let held =
        |message: &&Value| (&message["state"], &message["reason"]) == (&json!("held"), &json!("day_limit"));
    let messages = || profile(&shop, "m-1")["messages"].as_array().expect("messages").clone();
    until("the others wait", || messages().iter().filter(held).count() == 2);
    holds(&shop, "(SELECT MAX(attempts) FROM messages WHERE state = 'held') = 0");
    assert_eq!(count(), 2);
}

fn a_short_message_is_measured_before_it_is_sent(database: Database) {
    let shop = Shop::open(database);
    let measured = |text: &str| {
        let template = json!({
            "channel": "sms", "category": "transactional", "language": "en", "languages": {"en": {"text": text}},
        });
        shop.put("/v1/message-templates/short", &template.to_string()).accepted();
        let headers = [("Content-Type", "application/json")];
        let path = "/v1/message-templates/short/preview";
        let asked = json!({"member_id": "m-1"}).to_string();
        shop.call(("POST", path), "integration", &headers, &asked).accepted()["sms"].clone()
    };
    let plain = measured(&"a".repeat(160));
    assert_eq!(
        (&plain["encoding"], &plain["parts"], &plain["dear"]),
        (&json!("gsm7"), &json!(1), &json!([]))
    );
    // One letter that the short alphabet lacks makes three parts of it.
    let dear = measured(&format!("{}∞", "a".repeat(159)));
    assert_eq!(
        (&dear["encoding"], &dear["parts"], &dear["dear"]),
        (&json!("ucs2"), &json!(3), &json!(["∞"]))
    );
}
