//! Mailings over HTTP, to a mail server in this process.

mod addresses;
mod attribution;
mod audiences;
mod campaigns;
mod caps;
mod failures;
mod first;
mod fresh;
mod kills;
mod merged;
mod opt_in;
mod promises;
mod refusals;
mod sink;
mod story;
mod universal;
mod wire;

use serde_json::{Value, json};

use super::now_ms;
use crate::shop::{Answer, Database, Shop, on_both_databases};
use crate::waiting::until;
use sink::Sink;

on_both_databases!(
    everybody_gets_it_once_and_the_sums_add_up,
    an_audience_of_overlapping_segments_is_a_set,
    what_changed_since_planning_counts_when_it_is_sent,
    a_paused_mailing_goes_on_where_it_was,
    a_stopped_mailing_tells_whom_it_has_not_reached,
    a_bad_address_costs_only_itself_and_may_be_sent_again,
    nothing_stale_is_sent,
    what_cannot_be_made_is_told_before_and_skipped_with_a_reason,
    a_bad_mailing_is_refused_with_every_problem,
    two_nodes_keep_to_one_limit,
);

/// A host that looks often, for members with e-mail addresses.
pub(super) fn open(database: Database, more: &[(&str, &str)]) -> Shop {
    let mut settings = vec![
        ("COMMUNICATIONS__SEND_EVERY_MS", "20"),
        ("COMMUNICATIONS__SEND_LEASE_MS", "10000"),
        ("COMMUNICATIONS__FEED_EVERY_MS", "20"),
        ("COMMUNICATIONS__PUBLIC_URL", "https://mail.example"),
    ];
    settings.extend_from_slice(more);
    let shop = Shop::empty(database, &settings);
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {
            "subject": "Hello, {{ member.name }}",
            "html": "<html><body><p>Hello, {{ member.name }}!</p><a href=\"https://shop.example/\">Shop</a> \
                     <a href=\"{{ unsubscribe_url }}\">No more</a></body></html>",
        }},
    });
    shop.put("/v1/message-templates/spring", &template.to_string()).accepted();
    for name in ["name", "email", "group"] {
        shop.put(&format!("/v1/attributes/{name}"), r#"{"type":"string"}"#).accepted();
    }
    shop
}

/// Sets attributes of members.
fn attributes(shop: &Shop, rows: &[(String, &str, String)]) {
    let row = |(member, name, value): &(String, &str, String)| {
        json!({"identifier_kind": "member", "identifier": member, "attribute": name, "value": value})
            .to_string()
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    shop.import("/v1/attributes/imports", &rows.join("\n")).accepted();
}

/// The channel to a server.
fn channel(shop: &Shop, sink: &Sink, limits: &Value) {
    let channel = json!({
        "kind": "smtp",
        "account": {
            "host": "127.0.0.1", "port": sink.port, "security": "none", "allow_private": true,
            "from": "Shop <shop@example.com>", "connections": 8, "timeout_ms": 5_000,
        },
        "limits": limits,
    });
    shop.put("/v1/channels/mail", &channel.to_string()).accepted();
}

/// Members from one number to another, with consent unless `consent` says no.
pub(super) fn members(shop: &Shop, numbers: std::ops::Range<usize>, consent: impl Fn(usize) -> bool) {
    let rows: Vec<String> =
        numbers.clone().map(|number| json!({"id": format!("p-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let group = |number: usize| if number.is_multiple_of(2) { "even" } else { "odd" };
    let of_member = |number: usize| {
        let id = format!("p-{number}");
        [
            (id.clone(), "email", format!("p{number}@example.com")),
            (id.clone(), "name", format!("P{number}")),
            (id, "group", group(number).to_owned()),
        ]
    };
    attributes(shop, &numbers.clone().flat_map(of_member).collect::<Vec<_>>());
    let at = now_ms() - 60_000;
    let consents: Vec<String> = numbers
        .map(|number| {
            let state = if consent(number) { "granted" } else { "withdrawn" };
            json!({"member": {"id": format!("p-{number}")}, "channel": "mail", "topic": "news", "state": state,
                   "at": at, "source": "test", "text_version": "1"})
            .to_string()
        })
        .collect();
    shop.import("/v1/consents", &consents.join("\n")).accepted();
}

/// Starts a mailing. On a busy machine it takes longer than a call waits until members are worked in.
fn start(shop: &Shop, name: &str) {
    until(&format!("{name} is started"), || {
        let answer = shop.as_integration("POST", &format!("/v1/mailings/{name}/start"), "");
        if answer.status == 409 {
            let code = answer.refused().1;
            assert!(["audience_not_ready", "segment_not_ready"].contains(&code.as_str()), "{}", answer.text);
            return false;
        }
        answer.accepted();
        true
    });
}

/// The mailing to all members, with other fields.
fn mailing(more: &Value) -> Value {
    let mut document = json!({
        "template": "spring", "channel": "mail", "topic": "news", "audience": {"all": true},
    });
    for (name, value) in more.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document
}

fn put(shop: &Shop, document: &Value) -> Answer {
    shop.put("/v1/mailings/spring", &document.to_string())
}

fn call(shop: &Shop, action: &str) -> Answer {
    shop.as_integration("POST", &format!("/v1/mailings/spring/{action}"), "")
}

fn statistics(shop: &Shop) -> Value {
    shop.as_integration("GET", "/v1/mailings/spring/statistics", "").accepted()
}

fn state(shop: &Shop) -> String {
    let mailing = shop.as_integration("GET", "/v1/mailings/spring", "").accepted();
    mailing["state"].as_str().expect("a state").to_owned()
}

/// Ids of members whose messages are in a state.
fn listed(shop: &Shop, state: &str) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/mailings/spring/messages?state={state}&after={after}");
        let page = shop.as_integration("GET", &path, "").accepted();
        let page = page["messages"].as_array().expect("messages").clone();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        all.extend(page.iter().map(|row| (text(row, "member_id"), text(row, "reason"), text(row, "id"))));
        let Some(last) = page.last() else { return all };
        after = text(last, "id");
    }
}

/// The sums of a mailing add up to its audience.
fn reconcile(statistics: &Value) {
    let messages: i64 =
        statistics["messages"].as_object().expect("states").values().filter_map(Value::as_i64).sum();
    let number = |name: &str| statistics[name].as_i64().expect("a number");
    assert_eq!(
        number("audience"),
        messages + number("not_planned_yet") + number("merged") + number("gone"),
        "{statistics}"
    );
}

fn done(shop: &Shop) -> Value {
    until("the mailing is done", || state(shop) == "done");
    let statistics = statistics(shop);
    reconcile(&statistics);
    statistics
}

fn everybody_gets_it_once_and_the_sums_add_up(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..100, |number| number >= 10);
    let variants = json!([{"name": "a", "share": 1}, {"name": "b", "share": 1}]);
    let control = json!({"percent": "10", "salt": "c"});
    put(&shop, &mailing(&json!({"variants": variants, "control_group": control}))).accepted();
    assert_eq!(call(&shop, "pause").refused(), (409, "mailing_state".to_owned()));
    call(&shop, "start").accepted();
    assert_eq!(call(&shop, "start").refused(), (409, "mailing_state".to_owned()));
    let statistics = done(&shop);
    let messages = &statistics["messages"];
    let mails = sink.mails();
    assert!(mails.values().all(|mails| mails.len() == 1), "somebody got two");
    assert_eq!(messages["sent"], json!(mails.len()));
    assert!(messages["ghost"].as_i64().expect("a number") > 0, "{statistics}");
    assert_eq!(statistics["reasons"]["skipped"]["consent_withdrawn"].as_i64().map(|n| n > 0), Some(true));
    for number in 0..100 {
        let got = mails.contains_key(&format!("p{number}@example.com"));
        let is_ghost = listed(&shop, "ghost").iter().any(|(id, ..)| *id == format!("p-{number}"));
        assert_eq!(got, number >= 10 && !is_ghost, "p-{number}");
    }
    let mail = mails.values().next().expect("a mail")[0].replace("=\r\n", "");
    assert!(mail.contains("List-Unsubscribe: <https://mail.example/u/"), "{mail}");
    assert!(mail.contains("https://mail.example/t/"), "{mail}");
    let sent = statistics["variants"].as_object().expect("variants");
    let of = |name: &str| sent[name]["sent"].as_i64().unwrap_or(0);
    assert_eq!(of("a") + of("b"), messages["sent"].as_i64().expect("a number"));
    // An event for each.
    let sent = super::events_of(&shop, "p-50");
    let is_told =
        sent.iter().any(|event| event["kind"] == "message_sent" || event["kind"] == "message_skipped");
    assert!(is_told, "{sent:?}");
}

fn an_audience_of_overlapping_segments_is_a_set(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..30, |_| true);
    for (name, group) in [("even", "even"), ("evens", "even"), ("odd", "odd")] {
        let rule = json!({"attribute": "group", "in": [group]});
        shop.put(&format!("/v1/segments/{name}"), &json!({"rule": rule}).to_string()).accepted();
    }
    put(&shop, &mailing(&json!({"audience": {"segments": ["even", "evens", "odd"]}}))).accepted();
    until("the segments are worked out and the mailing starts", || call(&shop, "start").status == 200);
    let statistics = done(&shop);
    let mails = sink.mails();
    assert!(mails.values().all(|mails| mails.len() == 1), "somebody got two");
    assert_eq!(statistics["messages"]["sent"], json!(mails.len()));
    assert_eq!(statistics["audience"], json!(mails.len()));
}

fn what_changed_since_planning_counts_when_it_is_sent(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..20, |_| true);
    let soon = jiff::Timestamp::from_millisecond(now_ms() + 3_000).expect("a time").to_string();
    put(&shop, &mailing(&json!({"schedule": {"at": soon}}))).accepted();
    call(&shop, "start").accepted();
    until("all are planned", || statistics(&shop)["not_planned_yet"] == 0);
    members(&shop, 0..5, |_| false);
    let suppressed =
        json!({"member": {"id": "p-5"}, "reason": "asked", "source": "test", "at": now_ms() - 1});
    shop.import("/v1/suppressions", &suppressed.to_string()).accepted();
    // Two members turn out to be one.
    shop.as_integration("POST", "/v1/members/p-6/merge", &json!({"into": "p-7"}).to_string()).accepted();
    let statistics = done(&shop);
    let mails = sink.mails();
    for number in 0..6 {
        assert!(!mails.contains_key(&format!("p{number}@example.com")), "p-{number} got one");
    }
    assert!(mails.values().all(|mails| mails.len() == 1), "somebody got two: {statistics}");
}

fn a_paused_mailing_goes_on_where_it_was(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..60, |_| true);
    put(&shop, &mailing(&json!({"throttle_per_second": 40}))).accepted();
    call(&shop, "start").accepted();
    until("some are sent", || sink.count() >= 10);
    call(&shop, "pause").accepted();
    until("nothing is on the wire", || statistics(&shop)["messages"]["attempting"] == 0);
    let sent = sink.count();
    assert!(sent < 60, "it was paused in time");
    assert_eq!(statistics(&shop)["messages"]["sent"], json!(sent));
    assert_eq!(state(&shop), "paused");
    call(&shop, "resume").accepted();
    let statistics = done(&shop);
    assert_eq!((statistics["messages"]["sent"].clone(), sink.count()), (json!(60), 60));
    assert!(sink.mails().values().all(|mails| mails.len() == 1), "somebody got two");
}

fn a_stopped_mailing_tells_whom_it_has_not_reached(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..40, |_| true);
    put(&shop, &mailing(&json!({"throttle_per_second": 20}))).accepted();
    call(&shop, "start").accepted();
    until("some are sent", || sink.count() >= 3);
    call(&shop, "stop").accepted();
    until("nothing is on the wire", || statistics(&shop)["messages"]["attempting"] == 0);
    let statistics = statistics(&shop);
    reconcile(&statistics);
    assert_eq!(state(&shop), "stopped");
    assert!(
        statistics["reasons"]["skipped"]["stopped"].as_i64().is_some_and(|skipped| skipped > 0),
        "{statistics}"
    );
    assert_eq!(statistics["messages"]["sent"], json!(sink.count()));
    assert_eq!(call(&shop, "resume").refused(), (409, "mailing_state".to_owned()));
}

fn a_bad_address_costs_only_itself_and_may_be_sent_again(database: Database) {
    let shop = open(database, &[("COMMUNICATIONS__SEND_ATTEMPTS", "1")]);
    let sink = Sink::with(Box::new(|to| match to {
        "p3@example.com" => Some("550 5.1.1 no such user"),
        "p4@example.com" => Some("451 4.3.0 try again later"),
        _ => None,
    }));
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..10, |_| true);
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    until("the others have it", || sink.count() == 8);
    let statistics = done(&shop);
    for (state, member) in [("failed", "p-3"), ("dead", "p-4")] {
        assert_eq!(
            listed(&shop, state).iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
            [member],
            "{state}"
        );
    }
    assert_eq!(statistics["reasons"]["dead"]["later"], json!(1), "{statistics}");
    assert_eq!(statistics["reasons"]["failed"]["address"], json!(1), "{statistics}");
    // The address is on the list of suppressions now: what is sent again is skipped.
    let failed = listed(&shop, "failed")[0].2.clone();
    let body = json!({"messages": [failed]}).to_string();
    let headers = [("Content-Type", "application/json")];
    let again = shop.call(("POST", "/v1/mailings/spring/send-again"), "integration", &headers, &body);
    assert_eq!(again.accepted(), json!({"messages": 1}));
    let statistics = done(&shop);
    assert_eq!(statistics["reasons"]["skipped"]["suppressed"], json!(1), "{statistics}");
}

fn nothing_stale_is_sent(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..10, |_| true);
    // A fortnight ago, as after a restore.
    let past = jiff::Timestamp::from_millisecond(now_ms() - 14 * 86_400_000).expect("a time").to_string();
    put(&shop, &mailing(&json!({"schedule": {"at": past}}))).accepted();
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    assert_eq!(sink.count(), 0);
    assert_eq!(statistics["reasons"]["skipped"]["too_late"], json!(10), "{statistics}");
    assert_eq!(listed(&shop, "skipped").len(), 10);
}

fn what_cannot_be_made_is_told_before_and_skipped_with_a_reason(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..10, |_| true);
    let nameless = json!({"id": "p-10"});
    shop.import("/v1/members/imports", &nameless.to_string()).accepted();
    attributes(&shop, &[("p-10".to_owned(), "email", "p10@example.com".to_owned())]);
    let yes = json!({"member": {"id": "p-10"}, "channel": "mail", "topic": "news", "state": "granted",
                     "at": now_ms() - 1, "source": "test", "text_version": "1"});
    shop.import("/v1/consents", &yes.to_string()).accepted();
    put(&shop, &mailing(&json!({}))).accepted();
    let report = call(&shop, "dry-run").accepted();
    assert_eq!((&report["good"], &report["failed"]), (&json!(10), &json!(1)), "{report}");
    assert_eq!(report["failures"][0]["member_id"], json!("p-10"));
    assert_eq!(sink.count(), 0, "a dry run sends nothing");
    let (to, key) = (shop.address(), shop.integration_key().to_owned());
    let preview = |member: &str| {
        let ran =
            shop.command(&["mailing", "preview", "spring", "--member", member, "--to", &to, "--key", &key]);
        (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
    };
    let (shown, said) = preview("p-1");
    assert!(shown && said.contains("Subject: Hello, P1"), "{said}");
    let (shown, said) = preview("p-10");
    assert!(!shown && said.contains("missing_value"), "{said}");
    let headers = [("Content-Type", "application/json")];
    let body = json!({"member_id": "p-1", "to": ["tester@example.com"]}).to_string();
    let test = shop.call(("POST", "/v1/mailings/spring/test"), "integration", &headers, &body).accepted();
    assert_eq!(test["sent"][0]["outcome"], json!("accepted"), "{test}");
    let mails = sink.mails();
    assert!(mails["tester@example.com"][0].contains("Hello, P1"), "{mails:?}");
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    assert_eq!(statistics["reasons"]["skipped"]["missing_value"], json!(1), "{statistics}");
    assert_eq!(statistics["messages"]["sent"], json!(10));
}

fn a_bad_mailing_is_refused_with_every_problem(database: Database) {
    let shop = open(database, &[]);
    let bad = json!({"template": "none", "channel": "none", "audience": {"segments": ["none"]}});
    let answer = put(&shop, &bad);
    assert_eq!(answer.refused(), (422, "mailing_refused".to_owned()));
    let document = answer.json();
    let mut codes: Vec<&str> = document["errors"]
        .as_array()
        .expect("problems")
        .iter()
        .filter_map(|problem| problem["code"].as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["unknown_channel", "unknown_segment", "unknown_template"]);
    assert_eq!(put(&shop, &json!({"audience": 1})).refused().0, 422);
    assert_eq!(call(&shop, "start").refused(), (404, "unknown_mailing".to_owned()));
}

fn two_nodes_keep_to_one_limit(database: Database) {
    let shop = open(database, &[]);
    // One process serves a file; two share a server.
    let _other = (database == Database::Postgres).then(|| shop.join(&[]));
    let sink = Sink::open();
    channel(&shop, &sink, &json!({"per_second": 14}));
    members(&shop, 0..40, |_| true);
    put(&shop, &mailing(&json!({}))).accepted();
    let started = std::time::Instant::now();
    call(&shop, "start").accepted();
    done(&shop);
    // 40 messages at 14 a second take more than two and a half seconds, whoever sends them.
    assert!(started.elapsed() >= std::time::Duration::from_millis(2_700), "{:?}", started.elapsed());
    assert_eq!(sink.count(), 40);
    assert!(sink.mails().values().all(|mails| mails.len() == 1), "somebody got two");
}
