use domain::plan::LargestGrants;
use domain::quantities::{Money, Points};
use serde_json::{Value, json};
use wire::json::{from_toml, parse};
use wire::plan::{build, load};

use crate::store::{built, mechanics, plan, plan_with_offer, problems, put};

#[test]
fn settings_have_defaults() {
    let plan = built(&json!({"currency": {"code": "EUR", "exponent": 2}})).plan;
    assert_eq!((plan.points.exponent, plan.points.rate, plan.points.max_burn.0), (2, (1, 1), 10_000));
    assert_eq!((plan.receipt_max_discount, plan.locale.as_str()), (None, "en"));
}

#[test]
fn largest_grants_change_the_hash_only_where_they_are_set() {
    let with = |points: Value, money: Value| {
        built(&json!({"currency": {"code": "EUR", "exponent": 2}, "points": points, "money": money})).plan
    };
    let without = built(&json!({"currency": {"code": "EUR", "exponent": 2}})).plan;
    let default = with(json!({"max_per_purchase": "10000000000.00"}), json!({}));
    assert_eq!((default.largest_grants, &default.hash), (LargestGrants::default(), &without.hash));
    let points = with(json!({"max_per_purchase": "100"}), json!({}));
    let money = with(json!({}), json!({"max_discount": "50"}));
    assert_eq!(points.largest_grants.points, Points(10_000));
    assert_eq!(money.largest_grants.discount, Some(Money(5_000)));
    assert!(points.hash != without.hash && money.hash != without.hash && points.hash != money.hash);
}

#[test]
fn a_point_pays_an_exact_fraction() {
    for (money, points, rate, expected) in
        [(2, 2, "1", (1, 1)), (2, 0, "1", (100, 1)), (0, 2, "1", (1, 100)), (2, 0, "0.015", (3, 2))]
    {
        let document = json!({
            "currency": {"code": "EUR", "exponent": money},
            "points": {"exponent": points, "burn": {"rate": rate, "max_percent": "50"}},
        });
        let plan = built(&document).plan;
        assert_eq!((plan.points.rate, plan.points.max_burn.0), (expected, 5_000), "{document}");
    }
}

#[test]
fn a_problem_of_the_settings_is_named_with_its_place() {
    let cases: [(&str, Value, &[&str]); 11] = [
        ("/currency", Value::Null, &["/currency missing_field"]),
        ("/currency/exponent", json!(5), &["/currency/exponent out_of_range"]),
        ("/currency/exponent", json!("2"), &["/currency/exponent wrong_type"]),
        ("/currency/rounding", json!("up"), &["/currency/rounding unknown_value"]),
        ("/points/burn", json!({"rate": "0"}), &["/points/burn/rate out_of_range"]),
        ("/points/burn", json!({"max_percent": "200"}), &["/points/burn/max_percent out_of_range"]),
        ("/points/brun", json!({}), &["/points/brun unknown_field"]),
        ("/points/max_per_purchase", json!("-1"), &["/points/max_per_purchase out_of_range"]),
        ("/money", json!({"max_discount": "0.001"}), &["/money/max_discount too_many_places"]),
        ("/money", json!({"max": "1"}), &["/money/max unknown_field"]),
        ("/caps", json!({"receipt_max": "50"}), &["/caps/receipt_max unknown_field"]),
    ];
    for (pointer, value, expected) in cases {
        let mut document = plan();
        put(&mut document, pointer, value.clone());
        assert_eq!(problems(build(&document, mechanics())), expected, "{pointer} = {value}");
    }
}

#[test]
fn members_are_unique_in_id_and_identifiers() {
    let mut document = plan();
    let card = json!({"kind": "card", "value": 77});
    put(
        &mut document,
        "/members",
        json!([
            {"id": "m-1", "identifiers": [card], "points": "5"},
            {"id": "m-1"},
            {"id": "m-2", "identifiers": [card]},
            {"id": "m-3", "identifiers": [{"kind": "phone", "value": "77"}], "state": "gone", "points": "-1.00"},
        ]),
    );
    assert_eq!(
        problems(load(&document, mechanics())),
        ["/members/1 duplicate_id", "/members/2 duplicate_identifier", "/members/3/state unknown_value",]
    );
}

#[test]
fn the_hash_is_of_what_prices_depend_on() {
    let original = plan_with_offer(|_| {});
    let hash = |document: &Value| built(document).plan.hash;
    let changed = |pointer: &str, value: Value| {
        let mut document = original.clone();
        put(&mut document, pointer, value);
        hash(&document)
    };
    assert!(hash(&original).starts_with("sha256:"));
    assert_eq!(hash(&original).len(), "sha256:".len() + 64);

    let mut permuted = original.clone();
    put(&mut permuted, "/offers/-", json!({"external_id": "a", "mechanic": "own", "params": {}}));
    let two_offers = hash(&permuted);
    for list in ["/offers", "/catalog/products", "/catalog/categories"] {
        permuted.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").reverse();
    }
    assert_eq!(hash(&permuted), two_offers, "the order of rows");
    assert_eq!(changed("/members", json!([{"id": "m"}])), hash(&original), "members");
    assert_eq!(changed("/caps", Value::Null), hash(&original), "null says the same as absent");

    assert_ne!(two_offers, hash(&original), "an offer");
    assert_ne!(changed("/offers/0/params/items/0/value", json!("16")), hash(&original), "a value");
    assert_ne!(changed("/catalog/products/0/floor_price", json!("1")), hash(&original), "a floor");
    assert_ne!(changed("/currency/rounding", json!("down")), hash(&original), "the rounding");
    assert_ne!(changed("/offers/0/version", json!(2)), hash(&original), "the version");
    let mut other_mechanics = mechanics();
    other_mechanics[0].digest = "sha256:other".to_owned();
    let other = build(&original, other_mechanics).expect("the plan").plan.hash;
    assert_ne!(other, hash(&original), "the mechanic of the offer");
    let mut unused = mechanics();
    unused[1].digest = "sha256:other".to_owned();
    let same = build(&original, unused).expect("the plan").plan.hash;
    assert_eq!(same, hash(&original), "a mechanic that no offer uses");
}

#[test]
fn the_order_of_names_changes_nothing() {
    let one = parse(r#"{"currency":{"code":"EUR","exponent":2},"offers":[]}"#).expect("JSON");
    let other = parse(r#"{"offers":[],"currency":{"exponent":2,"code":"EUR"}}"#).expect("JSON");
    assert_eq!(built(&one).plan.hash, built(&other).plan.hash);
}

#[test]
fn toml_says_the_same_as_json() {
    let toml = r#"
        [currency]
        code = "EUR"
        exponent = 2
        [[catalog.products]]
        goods_code = "G1"
        floor_price = 0.10
        [[offers]]
        external_id = "o"
        mechanic = "product"
        filters = { period = { start = 2026-11-01, end = 2026-11-30T10:00:00+03:00 } }
        params = { items = [{ target = "G1", value = 12.5 }] }
    "#;
    let json = r#"{"currency":{"code":"EUR","exponent":2},
        "catalog":{"products":[{"goods_code":"G1","floor_price":0.10}]},
        "offers":[{"external_id":"o","mechanic":"product",
            "filters":{"period":{"start":"2026-11-01","end":"2026-11-30T10:00:00+03:00"}},
            "params":{"items":[{"target":"G1","value":12.5}]}}]}"#;
    let (toml, json) = (from_toml(toml).expect("TOML"), parse(json).expect("JSON"));
    assert_eq!(toml, json);
    assert_eq!(built(&toml).plan.hash, built(&json).plan.hash);
}

#[test]
fn numbers_are_read_from_their_text() {
    let long = "currency = { code = \"X\", exponent = 2 }\ncatalog.products = [{ goods_code = \"G\", floor_price = 0.10000000000000001 }]";
    for document in [
        from_toml(long).expect("TOML"),
        parse(
            r#"{"currency":{"code":"X","exponent":2},
                "catalog":{"products":[{"goods_code":"G","floor_price":0.10000000000000001}]}}"#,
        )
        .expect("JSON"),
    ] {
        assert_eq!(
            problems(build(&document, mechanics())),
            ["/catalog/products/0/floor_price too_many_places"],
            "a float would have been 0.1"
        );
    }
}

#[test]
fn text_that_loses_something_is_refused() {
    for (text, expected) in [
        (r#"{"a":1,"a":2}"#, vec!["/a duplicate_name"]),
        (
            r#"{"a":[{"b":1.5},{"x/y":{},"x/y":null}],"c":{"d":1,"d":1}}"#,
            vec!["/a/1/x~1y duplicate_name", "/c/d duplicate_name"],
        ),
        (r#"{"a":"#, vec![" not_json"]),
        (r#"{"a":1} {}"#, vec![" not_json"]),
        (r#"{"a":[1,2.5,"x",true,null,{"b":-1e3}]}"#, vec![]),
    ] {
        assert_eq!(problems(parse(text)), expected, "{text}");
    }
    assert_eq!(problems(from_toml("a = 1\na = 2")), [" not_toml"]);
}
