//! Answers of members about channels and topics, suppressions, and the table of ranges of phone numbers.

use serde_json::{Value, json};

use super::{events_of, now_ms, profile};
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    answers_are_taken_once_with_their_proof,
    a_call_with_a_bad_answer_is_refused_whole,
    suppressions_are_added_and_lifted,
    ranges_of_numbers_tell_zone_and_operator,
);

fn consent(state: &str, at: i64) -> Value {
    json!({"member": {"id": "m-1"}, "channel": "mail", "topic": "news", "state": state, "at": at,
           "source": "checkout form", "text_version": "2026-11"})
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

fn without(mut row: Value, name: &str) -> Value {
    row.as_object_mut().expect("an object").remove(name);
    row
}

fn send(shop: &Shop, path: &str, rows: &[Value]) -> Answer {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import(path, &rows.join("\n"))
}

/// Place and code of each problem.
fn problems(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let errors = document["errors"].as_array().expect("errors").iter();
    errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect()
}

fn answers_are_taken_once_with_their_proof(database: Database) {
    let shop = Shop::open(database);
    let now = now_ms();
    let rows = [
        consent("pending", now - 3_000),
        consent("granted", now - 2_000),
        consent("pending", now - 3_000),
        without(with(consent("withdrawn", now - 1_000), "topic", json!("*")), "text_version"),
        with(without(consent("granted", now), "topic"), "member", json!({"kind": "card", "value": "1"})),
    ];
    assert_eq!(send(&shop, "/v1/consents", &rows).accepted(), json!({"rows": 5, "taken": 4}));
    assert_eq!(send(&shop, "/v1/consents", &rows[..2]).accepted(), json!({"rows": 2, "taken": 0}));
    let consents = profile(&shop, "m-1")["consents"].clone();
    let told: Vec<(&str, &str)> = consents
        .as_array()
        .expect("consents")
        .iter()
        .map(|consent| {
            (consent["topic"].as_str().expect("a topic"), consent["state"].as_str().expect("a state"))
        })
        .collect();
    assert_eq!(told, [("*", "granted"), ("*", "withdrawn"), ("news", "granted"), ("news", "pending")]);
    let proof = &consents[2];
    assert_eq!((&proof["source"], &proof["text_version"]), (&json!("checkout form"), &json!("2026-11")));
    assert!(proof["actor"].as_str().is_some_and(|actor| !actor.is_empty()), "{proof}");
    // Chains hear of it.
    let events = events_of(&shop, "m-1");
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["consent_granted", "consent_withdrawn", "consent_granted", "consent_pending"]);
    assert_eq!(events[1]["payload"], json!({"channel": "mail", "topic": "*", "source": "checkout form"}));
}

fn a_call_with_a_bad_answer_is_refused_whole(database: Database) {
    let shop = Shop::open(database);
    let now = now_ms();
    let good = || consent("granted", now);
    let rows = [
        good(),
        without(good(), "source"),
        without(good(), "text_version"),
        with(good(), "state", json!("maybe")),
        with(good(), "at", json!(now / 1000)),
        with(good(), "at", json!(now + 86_400_000)),
        with(good(), "at", json!("yesterday")),
        with(good(), "toppic", json!("news")),
        with(good(), "source", json!("x".repeat(501))),
        with(good(), "channel", json!("")),
    ];
    let answer = send(&shop, "/v1/consents", &rows);
    assert_eq!(answer.refused(), (422, "consents_refused".to_owned()));
    let expected = [
        ("/1/source", "missing_field"),
        ("/2/text_version", "missing_field"),
        ("/3/state", "unknown_value"),
        ("/4/at", "time_too_old"),
        ("/5/at", "time_in_future"),
        ("/6/at", "not_a_time"),
        ("/7/toppic", "unknown_field"),
        ("/8/source", "too_long"),
        ("/9/channel", "empty"),
    ];
    assert_eq!(problems(&answer), pairs(&expected));
    let strangers = [good(), with(good(), "member", json!({"id": "nobody"}))];
    let answer = send(&shop, "/v1/consents", &strangers);
    assert_eq!(problems(&answer), pairs(&[("/1/member", "unknown_member")]));
    assert_eq!(send(&shop, "/v1/consents", &[json!([])]).refused().0, 422);
    assert_eq!(shop.import("/v1/consents", "{").refused(), (400, "malformed_json".to_owned()));
    let nothing = profile(&shop, "m-1")["consents"].clone();
    assert!(nothing.is_null() || nothing == json!([]), "{nothing}");
}

fn suppressions_are_added_and_lifted(database: Database) {
    let shop = Shop::open(database);
    let now = now_ms();
    let member = json!({"member": {"id": "m-1"}, "reason": "letter", "at": now - 1_000});
    let email = json!({"email": " Anna@Example.org", "reason": "hard_bounce", "scope": "marketing", "channel": "mail"});
    let phone = json!({"phone": "8 (916) 123-45-67", "reason": "letter", "source": "crm"});
    let sent = send(&shop, "/v1/suppressions", &[member.clone(), email.clone(), phone]);
    assert_eq!(sent.accepted(), json!({"rows": 3, "changed": 3}));
    let known = profile(&shop, "m-1")["suppressions"].clone();
    assert_eq!(
        (&known[0]["scope"], &known[0]["reason"], &known[0]["channel"]),
        (&json!("all"), &json!("letter"), &json!("*"))
    );
    // The same address in another spelling; nothing changes.
    let again = json!({"email": "Anna@EXAMPLE.ORG", "reason": "hard_bounce", "scope": "marketing", "channel": "mail", "at": now - 60_000});
    assert_eq!(send(&shop, "/v1/suppressions", &[again]).accepted()["changed"], 0);
    let lifted = |row: Value, at: i64| with(with(row, "state", json!("lifted")), "at", json!(at));
    let early = lifted(member.clone(), now - 2_000);
    assert_eq!(send(&shop, "/v1/suppressions", &[early]).accepted()["changed"], 0);
    let rows = [lifted(member, now_ms()), lifted(without(email, "scope"), now_ms())];
    assert_eq!(send(&shop, "/v1/suppressions", &rows).accepted(), json!({"rows": 2, "changed": 2}));
    assert_eq!(profile(&shop, "m-1")["suppressions"], json!([]));

    let rows = [
        json!({"email": "anna", "reason": "x"}),
        json!({"phone": "12", "reason": "x"}),
        json!({"reason": "x"}),
        json!({"email": "a@b.org", "phone": "+79161234567", "reason": "x"}),
        json!({"member": {"id": "nobody"}, "reason": "x"}),
    ];
    let answer = send(&shop, "/v1/suppressions", &rows[..4]);
    assert_eq!(answer.refused(), (422, "suppressions_refused".to_owned()));
    let expected = [
        ("/0/email", "not_an_email"),
        ("/1/phone", "not_a_phone"),
        ("/2", "missing_field"),
        ("/3", "one_of_these"),
    ];
    assert_eq!(problems(&answer), pairs(&expected));
    assert_eq!(
        problems(&send(&shop, "/v1/suppressions", &rows[4..])),
        pairs(&[("/0/member", "unknown_member")])
    );
}

fn ranges_of_numbers_tell_zone_and_operator(database: Database) {
    let shop = Shop::open(database);
    let phones = [("m-1", "8 951 010-00-00"), ("m-2", "+7 916 000-00-00"), ("m-3", "+7 951 020-00-00")];
    let rows = phones
        .map(|(id, phone)| json!({"id": id, "identifiers": [{"kind": "phone", "value": phone}]}).to_string());
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    for (member, _) in phones {
        let answer = with(consent("granted", now_ms()), "member", json!({"id": member}));
        send(&shop, "/v1/consents", &[answer]).accepted();
    }
    let known = |member: &str| {
        let profile = profile(&shop, member);
        (
            profile["time_zone"]["name"].clone(),
            profile["time_zone"]["from"].clone(),
            profile["operator"].clone(),
        )
    };
    assert_eq!(known("m-1").1, "default");

    let csv = "first;last;operator;region;zone\r\n\
               79510100000;79510199999;East Telecom;Primorsky Krai;Asia/Vladivostok\r\n\
               +79160000000;79169999999;\"West; Mobile\";Moscow;\r\n";
    let import = |kind: &str, table: &str| {
        let call = ("POST", "/v1/number-ranges/imports");
        shop.call(call, "integration", &[("Content-Type", kind)], table)
    };
    assert_eq!(import("text/csv", csv).accepted(), json!({"ranges": 2}));
    let told = |name: &str| json!({"name": name, "from": "phone_range"});
    assert_eq!(known("m-1"), (json!("Asia/Vladivostok"), json!("phone_range"), told("East Telecom")));
    assert_eq!((known("m-2").1, known("m-2").2), (json!("default"), told("West; Mobile")));
    assert_eq!((known("m-3").1, known("m-3").2), (json!("default"), Value::Null));

    // A wrong table changes nothing.
    for (kind, table, places) in [
        (
            "text/csv",
            "first,last\n79160000000,79160000009\n79160000005,79160000019\n",
            &[("", "number_ranges_overlap")][..],
        ),
        ("text/csv", "first,operator\n1,x\n", &[("", "missing_column")]),
        ("text/csv", "first,last,colour\n1,2,x\n", &[("", "missing_column")]),
        (
            "text/csv",
            "first,last,zone\n1,2,Mars/Olympus\n5,4,\nx,2,\n",
            &[("/1", "wrong_number_range"), ("/2", "wrong_number_range"), ("/3/first", "not_a_number")],
        ),
        ("application/x-ndjson", "{\"first\":1,\"last\":2}\n{\"first\":3}\n", &[("/1", "missing_field")]),
    ] {
        let answer = import(kind, table);
        assert_eq!(answer.refused(), (422, "number_ranges_refused".to_owned()), "{table}");
        let found = problems(&answer);
        assert_eq!(found.len(), places.len(), "{table}: {found:?}");
        for ((place, code), (at, found)) in places.iter().zip(&found) {
            assert!(at.starts_with(place) && found == code, "{table}: {at} {found}");
        }
    }
    assert_eq!(known("m-1").2, told("East Telecom"));
    let rows = r#"{"first":79510200000,"last":"79510299999","zone":"Asia/Yakutsk"}"#;
    assert_eq!(import("application/x-ndjson", rows).accepted(), json!({"ranges": 1}));
    assert_eq!(known("m-3"), (json!("Asia/Yakutsk"), json!("phone_range"), Value::Null));
    assert_eq!(known("m-1").2, Value::Null);
}
