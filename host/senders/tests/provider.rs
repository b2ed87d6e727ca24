//! Messages to a provider with an HTTP interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "doubles/provider.rs"]
mod provider;

use hmac::{Hmac, KeyInit as _, Mac as _};
use provider::{Answer, Call, Provider};
use senders::{Notice, Outcome, Outgoing, RefusedKind, Secret, Secrets, Sender, account_of};
use serde_json::{Value, json};
use sha2::Sha256;

fn open(provider: &Provider, more: Value) -> Sender {
    let mut document = json!({
        "url": format!("http://127.0.0.1:{}", provider.port), "allow_private": true, "ready": "sms",
        "path": "/v1/messages", "settings": {"from": "SHOP"}, "timeout_ms": 5_000,
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let account = account_of("http", &document).unwrap();
    let secrets = Secrets::from([("key".to_owned(), Secret::new("s3cret"))]);
    Sender::open(&account, &secrets).unwrap()
}

fn message() -> Outgoing {
    Outgoing {
        message_id: "m1".to_owned(),
        to: "+79161234567".to_owned(),
        subject: "Кофе".to_owned(),
        text: "Кофе \"за полцены\"\n{{ not a template }}".to_owned(),
        ttl_s: Some(3600),
        ..Outgoing::default()
    }
}

async fn send(sender: &Sender) -> Outcome {
    sender.send(&[message()]).await.remove(0)
}

fn ok(body: Value) -> Answer {
    ("200 OK", body.to_string())
}

#[tokio::test]
async fn the_ready_bodies_are_filled_in() {
    let provider = Provider::start(|_| ok(json!({"id": 17})));
    let mut sent = Vec::new();
    for ready in ["sms", "viber", "push"] {
        let sender = open(&provider, json!({"ready": ready, "id": "/id"}));
        assert_eq!(send(&sender).await, Outcome::Accepted { provider_id: Some("17".to_owned()) });
        sent.push(serde_json::from_str::<Value>(&provider.calls().last().unwrap().body).unwrap());
    }
    let text = message().text;
    assert_eq!(
        sent[0],
        json!({"message_id": "m1", "from": "SHOP", "to": "+79161234567", "text": text, "ttl": 3600})
    );
    // What there is no value for is left out.
    assert_eq!(
        sent[1],
        json!({"message_id": "m1", "from": "SHOP", "to": "+79161234567", "content": {"text": text}, "ttl": 3600})
    );
    assert_eq!(sent[2]["message"]["notification"], json!({"title": "Кофе", "body": text}));
}

#[tokio::test]
async fn path_headers_and_forms_are_templates_that_cannot_be_broken_out_of() {
    let provider = Provider::start(|_| ok(json!({})));
    let sender = open(
        &provider,
        json!({
            "ready": null, "body": {"to": "{{ to }}", "text": "{{ text }}"}, "form": true,
            "path": "/to/{{ to }}/{{ values.extra }}?q={{ text }}", "headers": {"X-Id": "id-{{ message_id }}"},
        }),
    );
    let mut message = message();
    message.values.insert("extra".to_owned(), "../../admin?x=1#y".to_owned());
    let outcome = sender.send(&[message.clone()]).await.remove(0);
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let call = provider.calls().remove(0);
    assert!(
        call.line.starts_with("POST /to/%2B79161234567/..%2F..%2Fadmin%3Fx%3D1%23y?q=%D0%9A"),
        "{}",
        call.line
    );
    assert_eq!(call.header("x-id"), Some("id-m1"));
    assert_eq!(call.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(call.body.starts_with("text=%D0%9A%D0%BE%D1%84%D0%B5%20%22"), "{}", call.body);

    message.message_id = "m1\r\nX-Other: 1".to_owned();
    let outcome = sender.send(&[message]).await.remove(0);
    assert!(matches!(outcome, Outcome::Refused { kind: RefusedKind::Content, .. }), "{outcome:?}");
    assert_eq!(provider.calls().len(), 1);
}

#[tokio::test]
async fn a_missing_value_or_an_endless_template_stops_before_the_wire() {
    let provider = Provider::start(|_| ok(json!({})));
    for (body, word) in [
        (json!({"text": "{{ values.link }}"}), "values.link"),
        (json!({"text": "a {{ values.link }}"}), "values.link"),
        (
            json!({"text": "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"}),
            "end",
        ),
    ] {
        let outcome = send(&open(&provider, json!({"ready": null, "body": body}))).await;
        let Outcome::Refused { kind: RefusedKind::Content, reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains(word), "{reason}");
    }
    assert!(provider.calls().is_empty());
}

/// Only what a rule calls an address error says that the address is wrong.
#[tokio::test]
async fn the_status_alone_never_condemns_an_address() {
    let table = [
        ("400 Bad", Some(RefusedKind::Content)),
        ("404 No", Some(RefusedKind::Content)),
        ("410 Gone", Some(RefusedKind::Content)),
        ("413 Large", Some(RefusedKind::Content)),
        ("422 Bad", Some(RefusedKind::Content)),
        ("401 Who", Some(RefusedKind::Auth)),
        ("403 No", Some(RefusedKind::Auth)),
        ("402 Pay", Some(RefusedKind::Quota)),
        ("302 There\r\nLocation: http://127.0.0.1:1/", Some(RefusedKind::Auth)),
    ];
    for (status, kind) in table {
        let provider = Provider::start(move |_| (status, "{}".to_owned()));
        let outcome = send(&open(&provider, json!({}))).await;
        let found = match &outcome {
            Outcome::Refused { kind, .. } => Some(*kind),
            _ => None,
        };
        assert_eq!(found, kind, "{status}: {outcome:?}");
        assert_eq!(provider.calls().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_is_obeyed() {
    let table = [
        ("429 Slow\r\nRetry-After: 7", 7_000),
        ("503 Down\r\nRetry-After: 120", 120_000),
        ("429 Slow\r\nRetry-After: 99999999", 86_400_000),
        ("429 Slow\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT", 1),
        ("429 Slow", 10_000),
    ];
    for (status, wait) in table {
        let provider = Provider::start(move |_| (status, String::new()));
        let outcome = send(&open(&provider, json!({}))).await;
        let Outcome::Later { after_ms, .. } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(after_ms, wait, "{status}");
    }
}

#[tokio::test]
async fn what_nobody_can_say_is_unknown_unless_the_provider_tells_repeated_calls() {
    for (status, body) in [("500 Oops", "{}"), ("502 Bad", ""), ("504 Late", ""), ("", "")] {
        let provider = Provider::start(move |_| (status, body.to_owned()));
        let outcome = send(&open(&provider, json!({}))).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{status}: {outcome:?}");
        let outcome = send(&open(&provider, json!({"idempotent": true}))).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_has_nothing() {
    let provider = Provider::start(|_| ok(json!({})));
    // Nobody listens on port 1 of this machine.
    let outcome = send(&open(&provider, json!({"url": "http://127.0.0.1:1"}))).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
}

/// 200 with an error inside: one table for each kind of provider.
#[tokio::test]
async fn an_error_inside_a_good_answer_is_told_by_rules() {
    let sms = json!({
        "id": "/messages/0/id",
        "accepted": {"at": "/messages/0/status", "one_of": ["QUEUED", "SENT"]},
        "rules": [
            {"at": "/messages/0/error", "one_of": ["INVALID_NUMBER", "UNKNOWN_SUBSCRIBER"], "means": "address"},
            {"at": "/messages/0/error", "equals": "NO_CREDIT", "means": "quota"},
            {"at": "/messages/0/error", "equals": "THROTTLED", "means": "later", "after_ms": 2000},
            {"at": "/messages/0/error", "means": "content", "reason": "/messages/0/error"},
        ],
    });
    let push = json!({
        "ready": "push", "id": "/name",
        "rules": [
            {"status": 404, "at": "/error/details/0/errorCode", "equals": "UNREGISTERED", "means": "address"},
            {"status": 400, "at": "/error/details/0/errorCode", "equals": "INVALID_ARGUMENT", "means": "content"},
        ],
    });
    let table = [
        (&sms, "200 OK", json!({"messages": [{"id": "p1", "status": "queued"}]}), "accepted"),
        (&sms, "200 OK", json!({"messages": [{"error": "invalid_number"}]}), "Address"),
        (&sms, "200 OK", json!({"messages": [{"error": "NO_CREDIT"}]}), "Quota"),
        (&sms, "200 OK", json!({"messages": [{"error": "THROTTLED"}]}), "later"),
        (&sms, "200 OK", json!({"messages": [{"error": "BAD_SENDER"}]}), "Content"),
        (&sms, "200 OK", json!({"messages": [{"status": "WHO_KNOWS"}]}), "unknown"),
        (&sms, "200 OK", json!("<html>"), "unknown"),
        (&push, "200 OK", json!({"name": "projects/x/messages/1"}), "accepted"),
        (&push, "404 No", json!({"error": {"details": [{"errorCode": "UNREGISTERED"}]}}), "Address"),
        (&push, "404 No", json!({"error": {"message": "no such project"}}), "Content"),
        (&push, "400 Bad", json!({"error": {"details": [{"errorCode": "INVALID_ARGUMENT"}]}}), "Content"),
    ];
    for (account, status, body, means) in table {
        let answered = body.to_string();
        let provider = Provider::start(move |_| (status, answered.clone()));
        let outcome = send(&open(&provider, account.clone())).await;
        let found = match &outcome {
            Outcome::Accepted { provider_id } => {
                assert!(provider_id.is_some());
                "accepted".to_owned()
            }
            Outcome::Later { after_ms, .. } => {
                assert_eq!(*after_ms, 2000);
                "later".to_owned()
            }
            Outcome::Refused { kind, .. } => format!("{kind:?}"),
            Outcome::Unknown { .. } => "unknown".to_owned(),
        };
        assert_eq!(found, means, "{status} {body}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_not_taken_for_a_good_one() {
    let provider = Provider::start(|_| ("200 OK", "<html>signed out</html>".to_owned()));
    let rules = json!({"rules": [{"at": "/error", "means": "content"}]});
    let outcome = send(&open(&provider, rules)).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_the_account_says() {
    let provider = Provider::start(|_| ("200 OK", "x".repeat(100_000)));
    let outcome = send(&open(&provider, json!({"answer_bytes": 1_000}))).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn secrets_go_out_by_reference_and_nowhere_else() {
    let table = [
        (json!({"scheme": "bearer", "secret": "key"}), "authorization", "Bearer s3cret"),
        (
            json!({"scheme": "basic", "user": "shop", "secret": "key"}),
            "authorization",
            "Basic c2hvcDpzM2NyZXQ=",
        ),
        (
            json!({"scheme": "header", "name": "X-Api-Key", "prefix": "App ", "secret": "key"}),
            "x-api-key",
            "App s3cret",
        ),
    ];
    for (auth, name, value) in table {
        let provider = Provider::start(|_| ok(json!({})));
        let sender = open(&provider, json!({"auth": auth}));
        let outcome = send(&sender).await;
        assert_eq!(provider.calls()[0].header(name), Some(value));
        assert!(!format!("{sender:?} {outcome:?}").contains("s3cret"));
    }
    let provider = Provider::start(|_| ok(json!({})));
    let auth = json!({"scheme": "hmac", "name": "X-Sign", "time": "X-Time", "secret": "key"});
    send(&open(&provider, json!({"auth": auth}))).await;
    let call: Call = provider.calls().remove(0);
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(format!("{}.{}", call.header("x-time").unwrap(), call.body).as_bytes());
    assert_eq!(call.header("x-sign").unwrap(), hex::encode(mac.finalize().into_bytes()));
}

#[tokio::test]
async fn a_provider_in_a_private_network_needs_leave() {
    let provider = Provider::start(|_| ok(json!({})));
    // By number, by a name that stands for this machine, and in the IPv6 form of an IPv4 address.
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "[::1]"] {
        let url = format!("https://{host}:{}", provider.port);
        let outcome = send(&open(&provider, json!({"url": url, "allow_private": false}))).await;
        let Outcome::Refused { kind: RefusedKind::Auth, reason } = &outcome else {
            panic!("{host}: {outcome:?}")
        };
        assert!(reason.starts_with("private_address"), "{reason}");
    }
    assert!(provider.calls().is_empty());
}

/// A notice is a JSON document with a proof and a key that is the same at each attempt, whatever body the account has.
#[tokio::test]
async fn a_notice_is_signed_and_repeated_under_its_key() {
    let provider = Provider::start(|call| {
        if call.line.contains("m-2") { ("503 Down\r\nRetry-After: 3", String::new()) } else { ok(json!({})) }
    });
    let auth = json!({"scheme": "hmac", "secret": "key", "name": "X-Signature"});
    let sender =
        open(&provider, json!({"auth": auth, "path": "/hooks/{{ to }}", "form": true, "ready": null}));
    let notice = |member: &str| Notice {
        key: "a1b2".to_owned(),
        member: member.to_owned(),
        body: json!({"about": "a survey", "member_id": member}),
    };
    for _ in 0..2 {
        let outcome = sender.tell(&notice("m-1")).await;
        assert_eq!(outcome, Some(Outcome::Accepted { provider_id: None }));
    }
    for call in provider.calls() {
        assert_eq!(call.line.trim_end(), "POST /hooks/m-1 HTTP/1.1");
        assert_eq!(call.header("idempotency-key"), Some("a1b2"));
        assert_eq!(call.header("content-type"), Some("application/json"));
        assert_eq!(serde_json::from_str::<Value>(&call.body).unwrap(), notice("m-1").body);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
        mac.update(call.body.as_bytes());
        assert_eq!(call.header("x-signature"), Some(hex::encode(mac.finalize().into_bytes()).as_str()));
    }
    let later = sender.tell(&notice("m-2")).await;
    assert!(matches!(later, Some(Outcome::Later { after_ms: 3_000, .. })), "{later:?}");
    // The same guard as for messages.
    let private = open(&provider, json!({"url": "https://127.0.0.1:9", "allow_private": false}));
    let refused = private.tell(&notice("m-1")).await;
    assert!(matches!(refused, Some(Outcome::Refused { kind: RefusedKind::Auth, .. })), "{refused:?}");
}
