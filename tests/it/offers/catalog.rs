//! Imports of the catalogue that are refused, and ids that could mean two things.

use serde_json::json;

use super::{coffee, get, paid, places};
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(bad_rows_leave_what_was_live, warnings_are_told_up_to_a_number);

const IMPORTS: &str = "/v1/catalog/imports";

fn warnings_are_told_up_to_a_number(database: Database) {
    let shop = Shop::open(database);
    let row = |number: usize| {
        json!({"type": "product", "id": 1_000 + number, "goods_code": format!("W{number}"), "colour": "red"})
            .to_string()
    };
    let rows: Vec<String> = (0..300).map(row).collect();
    let imported = shop.import(IMPORTS, &rows.join("\n")).accepted();
    for warnings in [&imported["warnings"], &get(&shop, "/v1/plan")["warnings"]] {
        let warnings = warnings.as_array().expect("warnings");
        assert_eq!(warnings.len(), 101, "{warnings:?}");
        assert_eq!(warnings[100]["detail"], "200 more warnings are not told");
    }
    // Another import of a few rows reads the stored ones once, and says the same of them.
    shop.import(IMPORTS, &row(300)).accepted();
    assert_eq!(get(&shop, "/v1/plan")["warnings"][100]["detail"], "201 more warnings are not told");
}

fn bad_rows_leave_what_was_live(database: Database) {
    let shop = Shop::open(database);
    let (plan, before) = (get(&shop, "/v1/plan"), paid(&shop, "coffee-15"));
    let good = r#"{"type":"product","id":90,"goods_code":"G90","name":"Tea","category":"COFFEE"}"#;
    for (what, rows, status, problem) in [
        (
            "a cycle",
            vec![
                r#"{"type":"category","id":1,"code":"DRINKS","parent":"COFFEE"}"#,
                r#"{"type":"category","id":2,"code":"COFFEE","parent":"DRINKS"}"#,
            ],
            422,
            "/2 category_cycle",
        ),
        (
            "a missing category",
            vec![r#"{"type":"product","goods_code":"G91","category":"NOWHERE"}"#],
            422,
            "/1/category unknown_category",
        ),
        (
            "a parent that is missing",
            vec![r#"{"type":"category","code":"TEA","parent":"NOWHERE"}"#],
            422,
            "/1/parent unknown_category",
        ),
        (
            "the same goods twice",
            vec![r#"{"type":"product","goods_code":"G91"}"#, r#"{"type":"product","goods_code":"G91"}"#],
            422,
            "/2 duplicate_id",
        ),
        (
            "an internal id twice",
            vec![r#"{"type":"product","id":90,"goods_code":"G91"}"#],
            422,
            "/1/id duplicate_id",
        ),
        (
            "an internal id of stored goods",
            vec![r#"{"type":"product","id":1,"goods_code":"A1"}"#],
            422,
            " duplicate_id",
        ),
        (
            "no class",
            vec![r#"{"type":"product","goods_code":"G91","class":"x"}"#],
            422,
            "/1/class unknown_class",
        ),
        ("no type", vec![r#"{"type":"thing","id":1}"#], 422, "/1/type unknown_type"),
        ("no JSON", vec!["{"], 400, "/1 not_json"),
    ] {
        let rows: Vec<&str> = [good].into_iter().chain(rows).collect();
        let refused = shop.import(IMPORTS, &rows.join("\n"));
        assert_eq!(refused.status, status, "{what}: {}", refused.text);
        assert_eq!(places(&refused.json(), "errors"), [problem], "{what}: {}", refused.text);
        assert_eq!(get(&shop, "/v1/plan"), plan, "{what}");
        assert_eq!(paid(&shop, "coffee-15"), before, "{what}");
    }
}

#[test]
fn a_body_is_cut_at_its_limit_and_into_lines() {
    let mut shop = Shop::open(Database::Sqlite);
    let rows: Vec<String> = (0..300)
        .map(|number| json!({"type": "product", "goods_code": format!("N{number}")}).to_string())
        .collect();
    for body in [rows.join("\n"), rows.join("\r\n\r\n"), format!("\n{}\n\n", rows.join("\n"))] {
        assert_eq!(shop.import(IMPORTS, &body).accepted()["counts"], json!({"product": 300}));
    }
    shop.kill();
    shop.set("LIMITS__IMPORT_BYTES", "5000");
    shop.start();
    assert_eq!(shop.import(IMPORTS, &rows.join("\n")).refused(), (413, "body_too_large".to_owned()));
    let few: Vec<&str> = rows.iter().take(100).map(String::as_str).collect();
    shop.import(IMPORTS, &few.join("\n")).accepted();
}

#[test]
fn an_id_that_could_mean_two_products_is_a_warning() {
    let shop = Shop::open(Database::Sqlite);
    // Goods code 2 is tea; internal id 2 is cheese.
    let tea = r#"{"type":"product","id":70,"goods_code":"2","name":"Tea","category":"COFFEE"}"#;
    shop.import(IMPORTS, tea).accepted();
    let mut offer = coffee("10");
    offer["params"]["items"][0]["target"] = json!("2");
    let put = |offer: &serde_json::Value| {
        let answer = shop.put("/v1/offers/tea", &offer.to_string()).accepted();
        places(&answer, "warnings")
    };
    assert_eq!(put(&offer), ["/params/items/0/target ambiguous_id"]);
    offer["params"]["id_space"] = json!("external");
    assert_eq!(put(&offer), Vec::<String>::new());
    offer["params"]["id_space"] = json!("internal");
    assert_eq!(put(&offer), Vec::<String>::new());
    // One product with the same digits twice is no question.
    shop.import(IMPORTS, r#"{"type":"product","id":2000,"goods_code":"2000"}"#).accepted();
    offer = coffee("10");
    offer["params"]["items"][0]["target"] = json!("2000");
    assert_eq!(put(&offer), Vec::<String>::new());
}
