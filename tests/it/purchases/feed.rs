//! The results feed: what a confirmed purchase and its returns tell, and reading on from where one was.

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Database, Shop, hundredths, path, reference};

on_both_databases!(
    a_purchase_tells_what_came_of_every_offer,
    returns_undo_what_was_told,
    a_reader_goes_on_where_it_was,
);

const EXPORT: &str = "/v1/results/export";

/// A control group of half of all members that `m-1` is in.
fn with_member() -> Value {
    let group = |salt: &String| ControlGroup { percent: Percent(5_000), salt: salt.clone() };
    let salts = (0..100).map(|number| format!("s{number}"));
    let salt = salts.into_iter().find(|salt| group(salt).contains("m-1")).expect("half of them");
    json!({"percent": "50", "salt": salt})
}

fn percent(target: &str, value: &str) -> Value {
    json!({"mechanic": "product", "params": {"items": [{"target": target, "method": "percent", "value": value}]}})
}

fn with(mut offer: Value, name: &str, value: Value) -> Value {
    offer[name] = value;
    offer
}

/// Offers of which each comes to something else on the reference receipt.
fn run_offers(shop: &Shop) {
    shop.put("/v1/attributes/terms", r#"{"type":"json"}"#).accepted();
    let items = json!([{"target": "G2", "method": "percent", "value": "10"}]);
    let terms = json!({"kind": "product", "start": "2025-01-01", "end": "2030-01-01", "require_accept": true,
                       "reward": "discount", "items": items});
    let member = json!({"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "points": "1000.00",
                        "attributes": {"terms": terms}});
    shop.import("/v1/members/imports", &member.to_string()).accepted();
    shop.run_offer("lost", &percent("G1", "5"));
    shop.run_offer("masked", &with(percent("G4", "10"), "control_group", with_member()));
    shop.run_offer("masked-in-vain", &with(percent("V1", "10"), "control_group", with_member()));
    shop.run_offer("coupon", &with(percent("G1", "50"), "filters", json!({"coupon": "SPRING"})));
    shop.put("/v1/audiences/others", "{}").accepted();
    shop.run_offer("elsewhere", &with(percent("G1", "50"), "filters", json!({"audience": "others"})));
    shop.run_offer("personal", &json!({"mechanic": "product", "attribute": "terms"}));
}

fn feed(shop: &Shop, query: &str) -> String {
    let answer = shop.as_integration("GET", &format!("{EXPORT}{query}"), "");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|row| serde_json::from_str(row).expect("a row")).collect()
}

fn buy(shop: &Shop, id: &str) {
    shop.post(&path(id, "calculate"), &format!("{id}-0"), &reference().to_string()).accepted();
    shop.post(&path(id, "confirm"), &format!("{id}-1"), "").accepted();
}

fn give_back(shop: &Shop, id: &str, number: u32, lines: &Value) {
    let key = |step: &str| format!("{id}-{number}-{step}");
    shop.post(&path(id, "returns"), &key("new"), &json!({ "lines": lines }).to_string()).accepted();
    let confirm = path(id, &format!("returns/{id}-r{number}/confirm"));
    shop.post(&confirm, &key("confirm"), "").accepted();
}

fn a_purchase_tells_what_came_of_every_offer(database: Database) {
    let shop = Shop::open(database);
    run_offers(&shop);
    assert_eq!(feed(&shop, ""), "", "nothing has happened yet");
    let calculated = shop.post(&path("p", "calculate"), "c", &reference().to_string()).accepted();
    assert_eq!(feed(&shop, ""), "", "nothing is sold yet");
    for _ in 0..2 {
        shop.post(&path("p", "confirm"), "k", "").accepted();
    }
    let rows = rows(&feed(&shop, ""));
    let names: Vec<_> = rows.iter().map(|row| [row["event"].clone(), row["offer"].clone()]).collect();
    assert_eq!(
        json!(names),
        json!([
            ["receipt", null],
            ["fired", "coffee-15"],
            ["offered", "lost"],
            ["would_have_fired", "masked"],
            ["offered", "masked-in-vain"],
            ["offered", "personal"],
            ["fired", "points-5"],
        ])
    );
    for row in &rows {
        assert_eq!(row["at"], "2025-11-22T07:15:00Z", "the time of the receipt: {row}");
        assert_eq!((&row["member_id"], &row["purchase_id"]), (&json!("m-1"), &json!("p")), "{row}");
    }
    let [receipt, coffee, lost, masked, in_vain, personal, points] = rows.as_slice() else {
        panic!("seven rows")
    };
    assert_eq!(receipt["pos"], "store-77/till-3");
    assert_eq!(receipt["plan"], calculated["plan"]);
    for sum in ["amount", "discount", "points_paid", "payable", "points_earned"] {
        assert_eq!(receipt[sum], calculated["totals"][sum], "{sum}");
    }
    let sold = json!({"position": 1, "goods_id": "G1", "quantity": "2.000", "amount": "699.80", "payable": "594.83"});
    assert_eq!((&receipt["lines"][0], receipt["lines"].as_array().map(Vec::len)), (&sold, Some(4)));
    assert_eq!(
        *coffee,
        json!({
            "cursor": coffee["cursor"], "event": "fired", "at": "2025-11-22T07:15:00Z", "member_id": "m-1",
            "purchase_id": "p", "offer": "coffee-15", "offer_version": 1, "mechanic": "product",
            "mechanic_version": coffee["mechanic_version"], "discount": "104.97", "points": "0.00",
            "lines": [{"position": 1, "goods_id": "G1", "discount": "104.97", "points": "0.00"}],
        })
    );
    assert_eq!(lost["reason"], "lost_to");
    assert_eq!((&lost["discount"], &lost["lines"]), (&json!("0.00"), &json!([])));
    assert_eq!((&masked["discount"], &masked["control_group"]), (&json!("27.00"), &json!(true)));
    assert_eq!(masked["lines"][0]["goods_id"], "G4");
    assert_eq!((&in_vain["reason"], &in_vain["control_group"]), (&json!("no_matching_line"), &json!(true)));
    assert_eq!((&personal["reason"], &personal["attribute"]), (&json!("not_accepted"), &json!("terms")));
    assert_eq!(points["points"], receipt["points_earned"]);
}

fn returns_undo_what_was_told(database: Database) {
    let shop = Shop::open(database);
    buy(&shop, "p");
    let bought = rows(&feed(&shop, ""));
    let last = bought.last().expect("rows")["cursor"].as_str().expect("a cursor").to_owned();
    let everything = json!([
        {"position": 1, "quantity": "1"}, {"position": 2, "quantity": "0.478"},
        {"position": 3, "quantity": "1"}, {"position": 4, "quantity": "3"},
    ]);
    shop.post(&path("p", "returns"), "x", &json!({"lines": everything}).to_string()).accepted();
    shop.post(&path("p", "returns/p-r1/cancel"), "y", "").accepted();
    assert_eq!(feed(&shop, &format!("?since={last}")), "", "a return that is given up tells nothing");
    give_back(&shop, "p", 2, &json!([{"position": 1, "quantity": "1"}]));
    let first = rows(&feed(&shop, &format!("?since={last}")));
    // Half of 104.97, 52.485, is 52.49: the customer gets 297.42 of 594.83 back.
    assert_eq!(
        (&first[0]["event"], &first[0]["payable"], &first[0]["discount"], &first[0]["amount"]),
        (&json!("returned"), &json!("-297.42"), &json!("-52.49"), &json!("-349.91"))
    );
    assert_eq!(
        first[0]["lines"],
        json!([{"position": 1, "goods_id": "G1", "quantity": "-1.000", "amount": "-349.91", "payable": "-297.42"}])
    );
    assert_eq!((&first[1]["offer"], &first[1]["discount"]), (&json!("coffee-15"), &json!("-52.49")));
    give_back(&shop, "p", 3, &everything);

    let back = rows(&feed(&shop, &format!("?since={last}")));
    assert!(back.iter().all(|row| row["event"] == "returned"), "{back:?}");
    let returns: Vec<_> = back.iter().map(|row| row["return_id"].as_str().expect("a return")).collect();
    assert_eq!(returns, ["p-r2", "p-r2", "p-r2", "p-r3", "p-r3", "p-r3"]);
    // What comes back in two parts is what was told, to the cent.
    let sum = |rows: &[Value], event: &str, offer: &Value, field: &str| -> i64 {
        let of = rows.iter().filter(|row| row["event"] == event && row["offer"] == *offer);
        of.map(|row| hundredths(&row[field])).sum()
    };
    for field in ["amount", "discount", "points_paid", "payable", "points_earned"] {
        let both = ["receipt", "returned"].map(|event| {
            let rows = if event == "receipt" { &bought } else { &back };
            sum(rows, event, &Value::Null, field)
        });
        assert_eq!(both[0] + both[1], 0, "{field}: {both:?}");
    }
    for position in 1..=4 {
        let sums = |field: &str| -> i64 {
            let lines = bought.iter().chain(&back).filter(|row| row["offer"] == Value::Null);
            let lines = lines.flat_map(|row| row["lines"].as_array().expect("lines"));
            let lines = lines.filter(|line| line["position"] == position);
            let text = |line: &Value| line[field].as_str().expect("a decimal").replace('.', "");
            lines.map(|line| text(line).parse::<i64>().expect("digits")).sum()
        };
        assert_eq!(["quantity", "amount", "payable"].map(sums), [0; 3], "line {position}: {back:?}");
    }
    for offer in ["coffee-15", "points-5"] {
        for field in ["discount", "points"] {
            let fired = sum(&bought, "fired", &json!(offer), field);
            assert_eq!(fired + sum(&back, "returned", &json!(offer), field), 0, "{offer} {field}");
        }
    }
}

fn a_reader_goes_on_where_it_was(database: Database) {
    let shop = Shop::open(database);
    for number in 0..3 {
        buy(&shop, &format!("p{number}"));
    }
    let all = feed(&shop, "");
    assert_eq!(all.lines().count(), 9, "a receipt and two offers each: {all}");
    let mut rest = all.as_str();
    while let Some((row, after)) = rest.split_once('\n') {
        let row: Value = serde_json::from_str(row).expect("a row");
        let cursor = row["cursor"].as_str().expect("a cursor");
        assert_eq!(feed(&shop, &format!("?since={cursor}")), after, "after {cursor}");
        let one = after.split_inclusive('\n').next().unwrap_or_default();
        assert_eq!(feed(&shop, &format!("?since={cursor}&limit=1")), one);
        rest = after;
    }
    let last = all.lines().last().expect("rows");
    let last = serde_json::from_str::<Value>(last).expect("a row")["cursor"].clone();
    let last = last.as_str().expect("a cursor");
    // A receipt that comes late has a place after all that was read.
    let mut late = reference();
    late["purchase_id"] = json!("late");
    late["at"] = json!("2025-11-21T10:15:00+03:00");
    shop.late(&[late]);
    let later = rows(&feed(&shop, &format!("?since={last}")));
    assert!(later.iter().all(|row| row["purchase_id"] == "late"), "{later:?}");
    assert_eq!(later[0]["event"], "receipt");
    assert_eq!(feed(&shop, "?limit=9"), all, "nor does it move the others");
    // By time it belongs to its own day.
    for time in ["2025-11-22T10:15:00+03:00", "2025-11-22T10:15:00%2B03:00", "2025-11-21T07:15:01Z"] {
        assert_eq!(feed(&shop, &format!("?since={time}")), all, "{time}");
    }
    assert_eq!(feed(&shop, "?since=2025-11-22T07:15:01Z"), "");
    assert_eq!(feed(&shop, "?since=2025-11-21T07:15:00Z"), feed(&shop, ""));

    for query in ["?since=yesterday", "?since=17", "?since=", "?limit=-1", "?limit=many", "?from=1.1"] {
        let refused = shop.as_integration("GET", &format!("{EXPORT}{query}"), "").refused();
        assert_eq!(refused, (400, "malformed_query".to_owned()), "{query}");
    }
    assert_eq!(shop.get(EXPORT).refused().0, 403);
}
