use domain::caseless::Code;
use domain::catalog::ProductId;
use domain::mechanics::FactValue;
use domain::quantities::{Money, Quantity};
use domain::receipt::{PayPoints, Receipt};
use serde_json::{Value, json};
use wire::problem::Problems;
use wire::receipt::{ReadReceipt, ReadingRules, Request, read};

use crate::store::{built, plan, problems, put};

#[test]
fn a_malformed_receipt_is_refused_with_every_place() {
    let cases: [(&str, Value, &[&str]); 25] = [
        ("/pos", json!("x".repeat(201)), &["/pos id_too_long"]),
        ("/pos", json!("store\u{0}77"), &["/pos control_character"]),
        ("/pos", json!(" "), &["/pos empty"]),
        ("/at", Value::Null, &["/at missing_field"]),
        ("/at", json!("2026-11-22T10:15:00"), &["/at not_a_time"]),
        ("/at", json!("2026-11-22"), &["/at not_a_time"]),
        ("/at", json!(1_795_000_000), &["/at wrong_type"]),
        ("/lines", Value::Null, &["/lines missing_field"]),
        ("/lines", json!({}), &["/lines wrong_type"]),
        ("/lines/0", json!("coffee"), &["/lines/0 wrong_type"]),
        ("/lines/1/position", json!(2), &["/lines/1/position duplicate_position"]),
        ("/lines/0/position", json!(-1), &["/lines/0/position out_of_range"]),
        ("/lines/0/position", json!("1"), &["/lines/0/position wrong_type"]),
        ("/lines/0/goods_id", Value::Null, &["/lines/0/goods_id missing_field"]),
        ("/lines/0/quantity", json!("-1"), &["/lines/0/quantity out_of_range"]),
        ("/lines/0/quantity", json!("0.0001"), &["/lines/0/quantity too_many_places"]),
        ("/lines/0/price", json!("1.999"), &["/lines/0/price too_many_places"]),
        ("/lines/0/price", Value::Null, &["/lines/0/price missing_field"]),
        ("/lines/0/amount", json!("1,00"), &["/lines/0/amount not_a_decimal"]),
        ("/lines/0/amount", json!("-0.01"), &["/lines/0/amount out_of_range"]),
        ("/lines/0/amount", json!("99999999999999999999"), &["/lines/0/amount too_large"]),
        ("/lines/0/price", json!("9999999999"), &[]),
        ("/member", json!({"kind": "card"}), &["/member/value missing_field"]),
        ("/pay_points", json!("all"), &["/pay_points not_a_decimal"]),
        ("/pay_points", json!("-1"), &["/pay_points out_of_range"]),
    ];
    for (pointer, value, expected) in cases {
        let mut document = receipt();
        put(&mut document, pointer, value.clone());
        assert_eq!(problems(taken(&document)), expected, "{pointer} = {value}");
    }
}

#[test]
fn what_tills_send_beyond_is_left_alone() {
    let mut document = receipt();
    put(&mut document, "/cashier", json!("Ann"));
    put(&mut document, "/lines/0/vat", json!({"rate": 20}));
    put(&mut document, "/member", Value::Null);
    assert_eq!(problems(taken(&document)), Vec::<String>::new());
}

#[test]
fn a_receipt_is_read_whole() {
    let receipt = read_receipt(&receipt());
    assert_eq!(receipt.purchase_id, "p-1");
    assert_eq!(receipt.identifier, Some(("card".to_owned(), "7700001".to_owned())));
    let codes: Vec<&str> = receipt.coupons.iter().map(Code::written).collect();
    assert_eq!(codes, ["SPRING", "42"]);
    assert_eq!(receipt.pay_points, PayPoints::Max);
    let positions: Vec<_> = receipt.lines.iter().map(|line| line.position).collect();
    assert_eq!(positions, [1, 2], "by position");
    let cheese = &receipt.lines[0];
    assert_eq!((cheese.goods_id.as_str(), cheese.product), ("12", Some(ProductId(1))));
    assert_eq!((cheese.quantity, cheese.price), (Quantity(478), Money(94700)));
    assert_eq!((cheese.gross, cheese.amount), (Money(45267), Money(45267)));
    assert_eq!(receipt.lines[1].product, None);
}

#[test]
fn local_time_is_that_of_the_till() {
    for (at, pos, known, instant, local) in [
        ("2026-11-22T23:30:00Z", "store-77/till-3", true, 1_795_390_200, (23, 2, 30)),
        ("2026-11-22T23:30:00+05:00", "elsewhere", false, 1_795_372_200, (22, 23, 30)),
        ("2026-11-22T23:30:00.999+05:00", "", false, 1_795_372_200, (22, 23, 30)),
    ] {
        let mut document = receipt();
        put(&mut document, "/at", json!(at));
        put(&mut document, "/pos", if pos.is_empty() { Value::Null } else { json!(pos) });
        let receipt = read_receipt(&document);
        let time = receipt.at.local;
        assert_eq!((receipt.pos_known, receipt.at.instant), (known, instant), "{at} {pos}");
        assert_eq!((time.day(), time.hour(), time.minute()), local, "{at} {pos}");
    }
}

#[test]
fn lines_are_limited_and_a_quantity_of_nothing_is_told() {
    let plan = built(&plan());
    let request = Request { max_lines: 1, ..Request::new("p") };
    assert_eq!(problems(read(&receipt(), &plan, request)), ["/lines too_many_lines"]);
    let mut document = receipt();
    put(&mut document, "/lines/0/quantity", json!(0));
    let warnings = taken(&document).expect("a receipt").warnings;
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["zero_quantity"]);
}

#[test]
fn codes_compare_folded_except_on_receipts_of_earlier_releases() {
    let plan = built(&plan());
    for (exact_codes, expected) in [(false, [true, true, false]), (true, [true, false, false])] {
        let recorded = Some(ReadingRules {
            folded_codes: !exact_codes,
            told_amounts: false,
            exact_pos: true,
            told_fields: true,
            line_attributes: true,
        });
        let request = Request { recorded, ..Request::new("p") };
        let receipt = read(&receipt(), &plan, request).expect("a receipt").receipt;
        let found = ["SPRING", " spring", "SPRING1"].map(|code| receipt.has_coupon(&Code::new(code)));
        assert_eq!(found, expected, "exact: {exact_codes}");
    }
}

#[test]
fn an_amount_far_above_its_price_is_told() {
    for (price, quantity, amount, expected) in [
        ("0.01", "1", "9999999", true),
        ("0.01", "1", "1.01", false),
        ("0.01", "1", "1.02", true),
        ("10", "1", "100", false),
        ("10", "1", "100.01", true),
        ("10", "0", "1.01", false),
        ("9999999", "1", "0.01", false),
    ] {
        let mut document = receipt();
        for (name, value) in [("price", price), ("quantity", quantity), ("amount", amount)] {
            put(&mut document, &format!("/lines/0/{name}"), json!(value));
        }
        let warnings = taken(&document).expect("a receipt").warnings;
        let told = warnings.iter().any(|warning| warning.code == "amount_far_from_price");
        assert_eq!(told, expected, "{amount} for {quantity} at {price}");
    }
}

#[test]
fn fields_that_are_not_used_are_told_once_and_at_most_ten() {
    let told = |document: &Value| -> Vec<String> {
        let warnings = taken(document).expect("a receipt").warnings;
        let told = warnings.into_iter().filter(|warning| warning.code == "unknown_field");
        told.map(|warning| warning.detail).collect()
    };
    assert_eq!(told(&receipt()), Vec::<String>::new());
    let mut document = receipt();
    for (name, value) in [("purchase_id", json!("p")), ("sequence", json!(1)), ("payable", json!("1.00"))] {
        put(&mut document, &format!("/{name}"), value);
    }
    put(&mut document, "/attributes", json!({"anything": "goes"}));
    put(&mut document, "/lines/0/name", json!("Cheese"));
    assert_eq!(told(&document), Vec::<String>::new(), "what is read elsewhere");

    put(&mut document, "/cupons", json!(["SPRING"]));
    put(&mut document, "/lines/0/vat", json!("20"));
    put(&mut document, "/lines/1/vat", json!("10"));
    assert_eq!(
        told(&document),
        ["`cupons` is not used; did you mean `coupons`?", "`lines[].vat` is not used"]
    );
    let recorded = Some(ReadingRules {
        folded_codes: true,
        told_amounts: true,
        exact_pos: true,
        told_fields: false,
        line_attributes: false,
    });
    let stored = read(&document, &built(&plan()), Request { recorded, ..Request::new("p") });
    assert!(
        stored.expect("a receipt").warnings.is_empty(),
        "a receipt of an earlier release has the answer of then"
    );

    for number in 0..30 {
        put(&mut document, &format!("/lines/0/field-{number:02}-{}", "x".repeat(100)), json!(1));
    }
    let told = told(&document);
    assert_eq!(told.len(), 11, "{told:?}");
    assert!(told.iter().all(|detail| detail.len() < 100), "{told:?}");
    assert_eq!(told[10], "more fields are not used");
}

#[test]
fn attributes_of_lines_are_read_leniently_and_only_on_receipts_of_this_release() {
    let mut document = receipt();
    let sent =
        json!({"counter": "deli", "weight": 7, "refill": true, "share": 1.5, "none": null, "list": [1]});
    put(&mut document, "/lines/0/attributes", sent);
    put(&mut document, "/lines/1/attributes", json!("deli"));
    let read_by = |recorded| {
        let request = Request { recorded, ..Request::new("p") };
        read(&document, &built(&plan()), request).expect("a receipt")
    };
    let now = read_by(None);
    // By position: the second line that was sent comes first.
    let text = |text: &str| FactValue::Text(text.to_owned());
    let expected = [
        ("counter", text("deli")),
        ("refill", text("true")),
        ("share", text("1.5")),
        ("weight", FactValue::Number(7)),
    ];
    let found: Vec<(&str, FactValue)> =
        now.receipt.lines[1].facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    assert_eq!(found, expected);
    assert!(now.receipt.lines[0].facts.is_empty() && now.has_line_attributes);
    let told = |read: &ReadReceipt| -> Vec<String> {
        read.warnings.iter().map(|warning| warning.detail.clone()).collect()
    };
    assert_eq!(told(&now), ["`lines[].attributes` is not used"], "what is no object");

    let rules = |line_attributes| {
        Some(ReadingRules {
            folded_codes: true,
            told_amounts: true,
            exact_pos: true,
            told_fields: true,
            line_attributes,
        })
    };
    let earlier = read_by(rules(false));
    assert!(earlier.receipt.lines.iter().all(|line| line.facts.is_empty()));
    assert_eq!(told(&earlier), ["`lines[].attributes` is not used"]);
    let again = read_by(rules(true));
    assert_eq!((told(&again), again.receipt.lines[1].facts.len()), (told(&now), 4));
    assert!(!taken(&receipt()).expect("a receipt").has_line_attributes);
}

fn receipt() -> Value {
    json!({
        "at": "2026-11-22T10:15:00+03:00", "pos": "store-77/till-3",
        "member": {"kind": "card", "value": "7700001"},
        "lines": [
            {"position": 2, "goods_id": "new", "quantity": 1, "price": "5", "amount": 4.50},
            {"position": 1, "goods_id": 12, "quantity": "0.478", "price": "947.00", "amount": "452.67"},
        ],
        "coupons": ["SPRING", 42], "pay_points": "max",
    })
}

fn taken(document: &Value) -> Result<ReadReceipt, Problems> {
    read(document, &built(&plan()), Request::new("p-1"))
}

fn read_receipt(document: &Value) -> Receipt {
    taken(document).unwrap_or_else(|problems| panic!("{problems}")).receipt
}
