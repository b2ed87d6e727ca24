//! Which purchases came of a mailing: after a click, and in both groups; what is returned is taken back.

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, done, listed, mailing, members, open, put};
use crate::communications::events_of;
use crate::shop::{Database, Shop, hundredths, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    purchases_after_a_mailing_are_credited_once_and_taken_back_when_returned,
    a_code_of_the_message_credits_the_purchase_that_uses_it,
);

/// Nobody is killed here: a worker that is slow keeps its lanes.
const LONG_LEASE: [(&str, &str); 1] = [("COMMUNICATIONS__SEND_LEASE_MS", "30000")];

fn attribution(shop: &Shop) -> Value {
    shop.as_integration("GET", "/v1/mailings/spring/attribution", "").accepted()
}

/// A purchase of a member some seconds from now, which is after all that has happened.
fn buy(shop: &Shop, member: &str, purchase: &str, coupons: &[&str]) {
    let mut receipt = reference();
    receipt["coupons"] = json!(coupons);
    let at = jiff::Timestamp::now().as_second() + 10;
    receipt["at"] = json!(jiff::Timestamp::from_second(at).expect("a time").to_string());
    receipt["member"] = json!({"kind": "card", "value": format!("card-{member}")});
    shop.post(&path(purchase, "calculate"), purchase, &receipt.to_string()).accepted();
    shop.post(&path(purchase, "confirm"), &format!("{purchase}-c"), "").accepted();
    until("the purchase is an event", || of_kind(shop, member, "purchase").is_some());
}

/// The latest event of a kind.
fn of_kind(shop: &Shop, member: &str, kind: &str) -> Option<Value> {
    events_of(shop, member).into_iter().find(|event| event["kind"] == kind)
}

/// Brings back all of line 4 of the reference receipt, or everything.
fn bring_back(shop: &Shop, member: &str, purchase: &str, lines: &Value) {
    let body = json!({ "lines": lines }).to_string();
    let made = shop.post(&path(purchase, "returns"), &format!("{purchase}-r"), &body).accepted();
    let id = made["return_id"].as_str().expect("an id");
    let confirm = path(purchase, &format!("returns/{id}/confirm"));
    shop.post(&confirm, &format!("{purchase}-rc"), "").accepted();
    until("the return is an event", || of_kind(shop, member, "return").is_some());
}

/// Clicks the first link of the mail to a member, and waits until that is known to be a person's.
fn click(shop: &Shop, sink: &Sink, member: &str) {
    let mail = mail(sink, member);
    let token = mail.split("https://mail.example/t/").nth(1).expect("a link");
    let token = token.split(['"', ' ', '\r', '\n', '>', ')', ']']).next().expect("a token");
    let agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let answer = agent.get(format!("{}/t/{token}", shop.address())).call().expect("an answer");
    assert_eq!(answer.status().as_u16(), 302);
    until("the click is judged", || {
        of_kind(shop, member, "message_clicked").is_some_and(|event| event["payload"]["verdict"] == "human")
    });
}

/// A card for each of the first members.
fn cards(shop: &Shop, members: usize) {
    let card = |number: usize| {
        let card = format!("card-p-{number}");
        json!({"id": format!("p-{number}"), "identifiers": [{"kind": "card", "value": card}]}).to_string()
    };
    let rows: Vec<String> = (0..members).map(card).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
}

/// The mail to a member as text.
fn mail(sink: &Sink, member: &str) -> String {
    let address = format!("{}@example.com", member.replace('-', ""));
    sink.mails()[&address][0].replace("=\r\n", "").replace("=3D", "=")
}

fn purchases_after_a_mailing_are_credited_once_and_taken_back_when_returned(database: Database) {
    let shop = open(database, &[LONG_LEASE[0], ("COMMUNICATIONS__JUDGE_AFTER_MS", "200")]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..40, |_| true);
    cards(&shop, 40);
    let unknown = shop.as_integration("GET", "/v1/mailings/spring/attribution", "");
    assert_eq!(unknown.refused(), (404, "unknown_mailing".to_owned()));
    let control = json!({"percent": "50", "salt": "c"});
    put(&shop, &mailing(&json!({"control_group": control, "attribution_days": 3}))).accepted();
    assert_eq!(attribution(&shop)["control_group"]["sent"]["members"], 0);
    call(&shop, "start").accepted();
    done(&shop);
    // Some time has passed: nobody clicks within ten seconds.
    shop.communications_sql("UPDATE messages SET sent_at = sent_at - 3600000 WHERE sent_at IS NOT NULL");

    let sent: Vec<String> = listed(&shop, "sent").into_iter().map(|(member, ..)| member).collect();
    let ghosts: Vec<String> = listed(&shop, "ghost").into_iter().map(|(member, ..)| member).collect();
    assert!(sent.len() >= 3 && !ghosts.is_empty(), "{} sent, {} ghosts", sent.len(), ghosts.len());
    click(&shop, &sink, &sent[0]);
    click(&shop, &sink, &sent[1]);
    buy(&shop, &sent[0], "after-click", &[]);
    buy(&shop, &sent[2], "without-click", &[]);
    buy(&shop, &ghosts[0], "ghost", &[]);

    let told = attribution(&shop);
    let payload = of_kind(&shop, &sent[0], "purchase").expect("a purchase")["payload"].clone();
    let net: i64 = payload["net"].as_str().expect("a text").parse().expect("a number");
    let of = |told: &Value| {
        let number = |name: &str| told[name].as_i64().expect("a number");
        (number("buyers"), number("orders"), hundredths(&told["net"]), number("returned"))
    };
    assert_eq!(told["attribution_days"], 3);
    assert_eq!(of(&told["click"]), (1, 1, net, 0), "{told}");
    assert_eq!(of(&told["reached"]), (0, 0, 0, 0), "{told}");
    assert_eq!(of(&told["used"]), (0, 0, 0, 0), "{told}");
    let groups = &told["control_group"];
    let members =
        |group: &Value| usize::try_from(group["members"].as_i64().expect("a number")).expect("a number");
    assert_eq!((members(&groups["sent"]), members(&groups["ghosts"])), (sent.len(), ghosts.len()));
    assert_eq!(of(&groups["sent"]).1, 2, "{told}");
    assert_eq!(of(&groups["ghosts"]).1, 1, "{told}");

    bring_back(&shop, &sent[0], "after-click", &json!([{"position": 4, "quantity": "1"}]));
    let back = of_kind(&shop, &sent[0], "return").expect("a return")["payload"]["net"].clone();
    let back: i64 = back.as_str().expect("a text").parse().expect("a number");
    assert!(back < 0, "{back}");
    assert_eq!(of(&attribution(&shop)["click"]), (1, 1, net + back, 0));
    let all = json!([
        {"position": 1, "quantity": "2"},
        {"position": 2, "quantity": "0.478"},
        {"position": 3, "quantity": "1"},
        {"position": 4, "quantity": "3"},
    ]);
    bring_back(&shop, &sent[2], "without-click", &all);
    let told = attribution(&shop);
    assert_eq!(of(&told["control_group"]["sent"]).3, 1, "{told}");
    assert_eq!(of(&told["control_group"]["sent"]).1, 1, "{told}");
}

fn a_code_of_the_message_credits_the_purchase_that_uses_it(database: Database) {
    let shop = open(database, &LONG_LEASE);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..3, |_| true);
    cards(&shop, 3);
    shop.stock();
    let params = json!({"items": [{"target": "G1", "method": "amount", "value": "50"}]});
    shop.run_offer("gift-10", &json!({"mechanic": "product", "params": params}));
    shop.put("/v1/coupon-pools/gift", r#"{"offer":"gift-10"}"#).accepted();
    let generate = r#"{"generate":20,"length":10}"#;
    let call_codes = ("POST", "/v1/coupon-pools/gift/codes");
    shop.call(call_codes, "integration", &[("Content-Type", "application/json")], generate).accepted();
    until("there are codes", || {
        shop.as_integration("GET", "/v1/coupon-pools/gift", "").accepted()["codes"] == 20
    });
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {
            "subject": "A gift",
            "html": "<html><body><p>CODE:{{ coupon(\"gift\") }}:CODE</p><a href=\"{{ unsubscribe_url }}\">No more</a></body></html>",
        }},
    });
    shop.put("/v1/message-templates/spring", &template.to_string()).accepted();
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    assert_eq!(statistics["messages"]["sent"], 3, "{statistics}");
    let code = |member: &str| {
        mail(&sink, member)
            .split("CODE:")
            .nth(1)
            .expect("a code")
            .split(':')
            .next()
            .expect("an end")
            .to_owned()
    };
    let (first, second) = (code("p-0"), code("p-1"));
    assert_ne!(first, second);
    buy(&shop, "p-0", "with-code", &[&first]);
    buy(&shop, "p-1", "without-code", &[]);
    let told = attribution(&shop);
    assert_eq!((&told["used"]["orders"], &told["used"]["buyers"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(told["control_group"]["sent"]["orders"], 2, "{told}");
}
