//! The first offers of a retailer.

use serde_json::json;

use super::{Chain, nothing, off, points};

const TILL: &str = "store-1/till-1";
const NOON: (&str, &str) = (TILL, "2026-03-05T12:00:00+03:00");

#[test]
fn birthday_cakes_for_members_born_in_february() {
    let chain = Chain::open();
    let rule = json!({"attribute": "birth_date", "birthday_month": 2});
    let body = json!({"title": "Born in February", "rule": rule});
    chain.shop.put("/v1/attributes/birth_date", r#"{"type":"date"}"#).accepted();
    chain.shop.put("/v1/audiences/february", &body.to_string()).accepted();
    let items = json!({"items": [{"target": "CAKES", "method": "percent", "value": "30"}]});
    let offer = json!({"mechanic": "category", "params": items, "filters": {"audience": "february"}});
    chain.shop.run_offer("cakes", &offer);
    chain.member("february", &json!({"birth_date": "1990-02-11"}));
    chain.member("leap", &json!({"birth_date": "1992-02-29"}));
    chain.member("march", &json!({"birth_date": "1990-03-01"}));
    chain.member("secret", &json!({}));
    let basket = [("CAKE", "1000.00"), ("BREAD", "50.00")];
    for card in ["february", "leap"] {
        assert_eq!(chain.price(card, NOON, &basket), off("300.00"), "{card}");
    }
    for card in ["march", "secret"] {
        assert_eq!(chain.price(card, NOON, &basket), nothing("not_in_audience"), "{card}");
    }
}

#[test]
fn one_product_in_the_first_half_of_september_another_in_the_second() {
    let chain = Chain::open();
    chain.member("m", &json!({}));
    chain.personal(
        "product",
        "m",
        &json!({
            "kind": "product", "reward": "discount", "id_space": "external",
            "items": [
                {"target": "TEA", "method": "percent", "value": "50", "start": "2026-09-01", "end": "2026-09-15"},
                {"target": "COFFEE", "method": "percent", "value": "30", "start": "2026-09-16", "end": "2026-09-30"},
            ],
        }),
    );
    let basket = [("TEA", "200.00"), ("COFFEE", "300.00")];
    for (at, priced) in [
        ("2026-08-31T23:59:59+03:00", nothing("outside_period")),
        ("2026-09-01T00:00:00+03:00", off("100.00")),
        ("2026-09-15T23:59:59+03:00", off("100.00")),
        ("2026-09-16T00:00:00+03:00", off("90.00")),
        ("2026-09-30T23:59:59+03:00", off("90.00")),
        ("2026-10-01T00:00:00+03:00", nothing("outside_period")),
    ] {
        assert_eq!(chain.price("m", (TILL, at), &basket), priced, "{at}");
    }
}

#[test]
fn decorative_cosmetics_in_the_first_days_of_march() {
    let chain = Chain::open();
    let items = json!({"items": [{"target": "DECORATIVE", "method": "percent", "value": "20"}]});
    let filters = json!({"period": {"start": "2026-03-01", "end": "2026-03-10"}});
    chain.shop.run_offer("march", &json!({"mechanic": "category", "params": items, "filters": filters}));
    chain.member("m", &json!({}));
    let basket = [("LIPSTICK", "500.00"), ("SOAP", "80.00")];
    assert_eq!(chain.price("m", NOON, &basket), off("100.00"), "soap is not decorative");
    let late = (TILL, "2026-03-11T00:00:00+03:00");
    assert_eq!(chain.price("m", late, &basket), nothing("outside_period"));
}

#[test]
fn points_on_all_for_school_at_the_end_of_august() {
    let chain = Chain::open();
    let items =
        json!({"reward": "points", "items": [{"target": "school", "method": "percent", "value": "30"}]});
    let filters = json!({"period": {"start": "2026-08-20", "end": "2026-08-31"}});
    chain.shop.run_offer("school", &json!({"mechanic": "group", "params": items, "filters": filters}));
    chain.member("m", &json!({}));
    let basket = [("BAG", "2000.00"), ("PEN", "50.00"), ("TEA", "200.00")];
    let august = (TILL, "2026-08-20T00:00:00+03:00");
    assert_eq!(chain.price("m", august, &basket), points("615.00"));
    assert_eq!(chain.price("m", NOON, &basket), nothing("outside_period"));
}

#[test]
fn tiers_of_points_and_of_sums() {
    let chain = Chain::open();
    chain.member("points", &json!({}));
    chain.member("sums", &json!({}));
    let tiers = |reward: &str, tiers: [(&str, &str, &str); 2]| {
        let item = |(method, value, from): (&str, &str, &str)| json!({"method": method, "value": value, "from": from});
        json!({"kind": "threshold", "reward": reward, "items": tiers.map(item)})
    };
    let percent = tiers("points", [("percent", "10", "1000"), ("percent", "20", "3000")]);
    chain.personal("threshold", "points", &percent);
    let sums = tiers("discount", [("amount", "500", "1800"), ("amount", "1000", "3600")]);
    chain.personal("threshold", "sums", &sums);
    for (card, amount, priced) in [
        ("points", "999.99", nothing("below_threshold")),
        ("points", "1000.00", points("100.00")),
        ("points", "2999.99", points("300.00")),
        ("points", "3500.00", points("700.00")),
        ("sums", "1799.99", nothing("below_threshold")),
        ("sums", "1800.00", off("500.00")),
        ("sums", "3599.99", off("500.00")),
        ("sums", "3600.00", off("1000.00")),
    ] {
        assert_eq!(chain.price(card, NOON, &[("BAG", amount)]), priced, "{card} at {amount}");
    }
}

#[test]
fn double_points_for_a_district_in_one_store() {
    let chain = Chain::open();
    chain.shop.put("/v1/attributes/district", r#"{"type":"string"}"#).accepted();
    let rule = json!({"attribute": "district", "is": "North"});
    chain.shop.put("/v1/audiences/north", &json!({"rule": rule}).to_string()).accepted();
    let five = json!({"reward": "points", "items": [{"method": "percent", "value": "5"}]});
    let everybody = json!({"mechanic": "receipt", "params": five, "stacking": {"mode": "cumulative"}});
    chain.shop.run_offer("everybody", &everybody);
    let mut north = everybody;
    north["filters"] = json!({"audience": "north", "pos": ["store-1"]});
    chain.shop.run_offer("north", &north);
    chain.member("north", &json!({"district": "North"}));
    chain.member("south", &json!({"district": "South"}));
    let at = NOON.1;
    let basket = [("TEA", "200.00")];
    let earned = |card: &str, pos: &str| chain.price(card, (pos, at), &basket).points;
    assert_eq!(earned("north", "store-1/till-1"), "20.00");
    assert_eq!(earned("north", "store-2/till-1"), "10.00");
    assert_eq!(earned("south", "store-1/till-1"), "10.00");
}

#[test]
fn an_offer_for_parents_of_babies() {
    let chain = Chain::open();
    chain.shop.put("/v1/attributes/children", r#"{"type":"json"}"#).accepted();
    let rule = json!({"attribute": "children", "some": {"age": {"below": 1}}});
    chain.shop.put("/v1/audiences/babies", &json!({"rule": rule}).to_string()).accepted();
    let items = json!({"items": [{"target": "SOAP", "method": "percent", "value": "50"}]});
    let offer = json!({"mechanic": "product", "params": items, "filters": {"audience": "babies"}});
    chain.shop.run_offer("soap", &offer);
    chain.member("baby", &json!({"children": ["2018-05-05", "2025-03-06"]}));
    chain.member("school", &json!({"children": ["2018-05-05", "2025-03-05"]}));
    assert_eq!(chain.price("baby", NOON, &[("SOAP", "80.00")]), off("40.00"));
    assert_eq!(chain.price("school", NOON, &[("SOAP", "80.00")]), nothing("not_in_audience"), "one today");
}
