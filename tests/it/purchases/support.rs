//! Support finds purchases, and is told why an offer gave something on them, or nothing.

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};

on_both_databases!(support_finds_purchases_and_is_told_why);

const CARD: &str = "AB-7700001";

fn support_finds_purchases_and_is_told_why(database: Database) {
    let shop = Shop::open(database);
    let row = json!({"id": "m-2", "identifiers": [{"kind": "card", "value": CARD}]});
    shop.import("/v1/members/imports", &row.to_string()).accepted();
    make_offers(&shop);
    sell(&shop, "p-1", "2026-11-22T10:15:00+03:00", "store-77/till-3", CARD);
    sell(&shop, "p-2", "2026-11-22T12:00:00+03:00", "store-77/till-3", " ab-7700001");
    calculate(&shop, "p-3", "2026-11-23T10:00:00+03:00", "store-1/till-1", "1");
    sell(&shop, "p-4", "2026-11-23T11:00:00+03:00", "store-1/till-1", "ZZ-99");

    purchases_are_found(&shop);
    keys_find_their_own(&shop);
    reasons_are_told(&shop);
    what_is_lost_is_said(&shop);
}

fn make_offers(shop: &Shop) {
    let percent = |target: &str, value: &str| json!({"items": [{"target": target, "value": value}]});
    let whole = |value: &str| json!({"items": [{"value": value}]});
    for (id, offer) in [
        ("coffee-5", json!({"mechanic": "product", "params": percent("G1", "5")})),
        (
            "spring",
            json!({"mechanic": "receipt", "params": whole("10"), "stacking": {"mode": "cumulative"},
                   "filters": {"coupon": "SPRING", "weekdays": ["mon"]}}),
        ),
        (
            "anonymous-only",
            json!({"mechanic": "receipt", "params": whole("1"), "filters": {"member_state": "anonymous"}}),
        ),
        ("large", json!({"mechanic": "threshold", "params": {"items": [{"value": "3", "from": "5000"}]}})),
        (
            "milk-once",
            json!({"mechanic": "product", "params": percent("G4", "10"),
                   "limits": [{"per": "member", "uses": 1}]}),
        ),
        ("over", json!({"mechanic": "product", "params": percent("G2", "5")})),
    ] {
        shop.run_offer(id, &offer);
    }
    shop.as_integration("POST", "/v1/offers/over/stop", "").accepted();
    let draft = json!({"title": "later", "mechanic": "product", "params": percent("G2", "7")});
    shop.put("/v1/offers/later", &draft.to_string()).accepted();
}

fn calculate(shop: &Shop, id: &str, at: &str, pos: &str, card: &str) {
    let mut receipt = reference();
    for (key, value) in [
        ("at", json!(at)),
        ("pos", json!(pos)),
        ("member", json!({"kind": "card", "value": card})),
        ("pay_points", json!(null)),
        ("explain", json!(false)),
    ] {
        receipt[key] = value;
    }
    shop.post(&path(id, "calculate"), &format!("c {id}"), &receipt.to_string()).accepted();
}

fn sell(shop: &Shop, id: &str, at: &str, pos: &str, card: &str) {
    calculate(shop, id, at, pos, card);
    shop.post(&path(id, "confirm"), &format!("k {id}"), "").accepted();
}

fn ids(answer: &Answer) -> Vec<String> {
    let document = answer.accepted();
    let purchases = document["purchases"].as_array().expect("purchases");
    purchases.iter().map(|purchase| purchase["purchase_id"].as_str().expect("an id").to_owned()).collect()
}

fn search(shop: &Shop, query: &str) -> Answer {
    shop.as_integration("GET", &format!("/v1/purchases?{query}"), "")
}

fn purchases_are_found(shop: &Shop) {
    let all = ["p-4", "p-3", "p-2", "p-1"];
    for (query, expected) in [
        ("", &all[..]),
        ("card=ab-7700001", &["p-2", "p-1"]),
        ("member=m-2", &["p-2", "p-1"]),
        ("card=zz-99", &["p-4"]),
        ("card=nobodys", &[]),
        ("pos=store-1", &["p-4", "p-3"]),
        ("pos=store-77/till-3&card=AB-7700001", &["p-2", "p-1"]),
        ("state=calculated", &["p-3"]),
        ("since=2026-11-23", &["p-4", "p-3"]),
        ("until=2026-11-22", &["p-2", "p-1"]),
        ("since=2026-11-22T12:00:00%2B03:00&until=2026-11-23T10:00:00%2B03:00", &["p-2"]),
    ] {
        assert_eq!(ids(&search(shop, query)), expected, "{query}");
    }
    let found = search(shop, "card=AB-7700001").accepted();
    let newest = &found["purchases"][0];
    assert_eq!(newest["identifier"], json!({"kind": "card", "value": "…0001"}), "{newest}");
    assert_eq!(newest["at"], "2026-11-22T12:00:00+03:00");
    assert_eq!((&newest["state"], &newest["member_id"]), (&json!("confirmed"), &json!("m-2")));
    let stored = shop.get("/v1/purchases/p-2").accepted();
    assert_eq!(newest["totals"], stored["result"]["totals"]);

    let mut seen = Vec::new();
    let mut query = "limit=1".to_owned();
    while seen.len() <= all.len() {
        let page = search(shop, &query);
        seen.extend(ids(&page));
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
        query = format!("limit=1&after={next}");
    }
    assert_eq!(seen, all, "page by page");

    for (query, refused) in [
        ("card=1&member=m-1", (400, "malformed_query")),
        ("limit=0", (400, "malformed_query")),
        ("after=17", (400, "malformed_query")),
        ("state=sold", (400, "malformed_query")),
        ("since=yesterday", (400, "malformed_query")),
        ("till=1", (400, "malformed_query")),
        ("member=nobody", (404, "unknown_member")),
    ] {
        assert_eq!(search(shop, query).refused(), (refused.0, refused.1.to_owned()), "{query}");
    }
    // Of releases that stored neither card nor place.
    shop.sql("UPDATE purchases SET card = NULL, pos = NULL WHERE id = 'p-1'");
    for query in ["card=AB-7700001", "pos=store-77"] {
        assert_eq!(ids(&search(shop, query)), ["p-2", "p-1"], "{query}");
    }
}

fn keys_find_their_own(shop: &Shop) {
    let made = shop.command(&["key", "create", "--role", "pos", "--name", "desk", "--pos", "store-1"]);
    let key = String::from_utf8(made.stdout).expect("text");
    let by_desk = |query: &str| shop.get_as(key.trim(), &format!("/v1/purchases?{query}"));
    assert_eq!(ids(&by_desk("")), ["p-4", "p-3"]);
    assert_eq!(ids(&by_desk("card=AB-7700001")), [""; 0]);
    assert_eq!(by_desk("pos=store-77").refused(), (403, "pos_not_allowed".to_owned()));
    assert_eq!(shop.get("/v1/purchases").refused(), (403, "pos_not_allowed".to_owned()), "bound to nothing");
}

fn why(shop: &Shop, purchase: &str, offer: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/purchases/{purchase}/offers/{offer}"), "").accepted()
}

fn condition<'a>(why: &'a Value, name: &str) -> &'a Value {
    let conditions = why["conditions"].as_array().expect("conditions");
    conditions.iter().find(|one| one["condition"] == name).unwrap_or_else(|| panic!("{name} of {why:#}"))
}

fn reasons_are_told(shop: &Shop) {
    for (purchase, offer, reason, failing, found) in [
        (
            "p-1",
            "coffee-5",
            "lost_to",
            "stacking",
            json!({"lost_to": "coffee-15", "priority": 0, "version": 1}),
        ),
        ("p-1", "spring", "no_coupon", "coupon", json!({"codes": []})),
        ("p-1", "anonymous-only", "wrong_member_state", "member_state", json!("normal")),
        (
            "p-2",
            "milk-once",
            "limit_reached",
            "limit",
            json!({"uses": 1, "money": "27.00", "points": "0.00"}),
        ),
        ("p-1", "over", "not_running", "running", json!({"state": "stopped", "version": 1})),
        ("p-1", "later", "not_running", "running", json!({"state": "draft", "version": 1})),
    ] {
        let why = why(shop, purchase, offer);
        assert_eq!((&why["applied"], &why["complete"]), (&json!(false), &json!(true)), "{why:#}");
        assert_eq!(why["reason"], reason, "{why:#}");
        let failing = condition(&why, failing);
        assert_eq!((&failing["holds"], &failing["reason"]), (&json!(false), &json!(reason)), "{why:#}");
        assert_eq!(failing["found"], found, "{why:#}");
    }
    let large = why(shop, "p-1", "large");
    assert_eq!(condition(&large, "mechanic")["found"]["outcome"], "below_threshold");
    assert_eq!(condition(&large, "goods")["found"][0]["sum"], "1821.44", "{large:#}");

    // Everything that stands in the way is told, and what it would have given.
    let spring = why(shop, "p-1", "spring");
    assert_eq!(condition(&spring, "weekday")["holds"], false);
    assert_eq!(condition(&spring, "weekday")["found"], "sun");
    assert_eq!(condition(&spring, "mechanic")["holds"], true);
    assert_ne!(spring["would_have_given"]["discount"], "0.00", "{spring:#}");
    assert!(spring["would_have_given"]["discount"].is_string(), "{spring:#}");

    let unknown = shop.as_integration("GET", "/v1/purchases/p-1/offers/never-was", "");
    assert_eq!(unknown.refused(), (404, "not_found".to_owned()));

    // A later version of the offer is another matter.
    let coffee = json!({"items": [{"target": "G1", "value": "20"}]});
    shop.run_offer("coffee-15", &json!({"mechanic": "product", "params": coffee}));
    let coffee = why(shop, "p-1", "coffee-15");
    assert_eq!((&coffee["applied"], &coffee["version"]), (&json!(true), &json!(1)));
    assert_eq!((&coffee["discount"], &coffee["reason"]), (&json!("104.97"), &Value::Null));
    let conditions = coffee["conditions"].as_array().expect("conditions");
    assert!(conditions.iter().all(|condition| condition["holds"] == true), "{coffee:#}");
}

fn what_is_lost_is_said(shop: &Shop) {
    shop.sql("UPDATE purchases SET inputs = NULL WHERE id = 'p-2'");
    for (offer, applied, reason) in [
        ("milk-once", false, json!("limit_reached")),
        ("coffee-15", true, Value::Null),
        // The answer lists offers without their coupon only if it explains.
        ("spring", false, Value::Null),
        ("over", false, json!("not_running")),
    ] {
        let why = why(shop, "p-2", offer);
        assert_eq!((&why["complete"], &why["applied"]), (&json!(false), &json!(applied)), "{why:#}");
        assert_eq!(why["reason"], reason, "{why:#}");
        assert!(why["note"].as_str().is_some_and(|note| note.contains("not recorded")), "{why:#}");
    }
    assert_eq!(why(shop, "p-2", "coffee-15")["discount"], "104.97");
}
