//! What a mailing promises: priced when it is sent, with a code for each member, counted when the offer stops, and given by
//! the till.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, done, listed, mailing, members, open, put, statistics};
use crate::communications::now_ms;
use crate::shop::{Answer, Database, Shop, on_both_databases, path};
use crate::waiting::until;

on_both_databases!(
    each_member_gets_a_code_that_the_till_pays,
    what_was_promised_is_kept_for_those_who_have_it,
    those_who_were_promised_something_are_told,
    another_version_asks_what_becomes_of_promises,
    an_import_asks_what_becomes_of_promises,
    what_became_void_is_not_sent,
    what_is_sent_is_what_the_preview_shows,
);

/// A host with an offer of 50.00 off coffee, for the codes of a pool, and a template that promises it.
fn shop(database: Database, codes: usize) -> Shop {
    let shop = open(database, &[]);
    shop.stock();
    let params = json!({"items": [{"target": "G1", "method": "amount", "value": "50"}]});
    shop.run_offer("spring", &json!({"mechanic": "product", "params": params}));
    if codes > 0 {
        shop.put("/v1/coupon-pools/spring", r#"{"offer":"spring"}"#).accepted();
        let rows: Vec<String> = (0..codes).map(|number| format!("CODE{number}")).collect();
        let headers = [("Content-Type", "text/csv")];
        let body = format!("code\n{}\n", rows.join("\n"));
        shop.call(("POST", "/v1/coupon-pools/spring/codes"), "integration", &headers, &body).accepted();
    }
    let code = if codes > 0 { "{{ coupon('spring') }}" } else { "none" };
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {
            "subject": "For {{ member.name }}",
            "text": format!("{{{{ offer('spring').title }}}}: {{{{ offer('spring').value }}}} off, code {code}."),
            "html": "<html><body><p>{{ member.name }} & {{ offer('spring').title }}</p>\
                     <a href=\"{{ unsubscribe_url }}\">No more</a></body></html>",
        }},
    });
    shop.put("/v1/message-templates/spring", &template.to_string()).accepted();
    shop
}

/// The mail to a member, without the marks of its encoding.
fn mail(sink: &Sink, number: usize) -> String {
    let mails = sink.mails();
    mails[&format!("p{number}@example.com")][0].replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
}

fn promises(shop: &Shop) -> Value {
    shop.as_integration("GET", "/v1/offers/spring/promises", "").accepted()
}

fn each_member_gets_a_code_that_the_till_pays(database: Database) {
    let shop = shop(database, 3);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..4, |_| true);
    let card = json!({"id": "p-0", "identifiers": [{"kind": "card", "value": "77"}]});
    shop.import("/v1/members/imports", &card.to_string()).accepted();
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    // `m-1` has no address; one of the others comes too late for a code.
    assert_eq!(statistics["messages"]["sent"], 3, "{statistics}");
    assert_eq!(statistics["reasons"]["skipped"]["coupon_pool_empty"], 1, "{statistics}");
    let got: Vec<usize> =
        (0..4).filter(|number| sink.mails().contains_key(&format!("p{number}@example.com"))).collect();
    let code = |number: usize| {
        let mail = mail(&sink, number);
        let rest = mail.split("spring: 50.00 off, code ").nth(1).unwrap_or_else(|| panic!("{mail}"));
        rest.split('.').next().expect("a code").to_owned()
    };
    let codes: BTreeSet<String> = got.iter().map(|number| code(*number)).collect();
    assert_eq!(codes.len(), 3, "each has a code of its own");
    let open = promises(&shop);
    assert_eq!((&open["open"], &open["members"], &open["without_end"]), (&json!(3), &json!(3), &json!(3)));

    if let Some(number) = got.iter().find(|number| **number == 0) {
        let receipt = json!({
            "at": "2026-11-22T10:15:00+03:00", "pos": "store-77/till-3", "coupons": [code(*number)],
            "member": {"kind": "card", "value": "77"},
            "lines": [{"position": 1, "goods_id": "G1", "quantity": "1", "price": "349.90", "amount": "349.90"}],
        });
        let sold = shop.post(&path("p-1", "calculate"), "p-1", &receipt.to_string()).accepted();
        assert_eq!(sold["lines"][0]["discount"], "50.00", "the till keeps the promise: {sold}");
    }
    let refused = stop(&shop, "");
    assert_eq!(refused.refused(), (409, "open_promises".to_owned()));
    assert!(refused.text.contains("to 3 members (3 open promises)"), "{}", refused.text);
    assert_eq!(stop(&shop, "?promises=break").accepted()["open_promises"], 3);
}

fn stop(shop: &Shop, choice: &str) -> Answer {
    shop.as_integration("POST", &format!("/v1/offers/spring/stop{choice}"), "")
}

/// The discount on coffee that the offer gives a member.
fn discount(shop: &Shop, purchase: &str, number: usize) -> Value {
    let receipt = json!({
        "at": "2026-11-22T10:15:00+03:00", "pos": "store-77/till-3",
        "member": {"kind": "card", "value": format!("card-{number}")},
        "lines": [{"position": 1, "goods_id": "G1", "quantity": "1", "price": "349.90", "amount": "349.90"}],
    });
    let sold = shop.post(&path(purchase, "calculate"), purchase, &receipt.to_string()).accepted();
    sold["lines"][0]["discount"].clone()
}

/// A host that has promised the offer to members 0 and 2, of four with cards.
fn promised(database: Database) -> (Shop, Sink) {
    let shop = shop(database, 0);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..4, |_| true);
    let card = |number: usize| {
        let card = json!({"kind": "card", "value": format!("card-{number}")});
        json!({"id": format!("p-{number}"), "identifiers": [card]}).to_string()
    };
    shop.import("/v1/members/imports", &(0..4).map(card).collect::<Vec<_>>().join("\n")).accepted();
    let even = json!({"rule": {"attribute": "group", "in": ["even"]}});
    put(&shop, &mailing(&json!({"audience": even}))).accepted();
    super::start(&shop, "spring");
    assert_eq!(done(&shop)["messages"]["sent"], 2);
    assert_eq!(discount(&shop, "before", 1), "50.00", "the offer is for all");
    (shop, sink)
}

fn what_was_promised_is_kept_for_those_who_have_it(database: Database) {
    let (shop, _sink) = promised(database);
    let kept = stop(&shop, "?promises=keep").accepted();
    assert_eq!((&kept["state"], &kept["open_promises"]), (&json!("running"), &json!(2)), "{kept}");
    for (number, expected) in [(0, "50.00"), (1, "0.00"), (2, "50.00"), (3, "0.00")] {
        assert_eq!(discount(&shop, &format!("kept-{number}"), number), expected, "p-{number}");
    }
    let offer = shop.as_integration("GET", "/v1/offers/spring", "").accepted();
    assert!(offer.to_string().contains("promised spring"), "{offer}");
    assert_eq!(stop(&shop, "?promises=break").accepted()["state"], "stopped");
    assert_eq!(discount(&shop, "after", 0), "0.00");
    assert_eq!(stop(&shop, "").accepted()["state"], "stopped", "nothing runs that could break a promise");
}

fn those_who_were_promised_something_are_told(database: Database) {
    let (shop, sink) = promised(database);
    assert_eq!(stop(&shop, "?promises=tell").refused(), (409, "mailing_not_named".to_owned()));
    let tell = || stop(&shop, "?promises=tell&mailing=sorry");
    assert_eq!(tell().refused(), (404, "unknown_mailing".to_owned()));
    let template = json!({
        "channel": "email", "category": "transactional", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "We are sorry", "html": "<html><body><p>The offer ends today.</p></body></html>"}},
    });
    shop.put("/v1/message-templates/sorry", &template.to_string()).accepted();
    let sorry = |audience: Value| {
        let document =
            mailing(&json!({"template": "sorry", "category": "transactional", "audience": audience}));
        shop.put("/v1/mailings/sorry", &document.to_string()).accepted();
    };
    sorry(json!({"all": true}));
    assert_eq!(tell().refused(), (409, "mailing_for_others".to_owned()));
    assert_eq!(discount(&shop, "still", 1), "50.00", "nothing was stopped");
    sorry(json!({"promised": "spring"}));
    assert_eq!(tell().accepted()["state"], "stopped");
    until("they are told", || sink.count() == 4);
    let told = |number: usize| sink.mails().get(&format!("p{number}@example.com")).map_or(0, Vec::len);
    assert_eq!([0, 1, 2, 3].map(told), [2, 0, 2, 0]);
    assert!(sink.mails()["p0@example.com"].iter().any(|mail| mail.contains("Subject: We are sorry")));
    assert_eq!(discount(&shop, "after", 0), "0.00");
}

fn another_version_asks_what_becomes_of_promises(database: Database) {
    let (shop, _sink) = promised(database);
    let params = json!({"items": [{"target": "G1", "method": "amount", "value": "20"}]});
    let offer = json!({"title": "spring", "mechanic": "product", "params": params});
    shop.put("/v1/offers/spring", &offer.to_string()).accepted();
    let run = |choice: &str| shop.as_integration("POST", &format!("/v1/offers/spring/run{choice}"), "");
    assert_eq!(run("").refused(), (409, "open_promises".to_owned()));
    assert_eq!(run("?promises=keep").refused(), (409, "promises_not_kept".to_owned()));
    assert_eq!(run("?version=1").accepted()["state"], "running", "the version that runs breaks nothing");
    let run = run("?promises=break").accepted();
    assert_eq!((&run["running_version"], &run["open_promises"]), (&json!(2), &json!(2)));
    assert_eq!(discount(&shop, "after", 0), "20.00");
}

fn an_import_asks_what_becomes_of_promises(database: Database) {
    let (shop, _sink) = promised(database);
    let row = |id: &str, target: &str, value: &str| {
        let params = json!({"items": [{"target": target, "method": "amount", "value": value}]});
        json!({"external_id": id, "title": id, "mechanic": "product", "params": params}).to_string()
    };
    let rows = [row("other", "G2", "5"), row("spring", "G1", "20")].join("\n");
    let import = |choice: &str| shop.import(&format!("/v1/offers/imports{choice}"), &rows);
    let told = |problems: &Value| {
        let problems = problems.as_array().expect("problems").iter();
        problems.map(|one| (one["pointer"].clone(), one["code"].clone())).collect::<Vec<_>>()
    };
    let refused = import("?run=true");
    assert_eq!(refused.refused(), (422, "import_refused".to_owned()));
    assert_eq!(told(&refused.json()["errors"]), [(json!("/1/external_id"), json!("open_promises"))]);
    assert!(refused.text.contains("to 2 members (2 open promises)"), "{}", refused.text);
    let kept = import("?run=true&promises=keep");
    assert_eq!(told(&kept.json()["errors"]), [(json!("/1/external_id"), json!("promises_not_kept"))]);
    assert_eq!(import("?run=true&promises=tell").refused(), (400, "malformed_query".to_owned()));
    // The other row is taken, and the offer runs as it was promised.
    let taken = import("?run=true&on_error=skip").accepted();
    assert_eq!((&taken["counts"]["taken"], &taken["counts"]["refused"]), (&json!(1), &json!(1)), "{taken}");
    assert_eq!(told(&taken["errors"]), [(json!("/1/external_id"), json!("open_promises"))]);
    assert_eq!(discount(&shop, "still", 0), "50.00");
    // A draft breaks nothing.
    import("").accepted();
    assert_eq!(discount(&shop, "draft", 0), "50.00");
    import("?run=true&promises=break").accepted();
    assert_eq!(discount(&shop, "after", 1), "20.00");
}

fn what_became_void_is_not_sent(database: Database) {
    let shop = shop(database, 0);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..3, |_| true);
    let soon = jiff::Timestamp::from_millisecond(now_ms() + 3_000).expect("a time").to_string();
    put(&shop, &mailing(&json!({"schedule": {"at": soon}}))).accepted();
    call(&shop, "start").accepted();
    until("all are planned", || statistics(&shop)["not_planned_yet"] == 0);
    shop.as_integration("POST", "/v1/offers/spring/stop", "").accepted();
    let statistics = done(&shop);
    assert_eq!(statistics["reasons"]["skipped"]["promise_void"], 3, "{statistics}");
    assert_eq!((sink.count(), promises(&shop)["open"].clone()), (0, json!(0)));
}

fn what_is_sent_is_what_the_preview_shows(database: Database) {
    let shop = shop(database, 0);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 1..2, |_| true);
    put(&shop, &mailing(&json!({}))).accepted();
    let preview = "/v1/mailings/spring/preview?member_id=p-1";
    let shown = shop.as_integration("GET", preview, "").accepted();
    let headers = [("Content-Type", "application/json")];
    let test = json!({"member_id": "p-1", "to": ["p2@example.com"]}).to_string();
    shop.call(("POST", "/v1/mailings/spring/test"), "integration", &headers, &test).accepted();
    call(&shop, "start").accepted();
    done(&shop);
    assert_eq!(listed(&shop, "sent").len(), 1);
    let html = shown["html"].as_str().expect("a page");
    let (before, after) = html.split_once("https://mail.example/u/preview").expect("the link to unsubscribe");
    for mail in [mail(&sink, 1), mail(&sink, 2)] {
        assert!(mail.contains("Subject: For P1\n"), "{mail}");
        assert!(mail.contains(shown["text"].as_str().expect("a text")), "{mail}");
        // All but the links of its own.
        assert!(mail.contains(before), "{before} in {mail}");
        assert!(mail.contains(after.trim_end_matches("</body></html>")), "{after} in {mail}");
    }
}
