//! What a mailing promises: priced when it is sent, with a code for each member, counted when the offer stops, and given by
//! the till.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, done, listed, mailing, members, open, put, statistics};
use crate::communications::now_ms;
use crate::shop::{Database, Shop, on_both_databases, path};
use crate::waiting::until;

on_both_databases!(
    each_member_gets_a_code_that_the_till_pays,
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
    let stopped = shop.as_integration("POST", "/v1/offers/spring/stop", "").accepted();
    assert_eq!(stopped["open_promises"], 3);
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
