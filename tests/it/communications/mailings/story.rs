//! A member abandons a cart, gets a mail at its hour with a coupon, clicks, buys at the till with it, and leaves the chain:
//! statistics, promise, events and ledger agree.

use serde_json::{Value, json};

use super::sink::Sink;
use super::{channel, members, open};
use crate::communications::{events_of, now_ms};
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::{until, wait_for};

on_both_databases!(a_cart_is_bought_with_the_coupon_of_its_chain,);

const ZONE: &str = "Asia/Vladivostok";
const CARD: &str = "card-p-0";

/// When the member's run wakes up, and when it began.
fn times(shop: &Shop) -> [jiff::Timestamp; 2] {
    let runs = shop.as_integration("GET", "/v1/chains/cart/runs?member=p-0", "").accepted();
    ["wakes_at", "entered_at"]
        .map(|name| runs["runs"][0][name].as_str().expect("a time").parse().expect("a time"))
}

/// Lets the time come that the member waits for: its run began so much earlier.
fn pass_the_night(shop: &Shop) {
    let [wakes, entered] = times(shop).map(|at| at.as_millisecond());
    let passed = wakes - now_ms();
    shop.communications_sql(&format!(
        "UPDATE chain_runs SET wake_at = wake_at - {passed}, state = REPLACE(state, '{entered}', '{}')",
        entered - passed
    ));
}

/// The offer with its pool of codes, the member with card and zone, the template that promises.
fn stock(shop: &Shop) {
    shop.stock();
    let params = json!({"items": [{"target": "G1", "method": "amount", "value": "50"}]});
    shop.run_offer("gift-10", &json!({"mechanic": "product", "params": params}));
    shop.put("/v1/coupon-pools/gift", r#"{"offer":"gift-10"}"#).accepted();
    let codes = ("POST", "/v1/coupon-pools/gift/codes");
    let json_body = [("Content-Type", "application/json")];
    shop.call(codes, "integration", &json_body, r#"{"generate":20,"length":10}"#).accepted();
    let card = json!({"id": "p-0", "identifiers": [{"kind": "card", "value": CARD}]});
    shop.import("/v1/members/imports", &card.to_string()).accepted();
    shop.put("/v1/attributes/time_zone", r#"{"type":"string"}"#).accepted();
    let zone =
        json!({"identifier_kind": "member", "identifier": "p-0", "attribute": "time_zone", "value": ZONE});
    shop.import("/v1/attributes/imports", &zone.to_string()).accepted();
    let html = "<html><body><p>{{ event.cart }} waits. CODE:{{ coupon('gift') }}:CODE {{ offer('gift-10').title }}</p>\
                <a href=\"https://shop.example/cart\">To the cart</a> <a href=\"{{ unsubscribe_url }}\">No more</a></body></html>";
    let template = json!({
        "channel": "email", "category": "marketing", "topic": "news", "language": "en",
        "languages": {"en": {"subject": "Your cart", "html": html}},
    });
    shop.put("/v1/message-templates/cart", &template.to_string()).accepted();
}

fn chain() -> Value {
    json!({
        "triggers": [{ "event": "cart_abandoned", "where": [{ "field": "/total", "at_least": 500 }] }],
        "reentry": "after_exit",
        "leave_when": [{ "event": "purchase", "goal": "bought" }],
        "start": "morning",
        "nodes": {
            "morning": { "type": "wait", "until": "10:00", "next": "remind" },
            "remind": { "type": "message", "template": "cart", "channel": "mail", "topic": "news", "next": "read" },
            "read": { "type": "wait", "until_event": { "event": "message_clicked", "message": "remind" }, "at_most": "2d",
                      "next": "interested", "otherwise": "end" },
            "interested": { "type": "goal", "name": "clicked", "next": "rest" },
            "rest": { "type": "wait", "for": "3d", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}

fn statistics(shop: &Shop) -> Value {
    shop.as_integration("GET", "/v1/chains/cart/statistics", "").accepted()
}

/// What follows a mark in the mail, up to one of these letters.
fn after<'a>(mail: &'a str, mark: &str, ends: &[char]) -> &'a str {
    mail.split(mark)
        .nth(1)
        .and_then(|rest| rest.split(ends).next())
        .unwrap_or_else(|| panic!("{mark}: {mail}"))
}

fn click(shop: &Shop, mail: &str) {
    let token = after(mail, "https://mail.example/t/", &['"', ' ', '\r', '\n', '>']);
    let agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let answer = agent.get(format!("{}/t/{token}", shop.address())).call().expect("an answer");
    assert_eq!(answer.status().as_u16(), 302);
    assert_eq!(answer.headers()["location"], "https://shop.example/cart");
}

fn a_cart_is_bought_with_the_coupon_of_its_chain(database: Database) {
    let shop = open(
        database,
        &[("COMMUNICATIONS__JUDGE_AFTER_MS", "200"), ("COMMUNICATIONS__CHAIN_EVERY_MS", "20")],
    );
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..1, |_| true);
    stock(&shop);
    let put = shop.put("/v1/chains/cart", &chain().to_string()).accepted();
    assert_eq!(put["problems"], json!([]), "{put}");
    shop.as_integration("POST", "/v1/chains/cart/publish", "{}").accepted();

    let event = |id: &str, total: u32| {
        json!({"id": id, "source": "shop", "member": {"id": "p-0"}, "kind": "cart_abandoned", "at": now_ms(),
               "payload": {"cart": "Espresso", "total": total}})
        .to_string()
    };
    shop.import("/v1/events", &[event("small", 499), event("large", 700)].join("\n")).accepted();
    until("the member waits for its hour", || statistics(&shop)["waiting"][0]["node"] == json!("morning"));
    let [wakes, entered] = times(&shop);
    let wakes = wakes.in_tz(ZONE).expect("a zone");
    assert_eq!(wakes.strftime("%H:%M:%S").to_string(), "10:00:00", "on the member's clock");
    assert!(
        wakes.timestamp().duration_since(entered) <= jiff::SignedDuration::from_hours(24),
        "the next one"
    );
    assert_eq!(sink.count(), 0);
    pass_the_night(&shop);

    let mail = wait_for("the mail", || sink.mails().get("p0@example.com").map(|mails| mails[0].clone()));
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    assert!(mail.contains("Espresso waits."), "{mail}");
    let promised = || shop.as_integration("GET", "/v1/offers/gift-10/promises", "").accepted();
    until("the promise is kept in mind", || promised()["open"] == json!(1));

    until("it listens", || statistics(&shop)["waiting"][0]["node"] == json!("read"));
    // Some time has passed: nobody clicks within ten seconds.
    shop.communications_sql("UPDATE messages SET sent_at = sent_at - 3600000 WHERE sent_at IS NOT NULL");
    click(&shop, &mail);
    until("the click counts", || statistics(&shop)["goals"]["clicked"] == json!(1));

    let code = after(&mail, "CODE:", &[':']);
    let mut receipt = reference();
    receipt["coupons"] = json!([code]);
    receipt["member"] = json!({"kind": "card", "value": CARD});
    let at = jiff::Timestamp::from_second(now_ms() / 1_000 + 10).expect("a time");
    receipt["at"] = json!(at.to_string());
    let priced = shop.post(&path("bought", "calculate"), "bought", &receipt.to_string()).accepted();
    assert!(priced.to_string().contains("gift-10"), "the till keeps the promise: {priced}");
    shop.post(&path("bought", "confirm"), "bought-c", "").accepted();
    until("the member has left", || statistics(&shop)["left"] == json!({ "leave_when": 1 }));

    let told = statistics(&shop);
    assert_eq!(
        (&told["entered"], &told["goals"]),
        (&json!(1), &json!({ "bought": 1, "clicked": 1 })),
        "{told}"
    );
    assert_eq!(told["messages"], json!([{ "state": "sent", "reason": "", "messages": 1 }]));
    let events = events_of(&shop, "p-0");
    for kind in ["chain_entered", "message_sent", "message_clicked", "purchase", "chain_left"] {
        assert!(events.iter().any(|event| event["kind"] == json!(kind)), "{kind}: {events:?}");
    }
    let used = shop.as_integration("GET", &format!("/v1/coupons/{code}"), "").accepted();
    assert_eq!(used["state"], json!("used"), "{used}");
    shop.verify();
}
