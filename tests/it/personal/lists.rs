//! Lists for personal accounts and sites: the offers of a member, whatever makes them personal, and those for everybody.

use serde_json::{Value, json};

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};

on_both_databases!(
    a_member_sees_every_offer_that_is_personal,
    offers_for_everybody_need_no_member,
    an_offer_pays_once_it_is_accepted,
);

const STAND_IN: &str = "https://shop.example/none.png";
const PICTURE: &str = "https://shop.example/coffee.jpg";

/// Coffee at 15 % less, with more fields.
fn coffee(more: &Value) -> Value {
    let mut offer = json!({"mechanic": "product", "params": {"items": [{"target": "G1", "value": "15", "max_units": "2"}]}});
    offer.as_object_mut().expect("an object").extend(more.as_object().expect("fields").clone());
    offer
}

/// A shop with two stores, where coffee has a picture, the member `m-1` in audience `feb` with a tier and personal terms,
/// and the member `m-2` in none.
fn shop(database: Database) -> Shop {
    let shop = Shop::empty(database, &[("OFFERS__PICTURE", STAND_IN)]);
    shop.stock();
    let rows = [
        json!({"type": "pos", "id": "store-78/till-1", "time_zone": "Asia/Yekaterinburg"}),
        json!({"type": "product", "id": 1, "goods_code": "G1", "name": "Coffee", "category": "COFFEE", "picture": PICTURE}),
    ];
    shop.import("/v1/catalog/imports", &rows.map(|row| row.to_string()).join("\n")).accepted();
    shop.put("/v1/attributes/mine", r#"{"type":"json"}"#).accepted();
    for name in ["feb", "vip"] {
        shop.put(&format!("/v1/audiences/{name}"), "{}").accepted();
    }
    let gold = json!({"rule": {"attribute": "tier", "in": ["gold"]}});
    shop.put("/v1/audiences/gold", &gold.to_string()).accepted();
    let mine = json!({"kind": "product", "reward": "points", "items": [{"target": "G2", "value": "7"}]});
    let rows = [
        json!({"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "points": "1000.00", "audiences": ["feb"],
               "attributes": {"tier": "gold", "mine": mine, "time_zone": "Europe/Moscow"}}),
        json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}], "points": "0.00"}),
    ];
    shop.import("/v1/members/imports", &rows.map(|row| row.to_string()).join("\n")).accepted();
    shop
}

fn list(shop: &Shop, address: &str) -> Answer {
    shop.as_integration("GET", address, "")
}

fn items(shop: &Shop, address: &str) -> Vec<Value> {
    list(shop, address).accepted()["items"].as_array().expect("items").clone()
}

fn offers(shop: &Shop, address: &str) -> Vec<String> {
    let id = |item: Value| item["offer"].as_str().expect("an id").to_owned();
    items(shop, address).into_iter().map(id).collect()
}

/// Prices the reference receipt anew; the discount of coffee, and why offers gave nothing.
fn price(shop: &Shop, purchase: &str, coupons: &[&str]) -> (String, Vec<String>) {
    let mut receipt = reference();
    receipt["coupons"] = json!(coupons);
    let (path, headers) = (path(purchase, "calculate"), [("Content-Type", "application/json")]);
    let answer = shop.call(("POST", &path), "pos", &headers, &receipt.to_string()).accepted();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let reasons = answer["not_applied"].as_array().expect("reasons").iter();
    (text(&answer["lines"][0]["discount"]), reasons.map(|entry| text(&entry["reason"])).collect())
}

const M_1: &str = "/v1/members/m-1/offers";
const M_2: &str = "/v1/members/m-2/offers";

fn a_member_sees_every_offer_that_is_personal(database: Database) {
    let shop = shop(database);
    let promo = json!({
        "title": {"en": "{value} off {target}", "ru": "{target}: скидка {value}"}, "badge": "New",
        "terms": "While stocks last", "channels": ["app"],
    });
    let filters = json!({
        "audience": "feb", "period": {"start": "2025-01-01", "end": "2098-12-31"}, "weekdays": ["sat", "sun"],
        "pos": ["store-77"],
    });
    let limits = json!([{"per": "member", "uses": 1}, {"per": "receipt", "money": "200.00"}]);
    shop.run_offer("feb", &coffee(&json!({"filters": filters, "promo": promo, "limits": limits})));
    shop.run_offer(
        "gold",
        &coffee(&json!({"filters": {"audience": "gold", "period": {"start": "2098-01-01"}}})),
    );
    shop.run_offer("mine", &json!({"mechanic": "product", "attribute": "mine"}));
    shop.run_offer("others", &coffee(&json!({"filters": {"audience": {"exclude": "feb"}}})));
    shop.run_offer("spring", &coffee(&json!({})));
    shop.put("/v1/coupon-pools/spring", r#"{"offer":"spring"}"#).accepted();
    let headers = [("Content-Type", "application/json")];
    let generate = r#"{"generate":2,"length":10}"#;
    let codes = ("POST", "/v1/coupon-pools/spring/codes");
    shop.call(codes, "integration", &headers, generate).accepted();
    let issue = ("POST", "/v1/coupon-pools/spring/issue");
    let issued = shop.call(issue, "integration", &headers, r#"{"member_id":"m-1"}"#).accepted();
    shop.run_offer("vip", &coffee(&json!({"filters": {"audience": "vip"}})));

    assert_eq!(offers(&shop, M_1), ["feb", "gold", "mine", "spring"]);
    assert_eq!(offers(&shop, M_2), ["others"]);
    shows_what_an_offer_is(&shop, &issued["code"]);
    filters_and_pages_make_parts_of_the_list(&shop);

    // What other purchases have taken is used.
    assert_eq!(price(&shop, "p-1", &[]).0, "104.97");
    shop.post(&path("p-1", "confirm"), "c-1", "").accepted();
    let uses = |shop: &Shop| items(shop, M_1)[0]["limits"][0]["uses"].clone();
    assert_eq!(uses(&shop), json!({"most": 1, "used": 1, "left": 0}));
    let code = issued["code"].as_str().expect("a code");
    assert_eq!(price(&shop, "p-2", &[code]).0, "104.97");
    let left = |shop: &Shop| items(shop, &format!("{M_1}?limit=4"))[3]["coupons"][0]["left"].clone();
    assert_eq!(left(&shop), 0, "the open purchase holds it");
    shop.post(&path("p-2", "confirm"), "c-2", "").accepted();
    assert_eq!(offers(&shop, M_1), ["feb", "gold", "mine"], "the code is used");

    // In a control group nobody is shown anything, and a blocked member is nobody.
    let group = json!({"percent": "50", "salt": "s"});
    let offer = coffee(&json!({"filters": {"audience": {"exclude": "feb"}}, "control_group": group}));
    shop.run_offer("others", &offer);
    let rows: Vec<String> = (0..20).map(|number| json!({"id": format!("c-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let shown =
        (0..20).filter(|number| !offers(&shop, &format!("/v1/members/c-{number}/offers")).is_empty()).count();
    assert!((1..20).contains(&shown), "{shown}");
    shop.put("/v1/members/m-1/state", r#"{"state":"blocked"}"#).accepted();
    assert_eq!(offers(&shop, M_1), Vec::<String>::new());
}

fn shows_what_an_offer_is(shop: &Shop, code: &Value) {
    let shown = items(shop, M_1);
    let feb = &shown[0];
    for (name, value) in [
        ("by", json!(["audience"])),
        ("kind", json!("product")),
        ("title", json!("feb")),
        ("target", json!("G1")),
        ("value", json!("15")),
        ("reward", json!("discount")),
        ("start", json!("2025-01-01T00:00:00+03:00")),
        ("end", json!("2099-01-01T00:00:00+03:00")),
        ("accepted", json!(false)),
        ("require_accept", json!(false)),
        ("picture", json!(PICTURE)),
        (
            "limits",
            json!([
                {"per": "member", "period": "ever", "uses": {"most": 1, "used": 0, "left": 1}},
                {"per": "receipt", "period": "ever", "money": {"most": "200.00", "used": null, "left": null}},
            ]),
        ),
        (
            "promo",
            json!({
                "title": "15 % off Coffee", "text": null, "terms": "While stocks last", "badge": "New", "picture": null,
            }),
        ),
    ] {
        assert_eq!(feb[name], value, "{name}: {feb}");
    }
    let words = |item: &Value| -> Vec<String> {
        let conditions = item["conditions"].as_array().expect("conditions").iter();
        conditions.map(|condition| condition["text"].as_str().expect("text").to_owned()).collect()
    };
    // Names of audiences are the retailer's own.
    assert_eq!(
        words(feb),
        [
            "on Saturday and Sunday",
            "at store-77",
            "at most 1 use per member",
            "at most 200.00 off per receipt"
        ]
    );
    assert_eq!(feb["rewards"][0]["value_text"], "15 %");
    assert_eq!(feb["rewards"][0]["conditions"], json!(["on at most 2 units"]));
    assert_eq!((&shown[1]["by"], &shown[1]["promo"]), (&json!(["audience"]), &Value::Null));
    assert_eq!((&shown[2]["by"], &shown[2]["picture"]), (&json!(["attribute"]), &json!(STAND_IN)));
    assert_eq!((&shown[2]["attribute"], &shown[2]["target"]), (&json!("mine"), &json!("G2")));
    assert_eq!(shown[3]["by"], json!(["coupon"]));
    assert_eq!(shown[3]["coupons"], json!([{"code": code, "left": 1, "expires_at": null}]));
    assert_eq!(words(&shown[3]), ["with a coupon"]);

    let russian = &items(shop, &format!("{M_1}?locale=ru-RU"))[0];
    assert_eq!(russian["promo"]["title"], "Coffee: скидка 15 %");
    assert_eq!(
        words(russian),
        [
            "дни недели: суббота и воскресенье",
            "где: store-77",
            "не более 1 раза на участника за всё время",
            "не более 200.00 скидки на чек",
        ]
    );
    assert_eq!(russian["rewards"][0]["conditions"], json!(["не более чем на 2 шт."]));
    let elsewhere = &items(shop, &format!("{M_1}?time_zone=Asia/Tokyo"))[0];
    assert_eq!(elsewhere["start"], "2025-01-01T00:00:00+09:00");
}

fn filters_and_pages_make_parts_of_the_list(shop: &Shop) {
    for (query, expected) in [
        ("pos=store-77", &["feb", "gold", "mine", "spring"][..]),
        ("pos=store-77/till-3", &["feb", "gold", "mine", "spring"]),
        ("pos=store-78", &["gold", "mine", "spring"]),
        ("channel=app", &["feb", "gold", "mine", "spring"]),
        ("channel=site", &["gold", "mine", "spring"]),
        ("active_at=2026-06-06T10:00:00+03:00", &["feb", "mine", "spring"]),
        ("active_at=2026-06-01T10:00:00+03:00", &["mine", "spring"]),
        ("active_at=2098-06-02T02:00:00%2B03:00", &["gold", "mine", "spring"]),
        ("active_at=2098-06-02T02:00:00%2B09:00", &["feb", "gold", "mine", "spring"]),
        ("active_at=2099-06-06T10:00:00Z", &["gold", "mine", "spring"]),
    ] {
        assert_eq!(offers(shop, &format!("{M_1}?{query}")), expected, "{query}");
    }
    let (mut pages, mut next) = (Vec::new(), String::new());
    loop {
        let page = list(shop, &format!("{M_1}?limit=3{next}")).accepted();
        pages.extend(page["items"].as_array().expect("items").clone());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(pages, items(shop, M_1));
    for query in [
        "pos=store-7",
        "active_at=tomorrow",
        "time_zone=Mars",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "sort=offer",
    ] {
        let refused = list(shop, &format!("{M_1}?{query}"));
        assert_eq!(refused.status, 400, "{query}: {}", refused.text);
    }
}

fn offers_for_everybody_need_no_member(database: Database) {
    let shop = shop(database);
    let limits = json!([{"per": "total", "money": "500.00"}, {"per": "member", "uses": 1}]);
    shop.run_offer(
        "all",
        &coffee(&json!({"limits": limits, "control_group": {"percent": "50", "salt": "s"}})),
    );
    shop.run_offer("code", &coffee(&json!({"filters": {"coupon": "SECRET"}})));
    shop.run_offer("feb", &coffee(&json!({"filters": {"audience": "feb"}})));
    shop.run_offer("hidden", &coffee(&json!({"promo": {"channels": []}})));
    let tiers = json!({"items": [{"from": "1000", "value": "5"}, {"from": "3000", "value": "10"}]});
    shop.run_offer("tiers", &json!({"mechanic": "threshold", "params": tiers}));
    let address = "/v1/offers/public";
    assert_eq!(offers(&shop, address), ["all", "code", "tiers"]);
    let shown = items(&shop, address);
    assert_eq!(shown[0]["limits"][0]["money"], json!({"most": "500.00", "used": "0.00", "left": "500.00"}));
    assert_eq!(shown[0]["limits"][1]["uses"], json!({"most": 1, "used": null, "left": null}));
    assert_eq!(shown[0]["by"], json!([]));
    assert!(!shown[1].to_string().contains("SECRET"), "{}", shown[1]);
    assert_eq!((&shown[2]["value"], &shown[2]["rewards"][1]["value"]), (&Value::Null, &json!("10")));
    assert_eq!(shown[2]["rewards"][1]["conditions"], json!(["from a sum of 3000.00"]));
    assert_eq!(shown[2]["picture"], STAND_IN);

    // A till may read it, and a member: half of all are in the control group of the first offer.
    let till = shop.get(address).accepted();
    assert_eq!(till["items"].as_array().map(Vec::len), Some(3));
    let token = |member: &str| {
        let made = list_token(&shop, member).accepted();
        made["token"].as_str().expect("a token").to_owned()
    };
    let mut seen = Vec::new();
    let rows: Vec<String> = (0..20).map(|number| json!({"id": format!("c-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    for number in 0..20 {
        let items = shop.with_key(&token(&format!("c-{number}")), ("GET", address), "").accepted();
        seen.push(items["items"].as_array().expect("items").len());
    }
    assert!(seen.contains(&2) && seen.contains(&3), "{seen:?}");

    let refused = shop.put(address, &coffee(&json!({"title": "public"})).to_string());
    assert_eq!(refused.refused(), (422, "offer_refused".to_owned()));
}

fn list_token(shop: &Shop, member: &str) -> Answer {
    shop.as_integration("POST", &format!("/v1/members/{member}/tokens"), "")
}

fn an_offer_pays_once_it_is_accepted(database: Database) {
    let shop = shop(database);
    let offer = coffee(&json!({"require_accept": true, "filters": {"audience": "feb"}}));
    shop.run_offer("feb", &offer);
    assert_eq!(price(&shop, "p-1", &[]), ("0.00".to_owned(), vec!["not_accepted".to_owned()]));
    let shown = &items(&shop, M_1)[0];
    assert_eq!((&shown["by"], &shown["accepted"]), (&json!(["audience", "acceptance"]), &json!(false)));
    let id = shown["item_id"].as_str().expect("an id").to_owned();
    let answer = |answer: &str| shop.as_integration("POST", &format!("{M_1}/{id}/{answer}"), "");

    let accepted = answer("accept").accepted();
    assert_eq!((&accepted["accepted"], &accepted["declined"]), (&json!(true), &json!(false)));
    assert_eq!(accepted["limits"], json!([]), "as in the list");
    // Also in the middle of a sale.
    assert_eq!(price(&shop, "p-1", &[]).0, "104.97");
    shop.post(&path("p-1", "confirm"), "c-1", "").accepted();
    assert_eq!(answer("accept").accepted()["accepted"], true, "the same again");
    assert_eq!(answer("decline").accepted()["declined"], true);
    assert_eq!(price(&shop, "p-2", &[]).1, ["not_accepted"]);
    let replayed = shop.as_integration("POST", &path("p-1", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "it was accepted then: {replayed}");

    let feed = list(&shop, "/v1/results/export").text;
    let feed: Vec<Value> = feed.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    let told: Vec<&Value> = feed.iter().filter(|row| row["item_id"] == json!(id)).collect();
    assert_eq!(
        told.iter().map(|row| &row["event"]).collect::<Vec<_>>(),
        ["accepted", "declined"],
        "each once"
    );
    assert_eq!((&told[0]["item"], &told[0]["attribute"]), (&offer["params"], &Value::Null));

    // Another title is the same offer, other parameters are not.
    answer("accept").accepted();
    let mut edited = offer.clone();
    edited["promo"] = json!({"title": "Coffee for less"});
    shop.run_offer("feb", &edited);
    assert_eq!(price(&shop, "p-3", &[]).0, "104.97");
    assert_eq!(items(&shop, M_1)[0]["offer_version"], 2, "an edit of the content is a version, too");
    edited["params"]["items"][0]["value"] = json!("10");
    shop.run_offer("feb", &edited);
    assert_eq!(price(&shop, "p-4", &[]).1, ["not_accepted"]);

    // One that need not be accepted can be declined, and is for the member until it is accepted again.
    shop.run_offer("feb", &coffee(&json!({"filters": {"audience": "feb"}})));
    assert_eq!(price(&shop, "p-5", &[]).0, "104.97", "its parameters are the accepted ones");
    answer("decline").accepted();
    assert_eq!(price(&shop, "p-6", &[]).1, ["not_accepted"]);
    shop.run_offer("feb", &coffee(&json!({})));
    assert_eq!(offers(&shop, M_1), ["feb"], "it can be accepted again");
    answer("accept").accepted();
    assert_eq!(price(&shop, "p-7", &[]).0, "104.97");
}
