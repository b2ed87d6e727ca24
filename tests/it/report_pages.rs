//! The pages of reports in a real browser, on a phone and on a desk: nothing lies over anything else.

use std::fs;

use app::backtests::{self, Report};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::shop::{Database, Shop, path};

const MEMBERS: usize = 12;

/// Widths of a phone and of a desk, in pixels.
const WIDTHS: [u32; 2] = [390, 1280];

/// A shop whose offer has long names and large amounts.
fn shop() -> Shop {
    let shop = Shop::open(Database::Sqlite);
    let member = |number: usize| {
        let identifiers = json!([{"kind": "card", "value": format!("c{number}")}]);
        json!({"id": format!("u-{number}"), "identifiers": identifiers}).to_string()
    };
    let rows: Vec<String> = (0..MEMBERS).map(member).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let items = json!([{"target": "G2", "method": "percent", "value": "10"}]);
    let offer = json!({"mechanic": "product", "params": {"items": items},
                       "control_group": {"percent": "50", "salt": "autumn"}});
    shop.run_offer(OFFER, &offer);
    for number in 0..MEMBERS {
        let (id, amount) = (format!("p-{number}"), format!("{}234567.89", number + 1));
        let line =
            json!({"position": 1, "goods_id": "G2", "quantity": "1", "price": amount, "amount": amount});
        let receipt = json!({"at": "2025-11-20T10:15:00+03:00", "pos": "store-77/till-3",
                             "member": {"kind": "card", "value": format!("c{number}")}, "lines": [line]});
        shop.post(&path(&id, "calculate"), &format!("{id}-0"), &receipt.to_string()).accepted();
        shop.post(&path(&id, "confirm"), &format!("{id}-1"), "").accepted();
    }
    shop
}

const OFFER: &str = "autumn-cheese-weeks-for-members-of-the-club-2025";

/// The report of a back-test with receipts in every bin of its histogram, and with the offer's title a long one.
fn crowded(report: &str) -> Report {
    let mut report: Value = serde_json::from_str(report).expect("JSON");
    for (number, bin) in report["histogram"].as_array_mut().expect("bins").iter_mut().enumerate() {
        bin["receipts"] = json!(1_234_567 * (number + 1));
    }
    for amounts in report["totals"].as_object_mut().expect("totals").values_mut() {
        *amounts =
            json!({"baseline": "123456789.01", "candidate": "23456789.01", "difference": "-100000000.00"});
    }
    serde_json::from_value(report).expect("a report")
}

#[test]
fn reports_can_be_read_at_any_width() {
    let shop = shop();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let command = |arguments: &[&str]| {
        let output = shop.command(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let read = |name: &str| fs::read_to_string(file(name)).expect("a file");
    command(&["report", "uplift", "--offer", OFFER, "--html", &file("uplift.html")]);
    let items = json!([{"target": "G2", "method": "percent", "value": "20"}]);
    let mut candidate = json!({"external_id": OFFER, "title": OFFER, "mechanic": "product",
                               "params": {"items": items}});
    candidate["filters"] = json!({"period": {"start": "2025-11-21"}});
    fs::write(file("candidate.json"), json!({"offers": [candidate]}).to_string()).expect("writing");
    command(&[
        "backtest",
        "--candidate",
        &file("candidate.json"),
        "--from",
        "2025-11-01T00:00:00Z",
        "--pos",
        "store-77",
        "--json",
        &file("backtest.json"),
        "--html",
        &file("backtest.html"),
    ]);

    // The page says what was priced, and when it was sold.
    let page = read("backtest.html");
    for part in [
        "Priced: 12 receipts, sold from 2025-11-20T07:15:00Z to 2025-11-20T07:15:00Z.",
        "confirmed purchases from 2025-11-01T00:00:00Z on of store-77.",
        "12 of 12 receipts are outside the period of offer",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    let crowded = backtests::page(&crowded(&read("backtest.json"))).expect("a page");
    assert_eq!(crowded.matches("<rect").count(), 14, "a bar for each change");

    let browser = Browser::open();
    for (name, page) in [("uplift", &read("uplift.html")), ("back-test", &page), ("crowded", &crowded)] {
        for width in WIDTHS {
            let problems = browser.layout_problems(page, width);
            assert!(problems.is_empty(), "{name} at {width} pixels: {problems:#?}");
        }
    }
    let broken = "<p style='width: 900px'>wide</p><p style='margin-top: -1.9em'>above</p>";
    assert_eq!(browser.layout_problems(broken, 390).len(), 2, "what is wrong is found");
}
