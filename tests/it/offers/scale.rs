//! A catalogue of many products: imports in one go, and offers that do not feel its size.

use serde_json::json;

use super::{coffee, get, paid};
use crate::shop::{Database, Shop};

const PRODUCTS: usize = 20_000;
const OFFERS: usize = 1_200;

#[test]
fn many_offers_over_many_products_are_one_change() {
    let shop = Shop::open(Database::Sqlite);
    let products: Vec<String> = (0..PRODUCTS)
        .map(|number| {
            json!({"type": "product", "id": 1_000 + number, "goods_code": format!("N{number}"), "name": "Goods",
                   "category": "COFFEE", "attributes": {"brand": format!("b-{}", number % 97)}})
            .to_string()
        })
        .collect();
    let imported = shop.import("/v1/catalog/imports", &products.join("\n")).accepted();
    assert_eq!(imported["counts"], json!({"product": PRODUCTS}));

    let template = json!({
        "mechanic": "product", "stacking": {"mode": "cumulative"},
        "params": {"items": [{"target": "${target}", "method": "percent", "value": "5"}]},
    });
    shop.put("/v1/offer-templates/t", &template.to_string()).accepted();
    let rows: Vec<String> = (0..OFFERS)
        .map(|number| {
            let values = json!({"target": format!("N{number}")});
            json!({"template": "t", "external_id": format!("o-{number}"), "values": values}).to_string()
        })
        .collect();
    let before = get(&shop, "/v1/plan")["revision"].as_i64();
    let imported = shop.import("/v1/offers/imports?run=true", &rows.join("\n")).accepted();
    assert_eq!(imported["counts"]["taken"], OFFERS);
    assert_eq!(imported["revision"].as_i64(), before.map(|before| before + 2), "template and offers");

    shop.run_offer("coffee-15", &coffee("10"));
    assert_eq!(paid(&shop, "coffee-15"), Some(("69.98".to_owned(), 2)));
}
