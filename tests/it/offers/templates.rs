//! Offers with holes, and many offers at once.

use serde_json::{Value, json};

use super::{coffee, get, listed, paid, places};
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(offers_are_made_of_templates, an_import_is_taken_whole_or_not_at_all);

const IMPORTS: &str = "/v1/offers/imports";

fn template() -> Value {
    json!({
        "title": "A present",
        "holes": {"percent": {"default": "10", "title": "How much"}},
        "offer": {
            "title": "${name}: ${percent} % off", "mechanic": "product",
            "params": {"items": [{"target": "${target}", "method": "percent", "value": "${percent}"}]},
            "stacking": {"mode": "exclusive", "priority": "${priority}"},
        },
    })
}

fn row(external_id: &str, values: Value) -> String {
    json!({"template": "present", "external_id": external_id, "values": values}).to_string()
}

fn values(percent: &str) -> Value {
    json!({"name": "Yours", "target": "G1", "priority": 50, "percent": percent})
}

fn with_template(database: Database) -> Shop {
    let shop = Shop::open(database);
    shop.put("/v1/offer-templates/present", &template().to_string()).accepted();
    shop
}

fn offers_are_made_of_templates(database: Database) {
    let shop = with_template(database);
    let rows =
        [row("bd-1", values("30")), row("bd-2", json!({"name": "Yours", "target": "G4", "priority": 1}))];
    let before = get(&shop, "/v1/plan")["revision"].as_i64().expect("a revision");
    let imported = shop.import(&format!("{IMPORTS}?run=true"), &rows.join("\n")).accepted();
    assert_eq!(
        imported["counts"],
        json!({"rows": 2, "taken": 2, "new_versions": 2, "refused": 0}),
        "{imported}"
    );
    assert_eq!(
        imported["offers"],
        json!([
            {"row": 0, "external_id": "bd-1", "version": 1, "state": "running"},
            {"row": 1, "external_id": "bd-2", "version": 1, "state": "running"},
        ])
    );
    assert_eq!(imported["errors"], json!([]));
    // The template is a change of its own; all the offers together are one more.
    assert_eq!(imported["revision"].as_i64(), Some(before + 2));
    assert_eq!(get(&shop, "/v1/plan")["revision"], imported["revision"]);
    assert_eq!(paid(&shop, "bd-1"), Some(("209.94".to_owned(), 1)));
    let made = listed(&shop, "bd-1").expect("the offer")["offer"].clone();
    assert_eq!((&made["title"], &made["stacking"]["priority"]), (&json!("Yours: 30 % off"), &json!(50)));
    let made = listed(&shop, "bd-2").expect("the offer")["offer"].clone();
    assert_eq!(made["params"]["items"][0]["value"], "10", "the default");

    // The same again is nothing new; another value is a draft beside what runs.
    let again = shop.import(IMPORTS, &rows.join("\n")).accepted();
    assert_eq!((&again["counts"]["new_versions"], &again["revision"]), (&json!(0), &imported["revision"]));
    let edited = shop.import(IMPORTS, &row("bd-1", values("20"))).accepted();
    assert_eq!(edited["offers"], json!([{"row": 0, "external_id": "bd-1", "version": 2, "state": "draft"}]));
    assert_eq!(paid(&shop, "bd-1"), Some(("209.94".to_owned(), 1)));

    let stored = get(&shop, "/v1/offer-templates/present");
    assert_eq!(stored["template"], template());
    let holes: Vec<_> = stored["holes"].as_array().expect("holes").iter().map(|hole| &hole["name"]).collect();
    assert_eq!(holes, ["name", "percent", "priority", "target"]);
    assert_eq!(get(&shop, "/v1/offer-templates")["templates"], json!([stored]));
    let none = shop.as_integration("GET", "/v1/offer-templates/none", "");
    assert_eq!(none.refused(), (404, "not_found".to_owned()));
}

fn bad_rows() -> Vec<String> {
    let mut whole = coffee("200");
    whole["external_id"] = json!("whole-bad");
    let mut extra = values("5");
    extra["precent"] = json!("5");
    vec![
        row("good", values("30")),
        json!({"template": "none", "external_id": "x", "values": {}}).to_string(),
        row("unfilled", json!({"name": "Yours", "target": "G1"})),
        row("extra", extra),
        row("bad-value", values("101")),
        whole.to_string(),
        String::new(),
        row("good", values("20")),
        json!({"template": "present", "values": {}}).to_string(),
        row("no-text", json!({"name": {"en": "Yours"}, "target": "G1", "priority": 1})),
        json!({"template": "present", "external_id": "y", "values": {}, "vlaues": {}}).to_string(),
    ]
}

const PROBLEMS: [&str; 9] = [
    "/1/template unknown_template",
    "/2/values/priority hole_unfilled",
    "/3/values/precent unknown_hole",
    "/4/values/percent out_of_range",
    "/5/params/items/0/value out_of_range",
    "/7/external_id duplicate_id",
    "/8/external_id missing_field",
    "/9/values/name wrong_type",
    "/10/vlaues unknown_field",
];

fn an_import_is_taken_whole_or_not_at_all(database: Database) {
    let shop = with_template(database);
    let (plan, offers) = (get(&shop, "/v1/plan"), get(&shop, "/v1/offers"));
    let refused = shop.import(&format!("{IMPORTS}?run=true"), &bad_rows().join("\n"));
    assert_eq!(refused.refused(), (422, "import_refused".to_owned()));
    let mut found = places(&refused.json(), "errors");
    let number = |place: &str| place.split('/').nth(1).and_then(|row| row.parse::<u32>().ok());
    found.sort_by_key(|place| number(place));
    assert_eq!(found, PROBLEMS, "{}", refused.text);
    assert!(refused.text.contains("the hole `priority` is not filled"), "{}", refused.text);
    assert_eq!((get(&shop, "/v1/plan"), get(&shop, "/v1/offers")), (plan, offers), "nothing has changed");

    let taken = shop.import(&format!("{IMPORTS}?run=true&on_error=skip"), &bad_rows().join("\n")).accepted();
    assert_eq!(taken["counts"], json!({"rows": 10, "taken": 1, "new_versions": 1, "refused": 9}), "{taken}");
    let mut found = places(&taken, "errors");
    found.sort_by_key(|place| number(place));
    assert_eq!(found, PROBLEMS);
    assert_eq!(paid(&shop, "good"), Some(("209.94".to_owned(), 1)));
    assert_eq!(listed(&shop, "bad-value"), None);
    let query = shop.import(&format!("{IMPORTS}?on_error=ignore"), "");
    assert_eq!(query.refused(), (400, "malformed_query".to_owned()));
}

#[test]
fn a_template_must_be_sound() {
    let shop = Shop::open(Database::Sqlite);
    for (template, expected) in [
        (json!([]), vec![" wrong_type"]),
        (json!({"title": "${}"}), vec!["/title malformed_hole"]),
        (json!({"title": "a ${b"}), vec!["/title malformed_hole"]),
        (json!({"params": {"items": [{"value": "${a b}"}]}}), vec!["/params/items/0/value malformed_hole"]),
        (json!({"offer": {"title": "${a}"}, "holes": {"b": {}}}), vec!["/holes/b unknown_hole"]),
        (
            json!({"offer": {"title": "${a}"}, "holes": {"a": {"defualt": 1}}, "hole": 1}),
            vec!["/holes/a/defualt unknown_field", "/hole unknown_field"],
        ),
        (json!({"offer": "${a}"}), vec!["/offer wrong_type"]),
    ] {
        let refused = shop.put("/v1/offer-templates/t", &template.to_string());
        assert_eq!(refused.refused(), (422, "template_refused".to_owned()), "{template}");
        assert_eq!(places(&refused.json(), "errors"), expected, "{template}");
    }
    assert_eq!(get(&shop, "/v1/offer-templates")["templates"], json!([]));
}
