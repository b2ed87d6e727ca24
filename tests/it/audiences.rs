//! Audiences from outside: rules at the till, uploads, and what offers may name.

use std::process::Command;

use serde_json::{Value, json};
use tests::workspace;

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};

on_both_databases!(
    members_are_uploaded_added_removed_and_replaced,
    an_upload_is_refused_whole_or_skips,
    an_offer_names_audiences_that_exist,
    an_audience_is_computed_or_uploaded,
);

/// Cheese at 10 % less, for an audience.
fn offer_for(audience: &Value) -> Value {
    let items = json!({"items": [{"target": "G2", "method": "percent", "value": "10"}]});
    json!({"title": "cheese", "mechanic": "product", "params": items, "filters": {"audience": audience}})
}

fn import_member(shop: &Shop, number: usize, fields: &Value) {
    let mut row = json!({"id": format!("t-{number}"), "identifiers": [{"kind": "card", "value": format!("t-{number}")}]});
    for (name, value) in fields.as_object().expect("fields") {
        row[name] = value.clone();
    }
    shop.import("/v1/members/imports", &row.to_string()).accepted();
}

/// True if a member gets the offer of the audience.
fn is_in(shop: &Shop, card: &str, at: &str) -> bool {
    let mut receipt = reference();
    receipt["member"]["value"] = json!(card);
    receipt["at"] = json!(at);
    let (path, headers) = (path("p", "calculate"), [("Content-Type", "application/json")]);
    let priced = shop.call(("POST", &path), "pos", &headers, &receipt.to_string()).accepted();
    let offers = priced["lines"][1]["offers"].as_array().expect("offers");
    let paid = offers.iter().any(|offer| offer["offer"] == "cheese");
    let refused = priced["not_applied"].as_array().expect("reasons").iter();
    let refused = refused.filter(|refused| refused["offer"] == "cheese");
    let reasons: Vec<&Value> = refused.map(|refused| &refused["reason"]).collect();
    assert_eq!(reasons.is_empty(), paid, "{priced}");
    assert!(paid || reasons == ["not_in_audience"], "{priced}");
    paid
}

const NOON: &str = "2025-11-22T12:00:00+03:00";

fn define(shop: &Shop, name: &str, body: &Value) -> Answer {
    shop.put(&format!("/v1/audiences/{name}"), &body.to_string())
}

#[test]
fn rules_decide_on_the_day_and_clock_of_the_store() {
    let shop = Shop::open(Database::Sqlite);
    define(&shop, "who", &json!({"rule": {"attribute": "never", "exists": true}})).accepted();
    shop.run_offer("cheese", &offer_for(&json!("who")));
    let child = json!({"attributes": {"children": ["2010-05-05", "2025-01-10"]}});
    let child_object = json!({"attributes": {"children": "[{\"birth_date\":\"2025-01-10\"}]"}});
    let february = json!({"birth_date": "1990-02-11"});
    let leap = json!({"attributes": {"birth_date": "2008-02-29"}});
    let kazan = json!({"attributes": {"city": "Kazan", "size": "42.50", "tags": ["a", 7], "vip": true}});
    let under_1 = json!({"attribute": "children", "some": {"age": {"below": 1}}});
    let under_1_object =
        json!({"attribute": "children", "some": {"field": "birth_date", "age": {"below": 1}}});
    let in_february = json!({"attribute": "birth_date", "birthday_month": 2});
    let this_month = json!({"attribute": "birth_date", "birthday_month": "receipt"});
    let on_the_day = json!({"attribute": "birth_date", "birthday_within": {}});
    let adult = json!({"attribute": "birth_date", "age": {"from": 18, "below": 30}});
    let city = |condition: &str, value: Value| json!({"attribute": "city", condition: value});
    let size = |condition: &str, value: Value| json!({"attribute": "size", condition: value});
    let cases = [
        // Has children under 1.
        (&under_1, &child, NOON, true),
        (&under_1, &child, "2026-01-09T23:59:59+03:00", true),
        (&under_1, &child, "2026-01-10T00:00:00+03:00", false),
        (&under_1, &kazan, NOON, false),
        (&under_1_object, &child_object, NOON, true),
        (&under_1_object, &child_object, "2026-06-01T12:00:00+03:00", false),
        (&under_1_object, &child, NOON, false),
        // Birthday in February, and in the month of the receipt by the clock of the store.
        (&in_february, &february, NOON, true),
        (&in_february, &leap, NOON, true),
        (&in_february, &child, NOON, false),
        (&this_month, &february, "2026-01-31T20:59:59Z", false),
        (&this_month, &february, "2026-01-31T21:00:00Z", true),
        (&this_month, &february, "2026-02-28T20:59:59Z", true),
        (&this_month, &february, "2026-02-28T21:00:00Z", false),
        // Born on 29 February.
        (&on_the_day, &leap, "2026-02-28T12:00:00+03:00", true),
        (&on_the_day, &leap, "2028-02-28T12:00:00+03:00", false),
        (&on_the_day, &leap, "2028-02-29T12:00:00+03:00", true),
        (&adult, &leap, "2026-02-27T12:00:00+03:00", false),
        (&adult, &leap, "2026-02-28T12:00:00+03:00", true),
        // Lives in.
        (&city("is", json!("Kazan")), &kazan, NOON, true),
        (&city("is", json!("Moscow")), &kazan, NOON, false),
        (&city("in", json!(["Moscow", "Kazan"])), &kazan, NOON, true),
        (&city("not_in", json!(["Moscow", "Kazan"])), &kazan, NOON, false),
        (&city("contains", json!("aza")), &kazan, NOON, true),
        // A member without a city is not in Kazan.
        (&city("is", json!("Kazan")), &leap, NOON, false),
        (&city("is_not", json!("Kazan")), &leap, NOON, true),
        (&city("not_in", json!(["Kazan"])), &leap, NOON, true),
        (&city("exists", json!(false)), &leap, NOON, true),
        // Age.
        (&adult, &february, NOON, false),
        (&adult, &february, "2020-02-10T23:59:59+03:00", true),
        (&adult, &february, "2020-02-11T00:00:00+03:00", false),
        // Any comparison, exactly.
        (&size("from", json!("42.5")), &kazan, NOON, true),
        (&size("above", json!(42.5)), &kazan, NOON, false),
        (&size("below", json!("42.500000001")), &kazan, NOON, true),
        (&size("is", json!(42.5)), &kazan, NOON, true),
        (
            &json!({"attribute": "birth_date", "from": "1990-02-11", "to": "1990-02-11"}),
            &february,
            NOON,
            true,
        ),
        (&json!({"attribute": "tags", "contains": 7}), &kazan, NOON, true),
        (&json!({"attribute": "tags", "contains": "b"}), &kazan, NOON, false),
        (&json!({"attribute": "vip", "is": true}), &kazan, NOON, true),
        (&json!({"attribute": "city", "from": 1}), &kazan, NOON, false),
        (&json!({"all": [city("is", json!("Kazan")), {"not": under_1}]}), &kazan, NOON, true),
        (&json!({"any": [city("is", json!("Moscow")), under_1]}), &kazan, NOON, false),
    ];
    for (number, (rule, fields, at, expected)) in cases.into_iter().enumerate() {
        import_member(&shop, number, fields);
        define(&shop, "who", &json!({"rule": rule})).accepted();
        assert_eq!(is_in(&shop, &format!("t-{number}"), at), expected, "{rule} for {fields} at {at}");
    }
}

#[test]
fn a_bad_rule_is_refused_with_its_places_and_the_old_one_stays() {
    let shop = Shop::open(Database::Sqlite);
    let kazan = json!({"title": "Kazan", "rule": {"attribute": "city", "is": "Kazan"}});
    let defined = define(&shop, "who", &kazan).accepted();
    assert_eq!(define(&shop, "who", &kazan).accepted(), defined, "the same again changes nothing");
    shop.run_offer("cheese", &offer_for(&json!("who")));
    import_member(&shop, 0, &json!({"attributes": {"city": "Kazan"}}));
    let plan = shop.as_integration("GET", "/v1/plan", "").accepted();
    let cases: [(Value, &[&str]); 17] = [
        (json!({"rules": {}}), &["/rules unknown_field"]),
        (json!({"rule": []}), &["/rule wrong_type"]),
        (json!({"rule": {}}), &["/rule/attribute missing_field", "/rule missing_condition"]),
        (json!({"rule": {"attribute": "a"}}), &["/rule missing_condition"]),
        (
            json!({"rule": {"attribute": "a", "iss": 1}}),
            &["/rule/iss unknown_field", "/rule missing_condition"],
        ),
        (json!({"rule": {"all": []}}), &["/rule/all empty"]),
        (
            json!({"rule": {"all": [{"attribute": "a", "is": []}, {"attribute": "b", "in": 1}]}}),
            &["/rule/all/0/is wrong_type", "/rule/all/1/in wrong_type"],
        ),
        (
            json!({"rule": {"not": {"field": "a", "is": 1}}}),
            &["/rule/not/field unknown_field", "/rule/not/attribute missing_field"],
        ),
        (json!({"rule": {"all": [{"attribute": "a", "is": 1}], "any": []}}), &["/rule/any unknown_field"]),
        (json!({"rule": {"attribute": "a", "from": "tall"}}), &["/rule not_comparable"]),
        (json!({"rule": {"attribute": "a", "from": "2026-01-01", "to": 5}}), &["/rule not_comparable"]),
        (json!({"rule": {"attribute": "a", "above": 5, "below": "5.0"}}), &["/rule empty_range"]),
        (json!({"rule": {"attribute": "a", "birthday_month": 13}}), &["/rule/birthday_month out_of_range"]),
        (
            json!({"rule": {"attribute": "a", "birthday_within": {"days_before": -1}}}),
            &["/rule/birthday_within/days_before out_of_range"],
        ),
        (json!({"rule": {"attribute": "a", "age": {}}}), &["/rule/age missing_condition"]),
        (
            json!({"rule": {"attribute": "a", "some": {"attribute": "b", "age": {"from": "x"}}}}),
            &["/rule/some/age/from wrong_type", "/rule/some/attribute unknown_field"],
        ),
        (json!({"id": "other", "rule": {"attribute": "a", "is": 1}}), &["/id id_mismatch"]),
    ];
    for (body, expected) in cases {
        let refused = define(&shop, "who", &body);
        assert_eq!(refused.refused(), (422, "audience_refused".to_owned()));
        assert_eq!(problems(&refused), expected, "{body}");
    }
    assert_eq!(shop.as_integration("GET", "/v1/plan", "").accepted(), plan);
    assert!(is_in(&shop, "t-0", NOON));
    let shown = shop.as_integration("GET", "/v1/audiences/who", "").accepted();
    assert_eq!((&shown["rule"], &shown["offers"]), (&kazan["rule"], &json!(["cheese"])));
}

fn problems(answer: &Answer) -> Vec<String> {
    let document = answer.json();
    let problems = document["errors"].as_array().expect("errors").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    problems.map(|problem| format!("{} {}", text(&problem["pointer"]), text(&problem["code"]))).collect()
}

fn members_are_uploaded_added_removed_and_replaced(database: Database) {
    let shop = Shop::open(database);
    let rows: Vec<Value> = (0..2_500)
        .map(
            |n| json!({"id": format!("t-{n}"), "identifiers": [{"kind": "card", "value": format!("t-{n}")}]}),
        )
        .collect();
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let defined = define(&shop, "vip", &json!({"title": "Best customers"})).accepted();
    assert_eq!((&defined["kind"], &defined["size"]), (&json!("uploaded"), &json!(0)));
    shop.run_offer("cheese", &offer_for(&json!("vip")));
    let upload = |query: &str, rows: &[Value]| {
        let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        shop.import(&format!("/v1/audiences/vip/members{query}"), &rows.join("\n")).accepted()
    };
    let member = |number: usize| json!({"member": format!("t-{number}")});
    let check = |members: &[usize]| {
        for number in 0..4 {
            assert_eq!(is_in(&shop, &format!("t-{number}"), NOON), members.contains(&number), "t-{number}");
        }
    };
    check(&[]);
    let added = upload("", &[member(0), json!({"kind": "card", "value": "t-1"}), member(0)]);
    assert_eq!((&added["rows"], &added["size"], &added["errors"]), (&json!(3), &json!(2), &json!([])));
    check(&[0, 1]);
    upload("?mode=remove", &[member(0), member(3)]);
    check(&[1]);
    let many: Vec<Value> = (2..2_500).map(member).collect();
    assert_eq!(upload("?mode=replace", &many)["size"], json!(2_498));
    check(&[2, 3]);
    assert_eq!(upload("?mode=replace", &[])["size"], json!(0));
    check(&[]);
    let document = |body: &Value| {
        let headers = [("Content-Type", "application/json")];
        let call = ("POST", "/v1/audiences/vip/members");
        shop.call(call, "integration", &headers, &body.to_string())
    };
    document(&json!({"members": ["t-0", {"kind": "card", "value": "t-1"}]})).accepted();
    check(&[0, 1]);
    document(&json!({"add": ["t-2"], "remove": ["t-0"]})).accepted();
    check(&[1, 2]);
    let contradiction = document(&json!({"add": ["t-3"], "remove": ["t-2", "t-3"]}));
    assert_eq!(problems(&contradiction), ["/remove/1 contradiction"]);
    let both = document(&json!({"members": [], "add": []}));
    assert_eq!(problems(&both), [" missing_field"]);
    check(&[1, 2]);

    // What a member's own row says counts as well, and stays when the member is not uploaded.
    import_member(&shop, 3, &json!({"audiences": ["vip"]}));
    upload("?mode=replace", &[member(0)]);
    check(&[0, 3]);
    let all = shop.as_integration("GET", "/v1/audiences", "").accepted();
    assert_eq!(all["audiences"][0]["name"], json!("vip"));
    assert_eq!((&all["audiences"][0]["size"], &all["audiences"][0]["kind"]), (&json!(2), &json!("uploaded")));
}

fn an_upload_is_refused_whole_or_skips(database: Database) {
    let shop = Shop::open(database);
    let upload = |name: &str, query: &str, rows: &str| {
        shop.import(&format!("/v1/audiences/{name}/members{query}"), rows)
    };
    let rows = "{\"member\":\"m-1\"}\n\n{\"member\":\"nobody\"}\n{\"kind\":\"card\",\"value\":\"9\"}\n{\"who\":1}\n{";
    assert_eq!(upload("vip", "", rows).refused(), (404, "unknown_audience".to_owned()));
    define(&shop, "vip", &json!({})).accepted();
    let refused = upload("vip", "", rows);
    assert_eq!(refused.refused(), (422, "upload_refused".to_owned()));
    let mut places = problems(&refused);
    places.sort();
    assert_eq!(places, ["/2 unknown_member", "/3 unknown_member", "/4 missing_field", "/5 not_json"]);
    let size = || shop.as_integration("GET", "/v1/audiences/vip", "").accepted()["size"].clone();
    assert_eq!(size(), json!(0));
    let skipped = upload("vip", "?on_error=skip", rows).accepted();
    assert_eq!((&skipped["rows"], &skipped["skipped"], &skipped["size"]), (&json!(5), &json!(4), &json!(1)));
    assert_eq!(skipped["errors"].as_array().map(Vec::len), Some(4));
    assert_eq!(upload("vip", "?mode=replace", rows).status, 422);
    assert_eq!(size(), json!(1), "the old list stays");
    assert_eq!(upload("vip", "?mode=all", "").refused(), (400, "malformed_query".to_owned()));
    let many = "{\"member\":\"nobody\"}\n".repeat(150);
    let refused = problems(&upload("vip", "", &many));
    assert_eq!((refused.len(), refused.last().map(String::as_str)), (101, Some(" more_problems")));
}

fn an_offer_names_audiences_that_exist(database: Database) {
    let shop = Shop::open(database);
    let put = |audience: &Value| shop.put("/v1/offers/cheese", &offer_for(audience).to_string());
    for (audience, places) in [
        (json!("vip"), vec!["/filters/audience unknown_audience"]),
        (
            json!(["vip", "old"]),
            vec!["/filters/audience/0 unknown_audience", "/filters/audience/1 unknown_audience"],
        ),
        (
            json!({"include": "vip", "exclude": ["staff"]}),
            vec![
                "/filters/audience/include unknown_audience",
                "/filters/audience/exclude/0 unknown_audience",
            ],
        ),
    ] {
        let refused = put(&audience);
        assert_eq!(refused.refused(), (422, "offer_refused".to_owned()));
        assert_eq!(problems(&refused), places);
    }
    let mut bad = offer_for(&json!("vip"));
    bad["filters"]["hour"] = json!(1);
    let refused = shop.put("/v1/offers/cheese", &bad.to_string());
    assert_eq!(problems(&refused), ["/filters/audience unknown_audience", "/filters/hour unknown_field"]);
    assert_eq!(
        shop.as_integration("GET", "/v1/offers", "").accepted()["offers"].as_array().map(Vec::len),
        Some(2)
    );

    import_member(&shop, 0, &json!({"audiences": ["staff"]}));
    put(&json!("staff")).accepted();
    define(&shop, "vip", &json!({})).accepted();
    put(&json!({"include": "vip", "exclude": ["staff"]})).accepted();
    shop.as_integration("POST", "/v1/offers/cheese/run", "").accepted();
    let delete = |name: &str| shop.as_integration("DELETE", &format!("/v1/audiences/{name}"), "");
    assert_eq!(delete("vip").refused(), (409, "audience_in_use".to_owned()));
    assert_eq!(delete("staff").refused(), (404, "unknown_audience".to_owned()), "only members know it");
    let upload = shop.import("/v1/audiences/staff/members", r#"{"member":"m-1"}"#);
    assert_eq!(upload.refused(), (404, "unknown_audience".to_owned()));
    assert!(upload.text.contains("define it with PUT /v1/audiences/staff first"), "{}", upload.text);
    shop.as_integration("POST", "/v1/offers/cheese/stop", "").accepted();
    delete("vip").accepted();
    let gone = shop.as_integration("GET", "/v1/audiences/vip", "");
    assert_eq!(gone.refused(), (404, "unknown_audience".to_owned()));
}

fn an_audience_is_computed_or_uploaded(database: Database) {
    let shop = Shop::open(database);
    let rule = json!({"rule": {"attribute": "city", "is": "Kazan"}});
    define(&shop, "who", &rule).accepted();
    let members = shop.import("/v1/audiences/who/members", "{\"member\":\"m-1\"}");
    assert_eq!(members.refused(), (409, "audience_is_computed".to_owned()));
    let uploaded = define(&shop, "who", &json!({"title": "x"}));
    assert_eq!(uploaded.refused(), (409, "audience_is_computed".to_owned()));
    define(&shop, "vip", &json!({})).accepted();
    shop.import("/v1/audiences/vip/members", "{\"member\":\"m-1\"}").accepted();
    assert_eq!(define(&shop, "vip", &rule).refused(), (409, "audience_is_uploaded".to_owned()));
    shop.import("/v1/audiences/vip/members?mode=replace", "").accepted();
    define(&shop, "vip", &rule).accepted();

    // The rule alone decides who is in a computed audience, not the rows of members.
    shop.run_offer("cheese", &offer_for(&json!("who")));
    import_member(&shop, 0, &json!({"audiences": ["who"]}));
    assert!(!is_in(&shop, "t-0", NOON));
    import_member(&shop, 0, &json!({"audiences": [], "attributes": {"city": "Kazan"}}));
    assert!(is_in(&shop, "t-0", NOON));
    shop.kill();
    shop.start();
    assert!(is_in(&shop, "t-0", NOON), "it is on the disk");
    let member = shop.as_integration("GET", "/v1/members/t-0", "").accepted();
    assert_eq!(member["audiences"], json!(["vip", "who"]));
    shop.as_integration("POST", "/v1/offers/cheese/stop", "").accepted();
    shop.as_integration("DELETE", "/v1/audiences/who", "").accepted();
    let member = shop.as_integration("GET", "/v1/members/t-0", "").accepted();
    assert_eq!(member["audiences"], json!(["vip"]));
}

/// A plan file with a computed audience, and a receipt on either side of a birthday.
#[test]
fn a_plan_file_computes_audiences_for_each_receipt() {
    let rule = json!({"attribute": "birth_date", "age": {"from": 18}});
    let mut plan = json!({
        "currency": {"code": "RUB", "exponent": 2},
        "catalog": {"products": [{"id": 2, "goods_code": "G2", "name": "Cheese"}],
                    "pos": [{"id": "store-77/till-3", "time_zone": "Europe/Moscow"}]},
        "members": [{"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "birth_date": "2007-11-23"}],
        "audiences": [{"name": "adults", "rule": rule}],
        "offers": [{"external_id": "cheese"}],
    });
    for (name, value) in offer_for(&json!(["adults", "friends"])).as_object().expect("an offer") {
        plan["offers"][0][name] = value.clone();
    }
    let at = |time: &str| {
        let mut receipt = reference();
        receipt["at"] = json!(time);
        receipt.to_string()
    };
    let receipts =
        [at("2025-11-22T20:59:59Z"), at("2025-11-22T21:00:00Z"), at("2025-11-22T20:59:59Z")].join("\n");
    let (answers, log) = calculate(&plan, &receipts);
    let discounts: Vec<&Value> = answers.iter().map(|answer| &answer["lines"][1]["discount"]).collect();
    assert_eq!(discounts, ["0.00", "45.27", "0.00"]);
    assert!(log.contains("/offers/0/filters/audience/1") && log.contains("unknown_audience"), "{log}");
    assert!(!log.contains("adults"), "{log}");

    // The name and its place in the list change nothing, the rule does; no audience, no trace of one.
    let hash = |plan: &Value| calculate(plan, &receipts).0[0]["plan"].clone();
    let with = |audiences: Value| {
        let mut other = plan.clone();
        other["audiences"] = audiences;
        other
    };
    let first = hash(&plan);
    assert_eq!(
        hash(&with(json!([{"id": "adults", "title": "Adults", "rule": rule}, {"id": "friends"}]))),
        first
    );
    let none = hash(&with(Value::Null));
    assert_ne!(none, first);
    assert_eq!(hash(&with(json!([{"id": "friends"}]))), none);
    let older = json!({"attribute": "birth_date", "age": {"from": 19}});
    assert_ne!(hash(&with(json!([{"id": "adults", "rule": older}]))), first);
    let mut brought = plan.clone();
    brought["members"][0]["audiences"] = json!(["friends", "adults"]);
    let (answers, log) = calculate(&brought, &receipts);
    assert!(answers.is_empty() && log.contains("/members/0/audiences/1"), "{log}");
}

fn calculate(plan: &Value, receipts: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (plan_file, receipt_file) = (folder.path().join("plan.json"), folder.path().join("receipts.ndjson"));
    std::fs::write(&plan_file, plan.to_string()).expect("the plan is written");
    std::fs::write(&receipt_file, receipts).expect("the receipts are written");
    let output = Command::new(workspace::offer_host().expect("the binary"))
        .args(["calculate".as_ref(), "--plan".as_ref(), plan_file.as_os_str(), receipt_file.as_os_str()])
        .output()
        .expect("the command runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let answers = text.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
    (answers, String::from_utf8(output.stderr).expect("text"))
}
