//! Purchases belong to stores: keys of tills that are bound to some.

use serde_json::{Value, json};

use super::client::{Client, bound_key, new_key};
use super::on_both_databases;
use crate::shop::{Database, Shop, reference};

on_both_databases!(
    equal_ids_of_two_stores_never_meet,
    keys_of_one_store_share_its_purchases,
    a_key_of_several_stores_says_which_it_means,
    what_unbound_keys_sold_in_a_store_is_the_stores,
    an_unknown_till_counts_as_its_store,
);

/// The reference receipt at a point of sale.
fn at(pos: &str) -> String {
    let mut receipt = reference();
    receipt["pos"] = json!(pos);
    receipt.to_string()
}

fn coffees(pos: &str, quantity: &str, amount: &str) -> String {
    let mut receipt = reference();
    receipt["pos"] = json!(pos);
    receipt["lines"] =
        json!([{"position": 1, "goods_id": "G1", "quantity": quantity, "price": "100.00", "amount": amount}]);
    receipt.to_string()
}

const BACK: &str = r#"{"lines":[{"position":1,"quantity":"1"}]}"#;

fn equal_ids_of_two_stores_never_meet(database: Database) {
    let shop = Shop::open(database);
    let (client, one, two) =
        (Client::of(&shop), bound_key(&shop, &["store-1"]), bound_key(&shop, &["store-2"]));
    let calculate = "POST /v1/purchases/p-1/calculate";
    client.call(&one, calculate, &coffees("store-1/till-1", "1", "100.00")).accepted();
    client.call(&two, calculate, &coffees("store-2/till-1", "5", "500.00")).accepted();
    client.call(&two, "POST /v1/receipts/offline", &late("p-2", "store-2/till-1")).accepted();

    // Each commits its own sale.
    let confirm = "POST /v1/purchases/p-1/confirm";
    for (key, amount) in [(&one, "100.00"), (&two, "500.00")] {
        assert_eq!(client.call(key, confirm, "").accepted()["totals"]["amount"], amount);
        let stored = client.call(key, "GET /v1/purchases/p-1", "").accepted();
        assert_eq!((&stored["purchase_id"], &stored["state"]), (&json!("p-1"), &json!("confirmed")));
        assert_eq!(stored["result"]["totals"]["amount"], amount, "{stored}");
    }
    // Each returns its own goods, under ids that look the same.
    for key in [&one, &two] {
        let back = client.call(key, "POST /v1/purchases/p-1/returns", BACK).accepted();
        assert_eq!((&back["return_id"], &back["purchase_id"]), (&json!("p-1-r1"), &json!("p-1")));
        let confirmed = client.call(key, "POST /v1/purchases/p-1/returns/p-1-r1/confirm", "").accepted();
        assert_eq!(confirmed["state"], "confirmed");
    }
    // What the other store has is not there.
    for call in [
        "GET /v1/purchases/p-2",
        "POST /v1/purchases/p-2/confirm",
        "POST /v1/purchases/p-2/cancel",
        "POST /v1/purchases/p-2/returns/p-2-r1/confirm",
        "POST /v1/purchases/p-2/returns/p-2-r1/cancel",
    ] {
        assert_eq!(client.call(&one, call, "").refused(), (404, "not_found".to_owned()), "{call}");
    }
    assert_eq!(client.call(&one, "POST /v1/purchases/p-2/returns", BACK).refused().0, 404);
    // Nor is there a way around: ids with control characters are refused.
    assert_eq!(client.call(&one, "GET /v1/purchases/store-2%1Fp-2", "").refused().0, 400);
    shop.verify();
    told_apart_by_the_retailer(&shop, &client);
}

/// The retailer's systems see the purchases of both stores.
fn told_apart_by_the_retailer(shop: &Shop, client: &Client) {
    let integration = shop.integration_key();
    let replay = |place: &str| client.call(integration, &format!("POST /v1/purchases/p-1/replay{place}"), "");
    assert_eq!(replay("").refused(), (409, "purchase_ambiguous".to_owned()));
    for store in ["store-1", "store-2"] {
        let replayed = replay(&format!("?pos={store}")).accepted();
        assert_eq!((&replayed["identical"], &replayed["scope"]), (&json!(true), &json!(store)), "{replayed}");
    }
    assert_eq!(replay("?pos=store-3").refused().0, 404);
    let named = shop.command(&["replay", "p-1", "--pos", "store-2"]);
    assert!(named.status.success(), "{}", String::from_utf8_lossy(&named.stdout));
    let last = shop.command(&["replay", "--last", "5"]);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stdout));

    let feed = client.call(integration, "GET /v1/results/export", "");
    let rows: Vec<Value> = feed.text.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    let receipts = rows.iter().filter(|row| row["purchase_id"] == "p-1" && row["event"] == "receipt");
    let mut scopes: Vec<_> = receipts.map(|row| row["scope"].clone()).collect();
    scopes.sort_by_key(Value::to_string);
    assert_eq!(scopes, [json!("store-1"), json!("store-2")], "{rows:?}");
    let points = client.call(integration, "GET /v1/members/m-1/points", "").accepted();
    let entries = points["entries"].as_array().expect("entries");
    let of = |store: &str| entries.iter().filter(|entry| entry["scope"] == store).count();
    assert!(of("store-1") > 0 && of("store-2") > 0, "{points}");
    assert!(entries.iter().all(|entry| !entry.to_string().contains("\\u001f")), "{points}");
}

fn late(purchase: &str, pos: &str) -> String {
    let mut receipt: Value = serde_json::from_str(&at(pos)).expect("a receipt");
    receipt["purchase_id"] = json!(purchase);
    receipt.to_string()
}

fn keys_of_one_store_share_its_purchases(database: Database) {
    let shop = Shop::open(database);
    let client = Client::of(&shop);
    let (first, second) = (bound_key(&shop, &["store-77"]), bound_key(&shop, &["store-77"]));
    let (till, other_till) = (bound_key(&shop, &["store-77/till-3"]), bound_key(&shop, &["store-77/till-4"]));
    client.call(&first, "POST /v1/purchases/p-1/calculate", &at("store-77/till-3")).accepted();
    client.call(&second, "POST /v1/purchases/p-1/confirm", "").accepted();
    // A till's own key reaches what was sold at that till, by whichever key.
    assert_eq!(client.call(&till, "GET /v1/purchases/p-1", "").accepted()["state"], "confirmed");
    assert_eq!(client.call(&other_till, "GET /v1/purchases/p-1", "").refused().0, 404);
    let again = client.call(&till, "POST /v1/purchases/p-1/calculate", &at("store-77/till-3"));
    assert_eq!(again.refused(), (409, "purchase_confirmed".to_owned()));

    // The store reaches what its tills sold, and tells equal ids of two tills apart.
    client.call(&till, "POST /v1/purchases/p-2/calculate", &at("store-77/till-3")).accepted();
    client.call(&first, "POST /v1/purchases/p-2/confirm", "").accepted();
    client.call(&other_till, "POST /v1/purchases/p-2/calculate", &at("store-77/till-4")).accepted();
    let unclear = client.call(&first, "POST /v1/purchases/p-2/returns", BACK);
    assert_eq!(unclear.refused(), (409, "purchase_ambiguous".to_owned()));
    client.call(&first, "POST /v1/purchases/p-2/returns?pos=store-77/till-3", BACK).accepted();

    // Everything that a bound key names lies within its binding.
    for (call, body) in [
        ("POST /v1/purchases/p-3/calculate", at("store-770/till-3")),
        ("POST /v1/purchases/p-3/calculate", at("nowhere")),
        ("POST /v1/purchases/p-3/calculate", r#"{"lines":[]}"#.to_owned()),
        ("POST /v1/prices", json!({"pos": "store-78/till-1", "products": []}).to_string()),
        ("GET /v1/purchases/p-1?pos=store-78", String::new()),
    ] {
        let refused = client.call(&first, call, &body).refused();
        assert_eq!(refused, (403, "pos_not_allowed".to_owned()), "{call} {body}");
    }
    let row = client.call(&first, "POST /v1/receipts/offline", &late("p-3", "store-78/till-1"));
    assert_eq!(serde_json::from_str::<Value>(&row.text).expect("a row")["code"], "pos_not_allowed");
    let anywhere = json!({"products": [{"goods_id": "G1", "price": "349.90"}]});
    client.call(&first, "POST /v1/prices", &anywhere.to_string()).accepted();
}

fn a_key_of_several_stores_says_which_it_means(database: Database) {
    let shop = Shop::open(database);
    let (client, both) = (Client::of(&shop), bound_key(&shop, &["store-1", "store-2"]));
    for (purchase, pos) in [("p-1", "store-1/till-1"), ("p-1", "store-2/till-1"), ("p-2", "store-2/till-1")] {
        client.call(&both, &format!("POST /v1/purchases/{purchase}/calculate"), &at(pos)).accepted();
    }
    assert_eq!(client.call(&both, "POST /v1/purchases/p-2/confirm", "").accepted()["state"], "confirmed");
    let unclear = client.call(&both, "POST /v1/purchases/p-1/confirm", "");
    assert_eq!(unclear.refused(), (409, "purchase_ambiguous".to_owned()));
    assert!(unclear.text.contains("store-1, store-2") && unclear.text.contains("?pos="), "{}", unclear.text);
    client.call(&both, "POST /v1/purchases/p-1/confirm?pos=store-1/till-1", "").accepted();
    let state = |pos: &str| {
        let stored = client.call(&both, &format!("GET /v1/purchases/p-1?pos={pos}"), "").accepted();
        stored["state"].as_str().expect("a state").to_owned()
    };
    assert_eq!((state("store-1"), state("store-2")), ("confirmed".to_owned(), "calculated".to_owned()));
}

fn what_unbound_keys_sold_in_a_store_is_the_stores(database: Database) {
    let shop = Shop::open(database);
    let (client, store) = (Client::of(&shop), bound_key(&shop, &["store-77"]));
    let (unbound, elsewhere) =
        (new_key(&shop, &["--role", "pos", "--name", "old"]), bound_key(&shop, &["store-78"]));
    client.call(&unbound, "POST /v1/purchases/p-1/calculate", &at("store-77/till-3")).accepted();
    client.call(&unbound, "POST /v1/purchases/p-1/confirm", "").accepted();
    // As of a release that did not keep the point of sale.
    shop.sql("UPDATE purchases SET pos = NULL");
    let stored = client.call(&unbound, "GET /v1/purchases/p-1", "").accepted();
    assert_eq!(stored.get("scope"), None, "as before: {stored}");
    client.call(&store, "POST /v1/purchases/p-1/returns", BACK).accepted();
    assert_eq!(client.call(&elsewhere, "POST /v1/purchases/p-1/returns", BACK).refused().0, 404);

    // The other way there is no way: an unbound key meets no purchase of a store.
    client.call(&store, "POST /v1/purchases/p-2/calculate", &at("store-77/till-3")).accepted();
    assert_eq!(client.call(&unbound, "POST /v1/purchases/p-2/confirm", "").refused().0, 404);
}

fn an_unknown_till_counts_as_its_store(database: Database) {
    let shop = Shop::open(database);
    let (client, store) = (Client::of(&shop), bound_key(&shop, &["store-77"]));
    shop.import("/v1/catalog/imports", r#"{"type":"pos","id":"store-77","time_zone":"Europe/Moscow"}"#)
        .accepted();
    let params = json!({"items": [{"target": "G1", "method": "percent", "value": "15"}]});
    let limits = json!([{"per": "pos", "period": "ever", "uses": "1"}]);
    shop.run_offer("coffee-15", &json!({"mechanic": "product", "params": params, "limits": limits}));
    let sell = |purchase: &str, pos: &str| -> (Vec<Value>, bool) {
        let priced =
            client.call(&store, &format!("POST /v1/purchases/{purchase}/calculate"), &at(pos)).accepted();
        client.call(&store, &format!("POST /v1/purchases/{purchase}/confirm"), "").accepted();
        let codes =
            priced["warnings"].as_array().expect("warnings").iter().map(|warning| warning["code"].clone());
        (codes.collect(), priced["lines"][0]["discount"] != "0.00")
    };
    let unknown = vec![json!("unknown_pos")];
    assert_eq!(sell("p-1", "store-77/till-3"), (vec![], true), "a till with a row counts by itself");
    assert_eq!(sell("p-2", "store-77/nowhere"), (unknown.clone(), true));
    assert_eq!(sell("p-3", "store-77/nowhere-else"), (unknown.clone(), false), "the same store again");
    assert_eq!(sell("p-4", "store-77/a/b"), (unknown, false));
    let replayed = shop.command(&["replay", "--last", "9"]);
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stdout));
}
