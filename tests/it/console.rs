//! The console in a real browser.

use serde_json::{Value, json};
use tests::guests::raw::Raw;

use crate::browser::Browser;
use crate::shop::{Database, Shop};

/// The offer that the page has composed.
fn composed(browser: &Browser) -> Value {
    let text = browser.read("#offer");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The page of a mechanic.
fn page(shop: &Shop, mechanic: &str) -> String {
    console(shop, &format!("/admin/mechanics/{mechanic}"))
}

/// A page of the console, with the key as the password that the browser would ask for.
fn console(shop: &Shop, path: &str) -> String {
    let (scheme, host) =
        shop.address().split_once("//").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a URL");
    format!("{scheme}//anybody:{}@{host}{path}", shop.integration_key())
}

/// The field of a name in one of the items.
fn field(item: usize, name: &str) -> String {
    format!("[data-name=items] > [data-entry]:nth-of-type({item}) [data-name={name}]")
}

#[test]
fn the_form_composes_an_offer_that_the_host_takes() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    shop.stock();
    let browser = Browser::open();
    // What is typical of a mechanic is not folded away.
    for (mechanic, name) in [("threshold", "from"), ("multibuy", "set_units"), ("multibuy", "get")] {
        browser.go_to(&page(&shop, mechanic));
        let shown = format!("[data-name=items] > [data-entry] > label > [data-name={name}]");
        assert_eq!(browser.count(&shown), 1, "{mechanic} {name}");
    }
    browser.go_to(&page(&shop, "product"));
    assert_eq!(composed(&browser)["mechanic"], "product");
    assert_eq!(composed(&browser)["params"], json!({}), "nothing is made up");

    browser.write(&field(1, "target"), "G1");
    browser.write(&field(1, "value"), "15");
    browser.click("[data-name=items] > p > [data-add]");
    browser.write(&field(2, "target"), "G2");
    browser.write(&field(2, "value"), "2.50");
    browser.click("[data-entry]:nth-of-type(2) summary");
    browser.choose(&field(2, "method"), "amount");
    browser.click("[data-name=items] > p > [data-add]");
    browser.write(&field(3, "target"), "a mistake");
    browser.click("[data-entry]:nth-of-type(3) > [data-remove]");
    let offer = composed(&browser);
    let first = json!({"target": "G1", "value": "15"});
    let second = json!({"target": "G2", "value": "2.50", "method": "amount"});
    let same = |found: &Value, expected: &Value| {
        let fields = expected.as_object().expect("an object");
        fields.iter().all(|(name, value)| found[name] == *value)
    };
    let items = offer["params"]["items"].as_array().expect("items");
    assert!(items.len() == 2 && same(&items[0], &first) && same(&items[1], &second), "{offer}");
    shop.put("/v1/offers/composed", &offer.to_string()).accepted();
    assert!(browser.read("#curl").contains("/v1/offers/product-1"));
}

#[test]
fn the_console_shows_the_warnings_of_the_live_plan() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let row = r#"{"type":"product","id":1,"goods_code":"G1","colour":"<b>red</b>"}"#;
    shop.import("/v1/catalog/imports", row).accepted();
    let plan = shop.as_integration("GET", "/v1/plan", "").accepted();
    let warning = plan["warnings"][0]["detail"].as_str().expect("a warning").to_owned();
    let browser = Browser::open();
    browser.go_to(&console(&shop, "/admin"));
    assert!(browser.read(".warnings").contains(&warning), "{warning}: {}", browser.read(".warnings"));
}

#[test]
fn a_partners_schema_becomes_a_form() {
    let schema = r##"{"title": "Brand days", "description": "Rewards brands on some days", "type": "object",
        "$defs": {"day": {"enum": ["mon", "tue"], "title": "Day"}},
        "required": ["brands", "reward"],
        "properties": {
            "brands": {"type": "array", "items": {"type": "string"}, "title": "Brands that pay"},
            "days": {"type": "array", "items": {"$ref": "#/$defs/day"}},
            "reward": {"const": "discount"},
            "budget": {"type": "object", "properties": {"total": {"type": "integer", "minimum": 1, "default": 5}}},
            "strict": {"type": "boolean"},
            "label": {"type": "string", "title": "<script>throw 1</script>", "default": "\"quoted\""}
        }}"##;
    let shop = Shop::empty(Database::Sqlite, &[]);
    let component = Raw { schema, ..Raw::declining("", "", 1) }.build().expect("a component");
    shop.upload("raw", component).accepted();
    let browser = Browser::open();
    browser.go_to(&page(&shop, "raw"));
    assert_eq!(browser.read("h1"), "Brand days");
    browser.write("[data-name=brands] input", "Nord");
    browser.click("[data-name=brands] [data-add]");
    browser.write("[data-name=brands] > [data-entry]:nth-of-type(2) input", "Aroma's");
    browser.choose("[data-name=days] select", "tue");
    browser.choose("[data-name=reward]", "discount");
    browser.choose("[data-name=strict]", "true");
    let params = json!({"brands": ["Nord", "Aroma's"], "days": ["tue"], "reward": "discount",
        "budget": {"total": 5}, "strict": true, "label": "\"quoted\""});
    assert_eq!(composed(&browser)["params"], params);
    assert_eq!(browser.count("form script"), 0, "titles are texts");
    assert!(browser.read("#curl").contains(r"Aroma'\''s"), "a shell reads it back");
}
