//! Groups that stay as they were.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::workspace;

use super::{get, paid, places, post};
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(a_frozen_group_keeps_its_members);

const IMPORTS: &str = "/v1/catalog/imports";

/// Takes coffee out of its category, or puts it back.
fn move_coffee(shop: &Shop, category: &str) {
    let coffee =
        json!({"type": "product", "id": 1, "goods_code": "G1", "name": "Coffee", "category": category});
    shop.import(IMPORTS, &coffee.to_string()).accepted();
}

fn group(id: &str, frozen: Option<Value>) -> String {
    let mut group = json!({"type": "group", "id": id, "include": {"categories": ["COFFEE"]}});
    if let Some(frozen) = frozen {
        group["frozen"] = frozen;
    }
    group.to_string()
}

fn run_offer_on(shop: &Shop, group: &str) {
    let items = json!([{"target": group, "method": "percent", "value": "10"}]);
    let offer = json!({
        "mechanic": "group", "params": {"items": items}, "stacking": {"mode": "cumulative"},
    });
    shop.run_offer(group, &offer);
}

/// Times are whole seconds: what happens at one of them must be over before the next thing starts.
fn a_moment() -> String {
    thread::sleep(Duration::from_millis(1_100));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    thread::sleep(Duration::from_millis(1_100));
    now
}

fn a_frozen_group_keeps_its_members(database: Database) {
    let shop = Shop::open(database);
    let with_coffee = a_moment();
    let rows = [group("live", None), group("now", Some(json!(true)))].join("\n");
    shop.import(IMPORTS, &rows).accepted();
    move_coffee(&shop, "MILK");
    shop.import(IMPORTS, &group("then", Some(json!({"at": with_coffee})))).accepted();
    shop.import(IMPORTS, &group("late", Some(json!(true)))).accepted();
    for group in ["live", "now", "then", "late"] {
        run_offer_on(&shop, group);
    }
    let pays = |group: &str| paid(&shop, group).is_some();
    assert_eq!(["live", "now", "then", "late"].map(pays), [false, true, true, false]);
    move_coffee(&shop, "COFFEE");
    assert_eq!(["live", "now", "then", "late"].map(pays), [true, true, true, false]);
    let plan = get(&shop, "/v1/plan");
    shop.kill();
    shop.start();
    assert_eq!(get(&shop, "/v1/plan"), plan, "what is stored is what was live");
    // The same wish again finds the same goods.
    shop.import(IMPORTS, &group("then", Some(json!({"at": with_coffee})))).accepted();
    assert_eq!(get(&shop, "/v1/plan")["plan"], plan["plan"]);
    // Members that are brought along are taken as they are.
    let brought = json!({"at": "2020-01-01", "products": ["G4"]});
    shop.import(IMPORTS, &group("now", Some(brought))).accepted();
    assert_eq!(["live", "now", "then", "late"].map(pays), [true, false, true, false]);
    post(&shop, "/v1/offers/now/stop").accepted();
}

#[test]
fn a_group_cannot_be_frozen_at_any_time() {
    let shop = Shop::open(Database::Sqlite);
    let plan = get(&shop, "/v1/plan");
    for (frozen, problem) in [
        (json!({"at": "2020-01-01"}), "/0/frozen/at no_catalog_then"),
        (json!({"at": "2999-01-01"}), "/0/frozen/at out_of_range"),
        (json!({"at": "2999-01-01T00:00:00+03:00"}), "/0/frozen/at out_of_range"),
        (json!({"at": "yesterday"}), "/0/frozen/at not_a_time"),
        (json!({}), "/0/frozen frozen_without_products"),
        (json!("2020-01-01"), "/0/frozen wrong_type"),
    ] {
        let refused = shop.import(IMPORTS, &group("g", Some(frozen.clone())));
        assert_eq!(refused.refused(), (422, "import_refused".to_owned()), "{frozen}");
        assert_eq!(places(&refused.json(), "errors"), [problem], "{frozen}");
    }
    assert_eq!(get(&shop, "/v1/plan"), plan);
}

#[test]
fn a_plan_file_names_the_members_of_a_frozen_group() {
    let plan = |frozen: Value| {
        json!({
            "currency": {"code": "EUR", "exponent": 2},
            "catalog": {
                "categories": [{"id": 1, "code": "A"}],
                "products": [{"goods_code": "G1", "category": "A"}, {"goods_code": "G2"}],
                "groups": [{"id": "g", "include": {"categories": ["A"]}, "frozen": frozen}],
            },
            "offers": [{"external_id": "o", "mechanic": "group",
                        "params": {"items": [{"target": "g", "value": "10"}]}}],
        })
    };
    let line = |position: u32, goods: &str| json!({"position": position, "goods_id": goods, "quantity": "1", "price": "10.00", "amount": "10.00"});
    let receipt = json!({
        "purchase_id": "p", "at": "2026-01-01T10:00:00+00:00", "lines": [line(1, "G1"), line(2, "G2")],
    });
    let folder = tempfile::tempdir().expect("a folder");
    let calculate = |frozen: Value| {
        let (plan_file, receipt_file) = (folder.path().join("plan.json"), folder.path().join("receipt.json"));
        std::fs::write(&plan_file, plan(frozen).to_string()).expect("the plan is written");
        std::fs::write(&receipt_file, receipt.to_string()).expect("the receipt is written");
        let output = std::process::Command::new(workspace::offer_host().expect("the binary"))
            .args(["calculate".as_ref(), "--plan".as_ref(), plan_file.as_os_str(), receipt_file.as_os_str()])
            .output()
            .expect("the command runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let discounts = |text: &str| -> Vec<Value> {
        let answer: Value = serde_json::from_str(text).expect("an answer");
        answer["lines"].as_array().expect("lines").iter().map(|line| line["discount"].clone()).collect()
    };
    for (frozen, expected) in
        [(json!({"at": "2025-01-01", "products": ["G2"]}), ["0.00", "1.00"]), (json!(true), ["1.00", "0.00"])]
    {
        let (_, answer, errors) = calculate(frozen);
        assert_eq!(discounts(&answer), expected, "{errors}");
    }
    let (done, _, errors) = calculate(json!({"at": "2025-01-01"}));
    assert!(!done && errors.contains("frozen_without_products"), "{errors}");
}
