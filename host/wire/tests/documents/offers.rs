use domain::catalog::{CategoryId, GroupId, ProductId};
use domain::mechanics::{Benefit, Phase, Pick, Threshold};
use domain::offer::{Item, Offer, Target, Terms};
use domain::quantities::Percent;
use domain::time::Bound;
use serde_json::{Value, json};
use wire::plan::{PlanBase, PreparedOffer, build};
use wire::reader::Report;

use crate::store::{built, mechanics, plan, plan_with_offer, problems, put};

#[test]
fn a_problem_of_an_item_is_named_with_its_place() {
    let cases: [(Value, &[&str]); 30] = [
        (json!({"target": "G1", "value": "15%"}), &["value not_a_decimal"]),
        (json!({"target": "G1", "value": "101"}), &["value out_of_range"]),
        (json!({"target": "G1", "value": "-1"}), &["value out_of_range"]),
        (json!({"target": "G1", "value": "0.001"}), &["value too_many_places"]),
        (json!({"target": "G1", "value": true}), &["value wrong_type"]),
        (json!({"target": "G1"}), &["value missing_field"]),
        (json!({"value": "15"}), &["target missing_field"]),
        (json!({"target": "", "value": "15"}), &["target empty"]),
        (json!({"target": "G1", "method": "amount", "value": "1.005"}), &["value too_many_places"]),
        (json!({"target": "G1", "method": "amount", "value": 10000000000.01}), &["value out_of_range"]),
        (json!({"target": "G1", "method": "precent", "value": "1"}), &["method unknown_value"]),
        (
            json!({"target": "G1", "method": "unit_price", "value": "1", "reward": "points"}),
            &["value wrong_method"],
        ),
        (json!({"target": "G1", "valeu": "15"}), &["valeu unknown_field", "value missing_field"]),
        (json!({"target": "G1", "value": "1", "from": "1", "above": "1"}), &["above conflicting_fields"]),
        (json!({"target": "G1", "value": "1", "from": "1", "operator": ">"}), &["operator unknown_value"]),
        (json!({"target": "G1", "value": "1", "max_units": "0"}), &["max_units out_of_range"]),
        (json!({"target": "G1", "value": "1", "unit_multiple": 0}), &["unit_multiple out_of_range"]),
        (json!({"target": "G1", "value": "1", "min_units": "1.0005"}), &["min_units too_many_places"]),
        (
            json!({"target": "G1", "value": "1", "min_sum": "1", "border": "1"}),
            &["border conflicting_fields"],
        ),
        (json!({"target": "G1", "value": "1", "pick": "best"}), &["pick unknown_value"]),
        (
            json!({"target": "G1", "value": "1", "unit_price": {"from": "2", "to": "1"}}),
            &["unit_price empty_range"],
        ),
        (
            json!({"target": "G1", "value": "1", "unit_price": {"form": "2"}}),
            &["unit_price/form unknown_field"],
        ),
        (json!({"target": "G1", "value": "1", "cap": "1", "reward": "points"}), &[]),
        (json!({"target": "G1", "value": "1", "cap": "1.5", "reward": "points"}), &["cap too_many_places"]),
        (json!({"target": "G1", "value": "1", "start": "2026-11-31"}), &["start not_a_time"]),
        (
            json!({"target": "G1", "value": "1", "start": "2026-11-02", "end": "2026-10-31"}),
            &["end end_before_start"],
        ),
        (json!({"target": "G1", "value": "1", "start": "2026-11-02", "end": "2026-11-02"}), &[]),
        (json!({"target": "G1", "target_kind": "group", "value": "1"}), &["target_kind wrong_target_kind"]),
        (json!({"target": "G1", "value": "1", "set_units": "3"}), &["set_units unknown_field"]),
        (json!([]), &[" wrong_type"]),
    ];
    for (item, expected) in cases {
        let document = plan_with_offer(|offer| put(offer, "/params/items/0", item.clone()));
        let place = |problem: &&str| format!("/offers/0/params/items/0/{problem}").replace("/ ", " ");
        let expected: Vec<_> = expected.iter().map(place).collect();
        assert_eq!(problems(build(&document, mechanics())), expected, "{item}");
    }
}

#[test]
fn a_problem_of_an_offer_is_named_with_its_place() {
    let cases: [(&str, Value, &[&str]); 54] = [
        ("/mechanic", json!("magic"), &["/mechanic unknown_mechanic"]),
        ("/mechanic", Value::Null, &["/mechanic missing_field"]),
        ("/external_id", Value::Null, &["/external_id missing_field"]),
        ("/version", json!(0), &["/version out_of_range"]),
        ("/attribute", json!("personal"), &["/attribute conflicting_fields"]),
        ("/params", Value::Null, &[" missing_field"]),
        ("/params", json!({}), &["/params/items missing_field"]),
        ("/params/itms", json!([]), &["/params/itms unknown_field"]),
        ("/params/reward", json!("cash"), &["/params/reward unknown_value"]),
        ("/params/id_space", json!("internal"), &["/params/items/0/target not_an_internal_id"]),
        (
            "/params/exclude",
            json!({"categories": ["NOSUCH"]}),
            &["/params/exclude/categories/0 unknown_category"],
        ),
        ("/params/exclude", json!({"groups": ["nosuch"]}), &["/params/exclude/groups/0 unknown_group"]),
        ("/params/exclude", json!({"product": []}), &["/params/exclude/product unknown_field"]),
        ("/stacking", json!({"mode": "best"}), &["/stacking/mode unknown_value"]),
        ("/stacking", json!({"priority": "1"}), &["/stacking/priority wrong_type"]),
        ("/stacking", json!({"proirity": 1}), &["/stacking/proirity unknown_field"]),
        ("/filters", json!({"weekday": ["mon"]}), &["/filters/weekday unknown_field"]),
        ("/filters", json!({"weekdays": ["monday"]}), &["/filters/weekdays/0 unknown_value"]),
        ("/filters", json!({"hours": {"from": "8:00"}}), &["/filters/hours/from not_a_time"]),
        ("/filters", json!({"hours": {"from": "08:00", "to": "24:01"}}), &["/filters/hours/to not_a_time"]),
        ("/filters", json!({"hours": {"from": "08:00", "to": "08:00"}}), &["/filters/hours empty_range"]),
        ("/filters", json!({"pos": ["store-7"]}), &["/filters/pos/0 unknown_pos"]),
        ("/filters", json!({"period": {"end": "tomorrow"}}), &["/filters/period/end not_a_time"]),
        ("/filters", json!({"audience": {"includes": "a"}}), &["/filters/audience/includes unknown_field"]),
        ("/filters", json!({"member_state": "gold"}), &["/filters/member_state unknown_value"]),
        ("/filters", json!({"receipt": {"from": "1,00"}}), &["/filters/receipt/from not_a_decimal"]),
        ("/filters", json!({"receipt": {"base": "cash"}}), &["/filters/receipt/base unknown_value"]),
        ("/filters", json!({"contains": {"units": "1"}}), &["/filters/contains empty"]),
        (
            "/filters",
            json!({"contains": {"categories": ["X"]}}),
            &["/filters/contains/categories/0 unknown_category"],
        ),
        ("/limits", json!([{"per": "household", "uses": 1}]), &["/limits/0/per unknown_value"]),
        ("/limits", json!([{"per": "member"}]), &["/limits/0 missing_field"]),
        ("/limits", json!([{"per": "member", "uses": "1.5"}]), &["/limits/0/uses too_many_places"]),
        ("/control_group", json!({"percent": "51"}), &["/control_group/percent out_of_range"]),
        ("/control_group", json!({"salt": "s"}), &["/control_group/percent missing_field"]),
        ("/exploration", json!({"percent": "0.0001", "salt": "e".repeat(64)}), &[]),
        ("/exploration", json!({"percent": "100.0001"}), &["/exploration/percent out_of_range"]),
        ("/exploration", json!({"percent": "-1"}), &["/exploration/percent out_of_range"]),
        ("/exploration", json!({"percent": "0.00001"}), &["/exploration/percent too_many_places"]),
        ("/exploration", json!({"salt": "e"}), &["/exploration/percent missing_field"]),
        ("/exploration", json!({"percent": "5", "salt": ""}), &["/exploration/salt empty"]),
        ("/exploration", json!({"percent": "5", "salt": "e".repeat(65)}), &["/exploration/salt too_long"]),
        ("/exploration", json!({"percent": "5", "seed": 1}), &["/exploration/seed unknown_field"]),
        ("/messages", json!({"receipt": "You saved {discuont}"}), &["/messages/receipt unknown_placeholder"]),
        ("/messages", json!({"reciept": "Thanks"}), &["/messages/reciept unknown_field"]),
        ("/filters", json!({"pos": ["store-77"], "contains": {"products": ["gone"]}}), &[]),
        ("/note", json!("not known"), &["/note unknown_field"]),
        (
            "/promo",
            json!({"title": "{value} off", "picture": "https://shop.example/1.jpg", "channels": []}),
            &[],
        ),
        (
            "/promo",
            json!({"title": {"en": "You saved {discount}"}}),
            &["/promo/title/en unknown_placeholder"],
        ),
        ("/promo", json!({"picture": "javascript:alert(1)"}), &["/promo/picture not_an_address"]),
        ("/promo", json!({"picture": {"ru": "1.jpg"}}), &["/promo/picture/ru not_an_address"]),
        ("/promo", json!({"channels": ["app", "My site"]}), &["/promo/channels/1 not_a_channel"]),
        ("/promo", json!({"headline": "Coffee"}), &["/promo/headline unknown_field"]),
        ("/require_accept", json!("yes"), &["/require_accept wrong_type"]),
        (
            "/filters",
            json!({"contains": {"products": ["DAIRY"]}}),
            &["/filters/contains/products/0 wrong_target_kind"],
        ),
    ];
    for (pointer, value, expected) in cases {
        let document = plan_with_offer(|offer| put(offer, pointer, value.clone()));
        let expected: Vec<_> = expected.iter().map(|problem| format!("/offers/0{problem}")).collect();
        assert_eq!(problems(build(&document, mechanics())), expected, "{pointer} = {value}");
    }
}

#[test]
fn content_that_earlier_releases_did_not_read_stops_no_stored_offer() {
    let offer = json!({
        "external_id": "o", "mechanic": "product", "params": {"items": [{"target": "G1", "value": "15"}]},
        "promo": "Coffee for less",
    });
    let base = PlanBase::read(&plan()).expect("a base").base;
    let read = |report| PreparedOffer::parse(&offer, &base, &mechanics(), report);
    assert_eq!(problems(read(Report::default())), ["/promo wrong_type"]);
    let (_, warnings) = read(Report::of_stored()).unwrap_or_else(|problems| panic!("{problems}"));
    let told: Vec<_> = warnings.iter().map(|warning| (warning.pointer.as_str(), &*warning.code)).collect();
    assert_eq!(told, [("/promo", "wrong_type")]);
}

#[test]
fn a_typing_error_gets_the_nearest_name() {
    let document = plan_with_offer(|offer| put(offer, "/params/items/0/max_unts", json!("1")));
    let problems = build(&document, mechanics()).expect_err("an unknown field").listed();
    assert!(problems[0].detail.contains("did you mean `max_units`"), "{}", problems[0].detail);
}

#[test]
fn all_problems_come_at_once() {
    let mut document = plan_with_offer(|offer| put(offer, "/params/items/0/value", json!("15%")));
    put(
        &mut document,
        "/offers/-",
        json!({"external_id": "o", "mechanic": "receipt", "params": {"items": []}}),
    );
    put(&mut document, "/catalog/products/0/class", json!("nosuch"));
    put(&mut document, "/currency/exponent", json!(5));
    let expected = [
        "/currency/exponent out_of_range",
        "/catalog/products/0/class unknown_class",
        "/offers/0/params/items/0/value not_a_decimal",
        "/offers/1 duplicate_id",
    ];
    assert_eq!(problems(build(&document, mechanics())), expected);
}

#[test]
fn targets_are_found_in_the_space_of_their_ids() {
    for (mechanic, params, target) in [
        ("product", json!({"items": [{"target": "12", "value": 1}]}), Target::Product(ProductId(1))),
        ("product", json!({"items": [{"target": 12, "value": 1}]}), Target::Product(ProductId(1))),
        (
            "product",
            json!({"id_space": "internal", "items": [{"target": "12", "value": 1}]}),
            Target::Product(ProductId(3)),
        ),
        (
            "product",
            json!({"id_space": "internal", "items": [{"target": 13, "value": 1}]}),
            Target::Product(ProductId(1)),
        ),
        ("category", json!({"items": [{"target": "BLUE", "value": 1}]}), Target::Category(CategoryId(1), 3)),
        (
            "category",
            json!({"id_space": "internal", "items": [{"target": "1", "value": 1}]}),
            Target::Category(CategoryId(3), 1),
        ),
        (
            "group",
            json!({"id_space": "internal", "items": [{"target": "cheap", "value": 1}]}),
            Target::Group(GroupId(1)),
        ),
        ("receipt", json!({"items": [{"value": 1}]}), Target::Receipt),
        ("receipt", json!({"items": [{"target": null, "value": 1}]}), Target::Receipt),
        ("threshold", json!({"items": [{"from": "1000", "value": 1}]}), Target::Receipt),
        ("ml", json!({"items": [{"target": "G1", "value": 1}]}), Target::Product(ProductId(2))),
        (
            "ml",
            json!({"items": [{"target_kind": "category", "target": "BLUE", "value": 1}]}),
            Target::Category(CategoryId(1), 3),
        ),
    ] {
        let offer = one_offer(mechanic, &params);
        assert_eq!(items(&offer)[0].target, target, "{mechanic} {params}");
    }
}

#[test]
fn an_item_is_read_whole() {
    let offer = one_offer(
        "multibuy",
        &json!({
            "reward": "points", "greedy": true, "skip_discounted_lines": true,
            "items": [{
                "target": "G1", "method": "amount_per_unit", "value": 7, "above": "10.50", "min_units": "2",
                "border": "5", "max_units": "3", "unit_multiple": "1.5", "pick": "dearest", "cap": 100,
                "start": "2026-11-01T10:00:00+03:00", "end": "2026-11-30", "display_order": 4, "set_units": "3",
            }],
        }),
    );
    let item = &items(&offer)[0];
    assert_eq!(item.reward, Phase::Accrual);
    assert_eq!(item.benefit, Benefit::AmountPerUnit(7));
    assert_eq!(item.threshold, Some(Threshold { sum: 1050, exclusive: true }));
    assert_eq!((item.min_units.map(|units| units.0), item.min_sum.map(|sum| sum.0)), (Some(2000), Some(500)));
    assert_eq!((item.limits.max_units, item.limits.unit_multiple), (Some(3000), Some(1500)));
    assert_eq!((item.limits.pick, item.limits.cap), (Some(Pick::Dearest), Some(100)));
    assert_eq!(item.period.start, Some(Bound::Instant(1_793_516_400)));
    assert_eq!(
        item.period.end,
        Some(Bound::Local(jiff::civil::date(2026, 12, 1).at(0, 0, 0, 0))),
        "through the last day"
    );
    assert_eq!((item.order, &item.extras, &offer.extras), (4, &vec![(1, 3000)], &vec![(0, 1)]));
    assert!(offer.skip_discounted_lines);
}

#[test]
fn an_end_that_misses_the_last_minute_of_the_day_is_told() {
    let cases: [(Value, &[&str]); 9] = [
        (json!({"hours": {"to": "23:59"}}), &["/offers/0/filters/hours/to"]),
        (json!({"hours": {"to": "23:59:59"}}), &["/offers/0/filters/hours/to"]),
        (json!({"hours": {"from": "23:59", "to": "06:00"}}), &[]),
        (json!({"hours": {"to": "23:58:59"}}), &[]),
        (json!({"hours": {"to": "24:00"}}), &[]),
        (json!({"period": {"end": "2026-11-30T23:59:59"}}), &["/offers/0/filters/period/end"]),
        (json!({"period": {"end": "2026-11-30T23:59+03:00"}}), &["/offers/0/filters/period/end"]),
        (json!({"period": {"end": "2026-11-30"}}), &[]),
        (json!({"period": {"start": "2026-11-30T23:59", "end": "2026-12-02T00:00"}}), &[]),
    ];
    for (filters, expected) in cases {
        let plan = built(&plan_with_offer(|offer| put(offer, "/filters", filters.clone())));
        let told: Vec<_> = plan
            .warnings
            .iter()
            .filter(|warning| warning.code == "end_misses_last_minute")
            .map(|warning| warning.pointer.as_str())
            .collect();
        assert_eq!(told, expected, "{filters}");
    }
}

#[test]
fn a_percentage_is_in_percent() {
    for (written, hundredths) in [
        (json!("15"), 1500),
        (json!(15), 1500),
        (json!("0.15"), 15),
        (json!(0.15), 15),
        (json!("100.00"), 10_000),
    ] {
        let offer = one_offer("receipt", &json!({"items": [{"value": written}]}));
        assert_eq!(items(&offer)[0].benefit, Benefit::Percent(Percent(hundredths)), "{written}");
    }
}

#[test]
fn a_mechanic_that_reads_its_own_text_may_have_its_own_parameters() {
    let offer = one_offer("own", &json!({"recipe": [1, 2]}));
    assert_eq!(offer.params_text.as_deref(), Some(r#"{"recipe":[1,2]}"#));
    assert_eq!(one_offer("receipt", &json!({"items": []})).params_text, None);
}

fn one_offer(mechanic: &str, params: &Value) -> Offer {
    let document = plan_with_offer(|offer| {
        put(offer, "/mechanic", json!(mechanic));
        put(offer, "/params", params.clone());
    });
    built(&document).plan.offers.remove(0)
}

fn items(offer: &Offer) -> &[Item] {
    match &offer.terms {
        Terms::Configured(items) => items,
        Terms::Attribute(name) => panic!("terms from {name}"),
    }
}
