//! How codes come into a pool: by a file, or by an order to generate them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{POOL, add, csv, shop, states};
use crate::shop::{Database, Shop};
use crate::waiting::wait_for;

/// 200,000 codes by file, one of them bad, and 100,000 generated ones.
#[test]
fn many_codes_come_by_file_and_by_order() {
    const UPLOADED: usize = 200_000;
    const GENERATED: usize = 100_000;
    let shop = shop(Database::Sqlite, &[("IMPORTS__WAIT_SECONDS", "0")]);
    let mut rows = String::from("code\n");
    for number in 0..UPLOADED {
        let row = if number == 123_456 { " ".to_owned() } else { format!("U-{number:06}") };
        rows.push_str(&row);
        rows.push('\n');
    }
    let codes = format!("{POOL}/codes");
    let begun = csv(&shop, &codes, &[], &rows);
    assert_eq!(begun.status, 202, "{}", begun.text);
    let done = wait(&shop, &begun.json());
    let counts = ["rows_total", "applied", "unchanged", "refused"].map(|name| done[name].as_u64());
    let all = u64::try_from(UPLOADED).ok();
    assert_eq!(counts, [all, all.map(|all| all - 1), Some(0), Some(1)], "{done}");
    assert_eq!((&done["errors"][0]["row"], &done["errors"][0]["line"]), (&json!(123_457), &json!(123_458)));

    let body = json!({"generate": GENERATED, "length": 10}).to_string();
    let begun = shop.call(("POST", &codes), "integration", &[("Content-Type", "application/json")], &body);
    let done = wait(&shop, &begun.json());
    assert_eq!(done["applied"], json!(GENERATED), "{done}");
    assert_eq!(states(&shop)["created"], json!(UPLOADED - 1 + GENERATED));
    let list = shop.as_integration("GET", &format!("{codes}?format=csv"), "").text;
    let codes: BTreeSet<&str> = list.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    assert_eq!(codes.len(), UPLOADED - 1 + GENERATED, "each is there once");
    let generated: Vec<&&str> = codes.iter().filter(|code| !code.starts_with("U-")).collect();
    assert_eq!(generated.len(), GENERATED);
    let readable =
        |code: &&&str| code.len() == 10 && !code.contains(['0', 'O', '1', 'I', 'L', '5', 'S', '8', 'B']);
    assert!(generated.iter().all(readable));
}

fn wait(shop: &Shop, begun: &Value) -> Value {
    let path = format!("/v1/coupon-imports/{}", begun["id"].as_str().expect("an id"));
    wait_for(&path, || {
        Some(shop.as_integration("GET", &path, "").accepted()).filter(|import| import["state"] == "done")
    })
}

#[test]
fn what_is_wrong_with_a_row_is_said() {
    let shop = shop(Database::Sqlite, &[]);
    let coupon = json!({"mechanic": "product", "filters": {"coupon": "PUBLIC"},
                        "params": {"items": [{"target": "G1", "value": "1"}]}});
    shop.run_offer("print", &coupon);
    shop.put("/v1/coupon-pools/other", r#"{"offer":"print"}"#).accepted();
    csv(&shop, "/v1/coupon-pools/other/codes", &[], "code\nTHEIRS\n").accepted();
    let long = "x".repeat(65);
    let import = add(&shop, &format!("good,\n{long},\npublic,\ntheirs,\nnew,nobody\nGOOD,"));
    let errors = import["errors"].as_array().expect("a list").iter();
    let found: Vec<_> = errors.map(|error| (error["pointer"].as_str(), error["code"].as_str())).collect();
    assert_eq!(
        found,
        [
            (Some("/1/code"), Some("too_long")),
            (Some("/2/code"), Some("duplicate_code")),
            (Some("/3/code"), Some("duplicate_code")),
            (Some("/4/member_id"), Some("unknown_member")),
        ]
    );
    let counts = ["applied", "unchanged", "refused"].map(|name| import[name].as_i64());
    assert_eq!(counts, [Some(1), Some(1), Some(4)], "{import}");
    let checked = csv(&shop, &format!("{POOL}/codes?mode=validate"), &[], "code\nfresh\n").accepted();
    assert_eq!((&checked["mode"], checked["applied"].as_i64()), (&json!("validate"), Some(0)));
    for (path, body, refusal) in [
        ("/v1/coupon-pools/nosuch/codes", "code\nA\n", (404, "unknown_coupon_pool")),
        (&format!("{POOL}/codes"), "coupon\nA\n", (422, "import_refused")),
    ] {
        let (status, code) = csv(&shop, path, &[], body).refused();
        assert_eq!((status, code.as_str()), refusal);
    }
    let unknown = shop.as_integration("GET", "/v1/coupons/nosuch", "");
    assert_eq!(unknown.refused(), (404, "unknown_coupon".to_owned()));
    let early = shop.put("/v1/coupon-pools/early", r#"{"offer":"not-yet"}"#).accepted();
    assert_eq!(early["warnings"][0]["code"], "unknown_offer");
}

#[test]
fn a_pool_has_room_for_so_many_codes() {
    let shop = shop(Database::Sqlite, &[("COUPONS__POOL_CODES", "3"), ("COUPONS__POOLS", "1")]);
    add(&shop, "A,\nB,");
    let more = csv(&shop, &format!("{POOL}/codes"), &[], "code\nC\nD\n");
    assert_eq!(more.refused(), (409, "coupon_pool_full".to_owned()));
    let order = [("Content-Type", "application/json")];
    let more = shop.call(("POST", &format!("{POOL}/codes")), "integration", &order, r#"{"generate":2}"#);
    assert_eq!(more.refused(), (409, "coupon_pool_full".to_owned()));
    let second = shop.put("/v1/coupon-pools/second", r#"{"offer":"spring-10"}"#);
    assert_eq!(second.refused(), (409, "too_many_coupon_pools".to_owned()));
}
