//! Unique coupon codes: how members get them, and what becomes of them at the till.

mod uploads;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, path};
use crate::waiting::until;

on_both_databases!(
    a_code_lives_from_creation_to_its_return,
    one_of_ten_tills_gets_the_code,
    codes_are_issued_once,
    what_is_released_is_free_again,
    a_limit_per_coupon_counts_by_code,
    codes_survive_a_merger,
);

const POOL: &str = "/v1/coupon-pools/spring";

/// A shop with an offer of 10 % on coffee for codes of the pool `spring`.
fn shop(database: Database, settings: &[(&str, &str)]) -> Shop {
    let shop = Shop::open_with(database, settings);
    offer(&shop, &json!([]));
    let pool = shop.put(POOL, r#"{"offer":"spring-10"}"#).accepted();
    assert_eq!(pool["warnings"][0]["code"], "code_needed_now", "{pool}");
    shop
}

fn offer(shop: &Shop, limits: &Value) {
    let params = json!({"items": [{"target": "B1", "method": "percent", "value": "10"}]});
    let product =
        json!({"type": "product", "id": 900, "goods_code": "B1", "name": "Book", "category": "COFFEE"});
    shop.import("/v1/catalog/imports", &product.to_string()).accepted();
    shop.run_offer("spring-10", &json!({"mechanic": "product", "params": params, "limits": limits}));
}

fn csv(shop: &Shop, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("Content-Type", "text/csv")]).collect();
    shop.call(("POST", path), "integration", &headers, body)
}

fn add(shop: &Shop, codes: &str) -> Value {
    csv(shop, &format!("{POOL}/codes"), &[], &format!("code,member_id\n{codes}\n")).accepted()
}

/// Two books at 100.00 each, with these codes.
fn receipt(member: Option<&str>, coupons: &[&str]) -> String {
    let line = |position: u32| json!({"position": position, "goods_id": "B1", "quantity": "1", "price": "100.00", "amount": "100.00"});
    let member = member.map(|card| json!({"kind": "card", "value": card}));
    json!({
        "at": "2026-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "member": member,
        "lines": [line(1), line(2)],
        "coupons": coupons,
    })
    .to_string()
}

fn calculate(shop: &Shop, id: &str, coupons: &[&str]) -> Value {
    let body = receipt(None, coupons);
    shop.post(&path(id, "calculate"), &format!("{id} {coupons:?} {}", uuid()), &body).accepted()
}

/// A text that no other call of the process gets.
fn uuid() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn confirm(shop: &Shop, id: &str) -> Value {
    shop.post(&path(id, "confirm"), &format!("confirm {id}"), "").accepted()
}

fn give_back(shop: &Shop, id: &str, number: u32, position: u32) {
    let lines = json!({"lines": [{"position": position, "quantity": "1"}]}).to_string();
    let made = shop.post(&path(id, "returns"), &format!("{id} return {number}"), &lines).accepted();
    let returned = made["return_id"].as_str().expect("an id");
    shop.post(&path(id, &format!("returns/{returned}/confirm")), &format!("{id} confirm {number}"), "")
        .accepted();
}

/// The codes of warnings, without the one about points of nobody.
fn warnings(answer: &Value) -> Vec<&str> {
    let warnings = answer["warnings"].as_array().expect("warnings").iter();
    let codes = warnings.map(|warning| warning["code"].as_str().expect("a code"));
    codes.filter(|code| *code != "points_not_credited").collect()
}

fn code(shop: &Shop, code: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/coupons/{code}"), "").accepted()
}

fn state(shop: &Shop, name: &str) -> String {
    code(shop, name)["state"].as_str().expect("a state").to_owned()
}

fn states(shop: &Shop) -> Value {
    shop.as_integration("GET", POOL, "").accepted()["states"].clone()
}

fn discount(answer: &Value) -> &str {
    answer["totals"]["discount"].as_str().expect("a sum")
}

/// Why the offer gave nothing.
fn reason(answer: &Value) -> Option<&str> {
    let entries = answer["not_applied"].as_array().expect("a list").iter();
    let mut own = entries.filter(|entry| entry["offer"] == "spring-10");
    own.next().and_then(|entry| entry["reason"].as_str())
}

/// The events about codes in the results feed: event, code, and purchase.
fn told(shop: &Shop) -> Vec<(String, String, Value)> {
    let feed = shop.as_integration("GET", "/v1/results/export", "").text;
    let rows = feed.lines().map(|row| serde_json::from_str::<Value>(row).expect("a row"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.filter(|row| row.get("coupon").is_some())
        .map(|row| (text(&row["event"]), text(&row["coupon"]), row["purchase_id"].clone()))
        .collect()
}

fn a_code_lives_from_creation_to_its_return(database: Database) {
    let shop = shop(database, &[]);
    assert_eq!(discount(&calculate(&shop, "without", &[])), "0.00", "the offer needs a code from now on");
    let import = add(&shop, "Spring-1,\nSpring-2,m-1\n,\nSpring-1,");
    let counts = ["applied", "unchanged", "refused"].map(|name| import[name].as_i64());
    assert_eq!((counts, &import["pool"]), ([Some(2), Some(1), Some(1)], &json!("spring")), "{import}");
    assert_eq!((&import["errors"][0]["row"], &import["errors"][0]["code"]), (&json!(3), &json!("empty")));
    assert_eq!(states(&shop), json!({"created": 1, "issued": 1, "reserved": 0, "used": 0, "expired": 0}));

    // Nobody but the member can use a code that was issued.
    let refused = calculate(&shop, "p", &["SPRING-2"]);
    assert_eq!((discount(&refused), reason(&refused)), ("0.00", Some("coupon_refused")));
    assert_eq!(warnings(&refused), ["coupon_of_another_member"]);
    let own = shop.post(&path("m", "calculate"), "m", &receipt(Some("1"), &["spring-2"])).accepted();
    assert_eq!((discount(&own), warnings(&own)), ("20.00", vec![]));
    shop.post(&path("m", "cancel"), "m cancel", "").accepted();
    assert_eq!(state(&shop, "spring-2"), "issued", "cancelling restores it");

    // However it is spelt; and recalculating keeps it.
    for _ in 0..3 {
        assert_eq!(discount(&calculate(&shop, "p", &[" spring-1 "])), "20.00");
    }
    let reserved = code(&shop, "SPRING-1");
    assert_eq!(
        reserved,
        json!({"code": "Spring-1", "pool": "spring", "offer": "spring-10", "state": "reserved", "member_id": null,
               "purchase_id": "p", "issued_at": null, "used": 0, "uses": 1, "expires_at": null})
    );
    assert_eq!(states(&shop), json!({"created": 0, "issued": 1, "reserved": 1, "used": 0, "expired": 0}));
    let other = calculate(&shop, "q", &["Spring-1"]);
    assert_eq!((discount(&other), reason(&other)), ("0.00", Some("coupon_refused")));
    assert_eq!(warnings(&other), ["coupon_reserved"]);
    confirm(&shop, "p");
    confirm(&shop, "q");
    assert_eq!(
        (state(&shop, "Spring-1"), &code(&shop, "Spring-1")["purchase_id"]),
        ("used".to_owned(), &json!("p"))
    );
    assert_eq!(warnings(&calculate(&shop, "r", &["Spring-1"])), ["coupon_used"]);

    give_back(&shop, "p", 1, 1);
    assert_eq!(state(&shop, "Spring-1"), "used", "a part of the purchase is still sold");
    give_back(&shop, "p", 2, 2);
    assert_eq!(state(&shop, "Spring-1"), "issued");
    assert_eq!(discount(&calculate(&shop, "r", &["Spring-1"])), "20.00");
    confirm(&shop, "r");
    let event = |event: &str, purchase: &str| (event.to_owned(), purchase.to_owned());
    let told: Vec<_> = told(&shop)
        .into_iter()
        .map(|(name, code, purchase)| {
            assert_eq!(code.trim().to_lowercase(), "spring-1");
            event(&name, purchase.as_str().expect("an id"))
        })
        .collect();
    assert_eq!(
        told.iter().cloned().collect::<BTreeSet<_>>(),
        BTreeSet::from([
            event("coupon_used", "p"),
            event("coupon_given_back", "p"),
            event("coupon_used", "r")
        ])
    );
    assert_eq!(told.len(), 3, "{told:?}");
    // Another pool changes nothing for the offer, which has one.
    let more = shop.put("/v1/coupon-pools/spring-2", r#"{"offer":"spring-10"}"#).accepted();
    assert_eq!(more.get("warnings"), None, "{more}");
    let offer = shop.as_integration("GET", "/v1/offers/spring-10", "").accepted();
    assert_eq!(offer["coupon_pools"], json!(["spring", "spring-2"]));
    shop.as_integration("POST", "/v1/offers/spring-10/stop", "").accepted();
    add(&shop, "LATE,");
    let late = calculate(&shop, "s", &["LATE", "Spring-1"]);
    assert_eq!(warnings(&late), ["coupon_offer_not_running", "unknown_coupon"], "{late}");
    assert!(late.to_string().contains("the offer of coupon LATE is not running"), "{late}");
    for id in ["p", "q", "r", "s"] {
        let replayed = shop.as_integration("POST", &format!("/v1/purchases/{id}/replay"), "").accepted();
        assert_eq!(replayed["identical"], true, "{replayed}");
    }
    shop.verify();
}

fn one_of_ten_tills_gets_the_code(database: Database) {
    const TILLS: usize = 10;
    let shop = shop(database, &[]);
    add(&shop, "ONE,");
    let start = Barrier::new(TILLS);
    let answers: Vec<Value> = thread::scope(|scope| {
        let till = |number: usize| {
            let (shop, start) = (&shop, &start);
            scope.spawn(move || {
                start.wait();
                let id = format!("p-{number}");
                let answer = calculate(shop, &id, &["ONE"]);
                confirm(shop, &id);
                answer
            })
        };
        let tills: Vec<_> = (0..TILLS).map(till).collect();
        tills.into_iter().map(|till| till.join().expect("every sale goes on")).collect()
    });
    let (got, went_without): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| discount(answer) == "20.00");
    assert_eq!((got.len(), went_without.len()), (1, TILLS - 1));
    for answer in went_without {
        assert_eq!((discount(answer), reason(answer)), ("0.00", Some("coupon_refused")));
        let warnings = warnings(answer);
        assert!(warnings == ["coupon_reserved"] || warnings == ["coupon_used"], "{warnings:?}");
    }
    assert_eq!(states(&shop), json!({"created": 0, "issued": 0, "reserved": 0, "used": 1, "expired": 0}));
    shop.verify();
}

fn codes_are_issued_once(database: Database) {
    const MEMBERS: usize = 20;
    let shop = shop(database, &[]);
    let order = [("Content-Type", "application/json"), ("Idempotency-Key", "order")];
    let generate = |count: usize| {
        let body = json!({"generate": count, "length": 12}).to_string();
        shop.call(("POST", &format!("{POOL}/codes")), "integration", &order, &body)
    };
    let made = generate(MEMBERS).accepted();
    assert_eq!((&made["applied"], &made["state"]), (&json!(MEMBERS), &json!("done")), "{made}");
    assert_eq!(generate(MEMBERS).accepted(), made, "the same order is carried out once");
    assert_eq!(generate(MEMBERS + 1).refused(), (409, "idempotency_key_reused".to_owned()));

    let rows: Vec<String> =
        (0..MEMBERS).map(|number| json!({"id": format!("i-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let issue = |member: &str, key: &str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        let body = json!({"member_id": member}).to_string();
        shop.call(("POST", &format!("{POOL}/issue")), "integration", &headers, &body)
    };
    let code = |answer: &Answer| answer.accepted()["code"].as_str().expect("a code").to_owned();
    let codes: Vec<String> = thread::scope(|scope| {
        let issue = &issue;
        let twice = |number: usize| {
            scope.spawn(move || {
                let (member, key) = (format!("i-{number}"), format!("issue {number}"));
                let both = [issue(&member, &key), issue(&member, &key)];
                assert_eq!(both[0].text, both[1].text, "a repeated call gets the same code");
                code(&both[0])
            })
        };
        let calls: Vec<_> = (0..MEMBERS).map(twice).collect();
        calls.into_iter().map(|call| call.join().expect("a code")).collect()
    });
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), MEMBERS, "nobody shares a code");
    assert!(codes.iter().all(|code| code.len() == 12), "{codes:?}");
    assert_eq!(issue("m-1", "one more").refused(), (409, "coupon_pool_empty".to_owned()));
    assert_eq!(issue("nobody", "x").refused(), (422, "issue_refused".to_owned()));
    assert_eq!(told(&shop).iter().filter(|(event, _, _)| event == "coupon_issued").count(), MEMBERS);

    let list = shop.as_integration("GET", &format!("{POOL}/codes?format=csv"), "").text;
    let listed: BTreeSet<&str> = list.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    assert_eq!(list.lines().next(), Some("code,state,member_id,purchase_id,issued_at"));
    assert_eq!(listed, codes.iter().map(String::as_str).collect());
    let list = shop.as_integration("GET", &format!("{POOL}/codes"), "").text;
    let row: Value = serde_json::from_str(list.lines().next().expect("a row")).expect("a document");
    assert_eq!((&row["state"], list.lines().count()), (&json!("issued"), MEMBERS));
}

fn what_is_released_is_free_again(database: Database) {
    let shop = shop(database, &[("PURCHASES__TIMEOUT_SECONDS", "2")]);
    add(&shop, "A,\nB,");
    assert_eq!(discount(&calculate(&shop, "p", &["A"])), "20.00");
    // A receipt from which the code is taken off again.
    assert_eq!(discount(&calculate(&shop, "p", &[])), "0.00");
    assert_eq!(state(&shop, "A"), "created");
    // A code whose offer does not pay is not used up.
    let elsewhere = json!({"at": "2026-11-22T10:15:00+03:00", "pos": "store-77/till-3", "coupons": ["A"],
        "lines": [{"position": 1, "goods_id": "G1", "quantity": "1", "price": "10.00", "amount": "10.00"}]});
    shop.post(&path("q", "calculate"), "q", &elsewhere.to_string()).accepted();
    assert_eq!(state(&shop, "A"), "created");
    let taken = calculate(&shop, "r", &["A", "B"]);
    assert_eq!((discount(&taken), warnings(&taken)), ("20.00", vec!["coupon_not_needed"]));
    assert_eq!((state(&shop, "A"), state(&shop, "B")), ("reserved".to_owned(), "created".to_owned()));
    until("a calculation that times out gives its code back", || state(&shop, "A") != "reserved");
    assert_eq!(discount(&calculate(&shop, "s", &["A"])), "20.00");

    // The pool expires.
    shop.put(POOL, r#"{"offer":"spring-10","expires_at":"2020-01-01"}"#).accepted();
    assert_eq!(states(&shop)["expired"], 2);
    let late = calculate(&shop, "t", &["B"]);
    assert_eq!((warnings(&late), reason(&late)), (vec!["coupon_expired"], Some("coupon_refused")));
    let issue = shop.put(POOL, r#"{"offer":"another"}"#);
    assert_eq!(issue.refused(), (409, "coupon_pool_of_another_offer".to_owned()));
    shop.verify();
}

fn a_limit_per_coupon_counts_by_code(database: Database) {
    let shop = Shop::open(database);
    offer(&shop, &json!([{"per": "coupon", "period": "ever", "money": "30.00"}]));
    shop.put(POOL, r#"{"offer":"spring-10","uses":5}"#).accepted();
    add(&shop, "A,\nB,");
    let mut given = Vec::new();
    for (id, code) in [("p-1", "A"), ("p-2", "a"), ("p-3", "A"), ("p-4", "B")] {
        let answer = calculate(&shop, id, &[code]);
        given.push(discount(&answer).to_owned());
        confirm(&shop, id);
    }
    assert_eq!(given, ["20.00", "10.00", "0.00", "20.00"], "30.00 for each code");
    let used = code(&shop, "A");
    assert_eq!((&used["used"], &used["state"]), (&json!(2), &json!("issued")), "{used}");
    give_back(&shop, "p-2", 1, 1);
    give_back(&shop, "p-2", 2, 2);
    assert_eq!(code(&shop, "A")["used"], 1);
    assert_eq!(discount(&calculate(&shop, "p-5", &["A"])), "10.00", "the return gave the money back, too");
    shop.verify();
}

fn codes_survive_a_merger(database: Database) {
    let shop = shop(database, &[]);
    let row = json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}]});
    shop.import("/v1/members/imports", &row.to_string()).accepted();
    add(&shop, "TWOS,m-2");
    let merge = shop.call(
        ("POST", "/v1/members/m-2/merge"),
        "integration",
        &[("Content-Type", "application/json")],
        r#"{"into":"m-1"}"#,
    );
    merge.accepted();
    assert_eq!(code(&shop, "TWOS")["member_id"], "m-1");
    let own = shop.post(&path("p", "calculate"), "c", &receipt(Some("1"), &["TWOS"])).accepted();
    assert_eq!(discount(&own), "20.00");
}

/// Codes of a receipt beyond the setting are left out with a warning; the purchase replays all the same.
#[test]
fn a_receipt_with_too_many_codes_is_priced() {
    let shop = shop(Database::Sqlite, &[("COUPONS__RECEIPT_CODES", "3")]);
    add(&shop, "A,\nB,");
    let answer = calculate(&shop, "p", &["x", "y", "A", "B"]);
    assert_eq!(discount(&answer), "20.00");
    let mut found = warnings(&answer);
    found.sort_unstable();
    assert_eq!(found, ["too_many_coupons", "unknown_coupon", "unknown_coupon"]);
    let codes: Vec<String> = (0..50_000).map(|number| format!("code-{number}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let answer = shop.post(&path("q", "calculate"), "q", &receipt(None, &codes));
    assert_eq!(warnings(&answer.accepted()).len(), 4);
    assert!(answer.text.len() < 4_000, "{}", answer.text.len());
    for id in ["p", "q"] {
        let replayed = shop.as_integration("POST", &format!("/v1/purchases/{id}/replay"), "").accepted();
        assert_eq!(replayed["identical"], true, "{replayed}");
    }
}

#[test]
fn a_late_receipt_uses_its_code() {
    let shop = shop(Database::Sqlite, &[]);
    let points = json!({"reward": "points", "items": [{"target": "B1", "method": "percent", "value": "10"}]});
    shop.run_offer("points-10", &json!({"mechanic": "product", "params": points}));
    shop.put("/v1/coupon-pools/late", r#"{"offer":"points-10"}"#).accepted();
    csv(&shop, "/v1/coupon-pools/late/codes", &[], "code\nLATE\n").accepted();
    let row = |id: &str| {
        let mut row: Value = serde_json::from_str(&receipt(Some("1"), &["LATE"])).expect("a receipt");
        row["purchase_id"] = json!(id);
        row
    };
    let answers = shop.late(&[row("l-1"), row("l-2")]);
    let earned: Vec<_> = answers.iter().map(|answer| &answer["result"]["totals"]["points_earned"]).collect();
    // 5 % are for everybody.
    assert_eq!(earned, ["30.00", "10.00"], "{answers:?}");
    assert_eq!(state(&shop, "LATE"), "used");
}
