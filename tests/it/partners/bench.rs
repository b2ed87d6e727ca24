//! `offer-host mechanic bench`.

use serde_json::{Value, json};
use tests::guests::guest;

use super::{Desk, for_gold, product};

#[test]
fn files_are_measured_beside_the_mechanics_of_the_host() {
    let desk = Desk::new();
    desk.put("product.wasm", product());
    desk.put("hostile.wasm", guest("hostile").unwrap());
    desk.put("gold.wasm", for_gold("1.0.0").0);
    let said = desk.mechanic(&["bench", "product.wasm", "hostile.wasm", "gold.wasm", "--json"]);
    said.says(0, &[]);
    let document = said.json();
    let mechanics = document["mechanics"].as_array().unwrap();
    assert_eq!(mechanics.len(), bundle::builtins().len() + 3);
    for mechanic in mechanics {
        let calls = mechanic["calls"].as_array().unwrap();
        let sizes: Vec<&str> = calls.iter().map(|call| call["receipt"].as_str().unwrap()).collect();
        assert_eq!(sizes, ["1", "10", "50", "100", "1000"]);
        let fuel: Vec<u64> = calls.iter().map(|call| call["fuel"].as_u64().unwrap()).collect();
        assert!(fuel.is_sorted() && fuel[0] > 0, "{mechanic}");
        assert!(
            calls.iter().all(|call| call["cpu_p50_ns"].as_u64() <= call["cpu_p99_ns"].as_u64()),
            "{mechanic}"
        );
        let is_reached = calls.iter().skip(1).all(|call| call["proposing"].as_u64() > Some(0));
        match mechanic["origin"].as_str() {
            Some("gold.wasm") => assert!(!is_reached, "nothing says what it asks for: {mechanic}"),
            Some("product.wasm" | "hostile.wasm") => assert!(is_reached, "{mechanic}"),
            _ => {}
        }
    }
    let fuel = |origin: &str| -> Vec<Value> {
        let of = |row: &&Value| row["name"] == "product" && row["origin"] == origin;
        let calls = mechanics.iter().find(of).unwrap()["calls"].as_array().unwrap();
        calls.iter().map(|call| json!([call["fuel"], call["fuel_ratio_hundredths"]])).collect()
    };
    assert_eq!(fuel("product.wasm"), fuel("built in"), "the same file");
    assert!(fuel("built in").iter().all(|call| call[1] == 100));
}

#[test]
fn cases_are_measured_too_and_a_table_is_for_people() {
    let desk = Desk::new();
    desk.put("hostile.wasm", guest("hostile").unwrap());
    let case = |misbehave: u32| {
        json!({
            "title": format!("hostile {misbehave}"), "currency": {"code": "RUB", "exponent": 2},
            "catalog": {"products": [{"id": 1, "goods_code": "G1", "name": "Coffee"}]},
            "offers": [{"external_id": "h", "params": {"misbehave": misbehave, "items": [{"target": "G1", "value": "10"}]}}],
            "receipts": [
                {"title": "one", "lines": [["G1", "1", "100.00"]]},
                {"title": "two", "lines": [["G1", "2", "100.00", "200.00"]]},
            ],
        })
    };
    desk.put("good.json", case(0).to_string());
    desk.put("bad.json", case(2).to_string());
    let good = desk.mechanic(&["bench", "hostile.wasm", "--cases", "good.json"]);
    good.says(
        0,
        &["hostile 0: one, discount", "hostile 0: two, discount", "× fuel", "times are of this machine"],
    );
    let (rule, case) = for_gold("1.0.0");
    desk.put("gold.wasm", rule);
    desk.put("gold.json", case.to_string());
    let said = desk.mechanic(&["bench", "gold.wasm", "--cases", "gold.json"]);
    said.says(
        0,
        &[
            "  1000: 1 proposing\n",
            "10 % for gold: gold, discount: 1 proposing\n",
            "10 % for gold: iron, discount: 0 proposing, 1 declined\n",
        ],
    );
    desk.mechanic(&["bench", "hostile.wasm", "--cases", "bad.json"])
        .says(1, &["FAILED out_of_fuel: used up its"]);
}
