//! Random stores, offers and receipts for property tests: valid documents of the plan file.

mod filters;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// Goods that the random catalogue holds: G0 to G7. G8 is never in it.
const PRODUCTS: usize = 8;
const CATEGORIES: [&str; 5] = ["FOOD", "DAIRY", "CHEESE", "DRINKS", "OTHER"];
const GROUPS: [&str; 3] = ["left", "right", "odd"];

/// A plan, and receipts to price by it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The plan file.
    pub plan: Value,
    /// Requests to calculate.
    pub receipts: Vec<Value>,
}

/// Plans with up to seven offers of every kind, and ten receipts each.
pub fn scenarios() -> impl Strategy<Value = Scenario> {
    (plans(vec(offer(), 0..7).boxed()), vec(receipt(), RECEIPTS_PER_SCENARIO))
        .prop_map(|(plan, receipts)| Scenario { plan, receipts })
}

/// Plans as [`scenarios`] makes them, whose offers ask for all sorts of times, places, members, coupons and sums, and
/// receipts that meet some of that.
pub fn filtered_scenarios() -> impl Strategy<Value = Scenario> {
    let conditions = vec(filters::conditions(), 7);
    let circumstances = vec(filters::circumstances(), RECEIPTS_PER_SCENARIO);
    (scenarios(), conditions, circumstances).prop_map(|(mut scenario, conditions, circumstances)| {
        for (offer, conditions) in
            scenario.plan["offers"].as_array_mut().expect("a list").iter_mut().zip(conditions)
        {
            filters::add(offer, &conditions);
        }
        for (receipt, circumstances) in scenario.receipts.iter_mut().zip(circumstances) {
            filters::add(receipt, &circumstances);
        }
        scenario
    })
}

/// How many receipts each scenario has.
pub const RECEIPTS_PER_SCENARIO: usize = 10;

/// Plans with one offer that has one item, and a receipt.
pub fn single_offer_scenarios() -> impl Strategy<Value = Scenario> {
    (plans(vec(single_item_offer(), 1).boxed()), vec(receipt(), 1))
        .prop_map(|(plan, receipts)| Scenario { plan, receipts })
}

fn plans(offers: BoxedStrategy<Vec<Value>>) -> impl Strategy<Value = Value> {
    let rounding = select(vec!["half_up", "half_down", "half_even", "down"]);
    (catalog(), offers, rounding, 0_u32..500, option::weighted(0.2, 1_u32..100), 10_u32..=100).prop_map(
        |(catalog, mut offers, rounding, points, max_percent, max_burn)| {
            for (number, offer) in offers.iter_mut().enumerate() {
                offer["external_id"] = json!(format!("offer-{number}"));
            }
            let mut plan = json!({
                "currency": {"code": "RUB", "exponent": 2, "rounding": rounding},
                "points": {"exponent": 2, "burn": {"rate": "1", "max_percent": max_burn.to_string()}},
                "catalog": catalog,
                "members": [{"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}],
                             "points": format!("{points}.50"), "attributes": {}, "audiences": ["regulars"]}],
                "offers": offers,
            });
            if let Some(percent) = max_percent {
                plan["caps"] = json!({"receipt_max_percent": percent.to_string()});
            }
            plan
        },
    )
}

fn catalog() -> impl Strategy<Value = Value> {
    let groups = vec(subsequence((0..PRODUCTS).collect::<Vec<_>>(), 0..=PRODUCTS), GROUPS.len());
    (vec(product(), PRODUCTS), groups).prop_map(|(mut products, groups)| {
        for (number, product) in products.iter_mut().enumerate() {
            product["id"] = json!(number + 100);
            product["goods_code"] = json!(goods(number));
            product["name"] = json!(format!("Product {number}"));
        }
        let groups: Vec<Value> = GROUPS
            .iter()
            .zip(groups)
            .map(|(id, members)| {
                let members: Vec<String> = members.into_iter().map(goods).collect();
                json!({"id": id, "name": id, "include": {"products": members}, "exclude": {}})
            })
            .collect();
        json!({
            "categories": [
                {"id": 1, "code": "FOOD", "name": "Food", "parent": null},
                {"id": 2, "code": "DAIRY", "name": "Dairy", "parent": "FOOD"},
                {"id": 3, "code": "CHEESE", "name": "Cheese", "parent": "DAIRY"},
                {"id": 4, "code": "DRINKS", "name": "Drinks", "parent": "FOOD"},
                {"id": 5, "code": "OTHER", "name": "Other", "parent": null},
            ],
            "products": products,
            "groups": groups,
            "classes": [
                {"id": "tobacco", "discount": false, "burn": false, "earn": false, "counts_to_threshold": false},
                {"id": "spirits", "discount": false, "burn": true, "earn": true, "counts_to_threshold": true},
            ],
            "pos": [{"id": "store-1/till-1", "time_zone": "Europe/Moscow"}],
        })
    })
}

fn goods(number: usize) -> String {
    format!("G{number}")
}

fn product() -> impl Strategy<Value = Value> {
    (
        option::weighted(0.8, select(CATEGORIES.to_vec())),
        option::weighted(0.2, select(vec!["tobacco", "spirits"])),
        option::weighted(0.4, 1_u32..400),
        option::weighted(0.2, 0_u32..=100),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(category, class, floor, max_percent, discountable)| {
            let mut product = json!({"discountable": discountable});
            set(&mut product, "category", category.map(Value::from));
            set(&mut product, "class", class.map(Value::from));
            set(&mut product, "floor_price", floor.map(cents));
            set(&mut product, "max_discount_percent", max_percent.map(|percent| json!(percent.to_string())));
            product
        })
}

fn offer() -> impl Strategy<Value = Value> {
    offer_with(1..4)
}

fn single_item_offer() -> impl Strategy<Value = Value> {
    offer_with(1..2)
}

fn offer_with(items: std::ops::Range<usize>) -> impl Strategy<Value = Value> {
    let mechanic = select(vec!["product", "category", "group", "threshold", "receipt", "ml", "multibuy"]);
    let reward = select(vec!["discount", "discount", "points"]);
    (mechanic, reward).prop_flat_map(move |(mechanic, reward)| {
        (vec(item(mechanic, reward), items.clone()), terms()).prop_map(move |(items, terms)| {
            let Terms { mode, priority, base, skip_discounted, exclude, money_limit, control, explore } =
                terms;
            let mut params = json!({"reward": reward, "id_space": "external", "items": items});
            if skip_discounted {
                params["skip_discounted_lines"] = json!(true);
            }
            set(&mut params, "exclude", exclude.map(|group| json!({"groups": [group]})));
            let mut stacking = json!({"mode": mode, "priority": priority});
            set(&mut stacking, "base", base.map(Value::from));
            let mut offer = json!({
                "title": mechanic, "mechanic": mechanic, "params": params, "stacking": stacking,
                "messages": {"receipt": "{title}: {discount} off, {points} points"},
            });
            set(&mut offer, "control_group", control.map(|p| json!({"percent": p.to_string(), "salt": "s"})));
            set(&mut offer, "exploration", explore.map(|p| json!({"percent": p.to_string(), "salt": "e"})));
            set(
                &mut offer,
                "limits",
                money_limit.map(|cap| json!([{"per": "receipt", "money": cents(cap)}])),
            );
            offer
        })
    })
}

/// The parts of an offer beside its items.
#[derive(Debug, Clone)]
struct Terms {
    mode: &'static str,
    priority: u8,
    base: Option<&'static str>,
    skip_discounted: bool,
    exclude: Option<&'static str>,
    money_limit: Option<u32>,
    control: Option<u32>,
    explore: Option<u32>,
}

fn terms() -> impl Strategy<Value = Terms> {
    (
        select(vec!["exclusive", "cumulative"]),
        0_u8..3,
        option::weighted(0.3, select(vec!["gross", "line", "net"])),
        prop::bool::weighted(0.2),
        option::weighted(0.2, select(GROUPS.to_vec())),
        option::weighted(0.2, 0_u32..20_000),
        option::weighted(0.1, 1_u32..50),
        option::weighted(0.2, 1_u32..=100),
    )
        .prop_map(|(mode, priority, base, skip_discounted, exclude, money_limit, control, explore)| {
            Terms { mode, priority, base, skip_discounted, exclude, money_limit, control, explore }
        })
}

fn item(mechanic: &'static str, reward: &'static str) -> impl Strategy<Value = Value> {
    let methods = match (mechanic, reward) {
        (_, "points") => vec!["percent", "amount", "amount_per_unit", "amount_per_line"],
        _ => vec!["percent", "percent", "amount", "amount_per_unit", "amount_per_line", "unit_price"],
    };
    (
        target(mechanic),
        select(methods),
        0_u32..=10_000,
        limits(),
        option::weighted(0.3, (0_u32..6, 0_u32..30_000)),
        (0_u32..40_000, any::<bool>()),
    )
        .prop_map(move |(target, method, value, limits, least, (from, above))| {
            let mut item = target;
            let value = if method == "percent" {
                format!("{}.{:02}", value / 100, value % 100)
            } else {
                decimal(value)
            };
            item.insert("method".into(), json!(method));
            item.insert("value".into(), json!(value));
            item.extend(limits);
            if let Some((units, sum)) = least {
                item.insert("min_units".into(), json!(units.to_string()));
                item.insert("min_sum".into(), cents(sum));
            }
            match mechanic {
                "threshold" => {
                    item.insert("from".into(), cents(from));
                    item.insert("operator".into(), json!(if above { "above" } else { "from" }));
                }
                "multibuy" => {
                    item.insert("set_units".into(), json!("3"));
                    item.insert("reward_units".into(), json!("1"));
                    item.remove("min_units");
                    item.remove("min_sum");
                }
                _ => {}
            }
            Value::Object(item)
        })
}

fn target(mechanic: &'static str) -> BoxedStrategy<Map<String, Value>> {
    let kinds = match mechanic {
        "product" => vec!["product"],
        "category" => vec!["category"],
        "group" => vec!["group"],
        "threshold" | "receipt" => vec!["receipt"],
        _ => vec!["product", "category", "group", "receipt"],
    };
    let several = kinds.len() > 1;
    (select(kinds), 0..=PRODUCTS, select(CATEGORIES.to_vec()), select(GROUPS.to_vec()))
        .prop_map(move |(kind, product, category, group)| {
            let mut item = Map::new();
            match kind {
                "product" => item.insert("target".into(), json!(goods(product))),
                "category" => item.insert("target".into(), json!(category)),
                "group" => item.insert("target".into(), json!(group)),
                _ => None,
            };
            if several {
                item.insert("target_kind".into(), json!(kind));
            }
            item
        })
        .boxed()
}

fn limits() -> impl Strategy<Value = Map<String, Value>> {
    (
        option::weighted(0.3, 1_u32..6),
        option::weighted(0.2, 1_u32..4),
        option::weighted(0.3, select(vec!["cheapest", "dearest", "first"])),
        option::weighted(0.2, 0_u32..20_000),
    )
        .prop_map(|(max_units, multiple, pick, cap)| {
            let mut limits = Map::new();
            let mut put =
                |key: &str, value: Option<Value>| value.map(|value| limits.insert(key.into(), value));
            put("max_units", max_units.map(|units| json!(units.to_string())));
            put("unit_multiple", multiple.map(|units| json!(units.to_string())));
            put("pick", pick.map(Value::from));
            put("cap", cap.map(cents));
            limits
        })
}

fn receipt() -> impl Strategy<Value = Value> {
    let pay = prop_oneof![
        Just(None),
        Just(Some("max".to_owned())),
        (0_u32..60_000).prop_map(|sum| Some(decimal(sum)))
    ];
    (vec(line(), 0..10), any::<bool>(), pay, Just((1_u32..=10).collect::<Vec<_>>()).prop_shuffle()).prop_map(
        |(mut lines, member, pay, positions)| {
            for (line, position) in lines.iter_mut().zip(positions) {
                line["position"] = json!(position);
            }
            let mut receipt = json!({
                "at": "2026-11-22T10:15:00+03:00", "pos": "store-1/till-1", "member": null,
                "lines": lines, "coupons": [], "explain": true,
            });
            if member {
                receipt["member"] = json!({"kind": "card", "value": "1"});
            }
            set(&mut receipt, "pay_points", pay.map(Value::from));
            receipt
        },
    )
}

fn line() -> impl Strategy<Value = Value> {
    let quantity = prop_oneof![3 => (1_u32..8).prop_map(|units| units * 1000), 1 => 1_u32..5_000];
    (0..=PRODUCTS, quantity, 0_u32..50_000, prop_oneof![2 => Just(0_u32), 1 => 0_u32..=100]).prop_map(
        |(product, quantity, price, till_percent)| {
            let gross = (u64::from(price) * u64::from(quantity) + 500) / 1000;
            let amount = gross - gross * u64::from(till_percent) / 100;
            json!({
                "goods_id": goods(product), "quantity": format!("{}.{:03}", quantity / 1000, quantity % 1000),
                "price": cents(price), "amount": format!("{}.{:02}", amount / 100, amount % 100),
            })
        },
    )
}

fn decimal(minor: u32) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn cents(minor: u32) -> Value {
    json!(decimal(minor))
}

fn set(object: &mut Value, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[key] = value;
    }
}
