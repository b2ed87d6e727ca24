//! Bodies that are made to take many times their size in memory: each is answered within bounds, in memory and in length.

use std::fmt::Write as _;

use serde_json::json;

use crate::shop::{Database, Shop, reference};

/// Most memory above that of an idle host.
const MEMORY_KIB: u64 = 64 << 10;
/// Most bytes of a refusal: a hundred problems.
const REFUSAL: usize = 64 << 10;
const MIB: usize = 1 << 20;
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// A body, and how it is answered.
struct Hostile {
    what: &'static str,
    role: &'static str,
    call: (&'static str, &'static str),
    kind: &'static str,
    body: Vec<u8>,
    status: u16,
    /// A text at the beginning or the end of the answer.
    says: &'static str,
    /// Most bytes of the answer.
    most: usize,
}

/// The body of a text that is repeated to a size.
fn repeated(text: &str, bytes: usize) -> Vec<u8> {
    text.repeat(bytes / text.len()).into_bytes()
}

/// As a list or object with entries of a text, to a size.
fn enclosed(open: &str, entry: &str, close: &str, bytes: usize) -> Vec<u8> {
    let entries = vec![entry; bytes / (entry.len() + 1)].join(",");
    format!("{open}{entries}{close}").into_bytes()
}

/// Entries that are numbered, with a separator.
fn numbered(count: usize, separator: &str, entry: impl Fn(usize) -> String) -> String {
    (0..count).map(entry).collect::<Vec<_>>().join(separator)
}

#[rustfmt::skip]
fn till_bodies() -> Vec<Hostile> {
    const OFFLINE: (&str, &str) = ("POST", "/v1/receipts/offline");
    const CALCULATE: (&str, &str) = ("POST", "/v1/purchases/p-1/calculate");
    const PRICES: (&str, &str) = ("POST", "/v1/prices");
    let row = |what, call: (&'static str, &'static str), body, status, says, most| {
        let kind = if call == OFFLINE { NDJSON } else { JSON };
        Hostile { what, role: "pos", call, kind, body, status, says, most }
    };
    vec![
        row("late rows that are not JSON", OFFLINE, repeated("x\n", MIB), 400, "524188 more problems", REFUSAL),
        row("late rows without an id", OFFLINE, repeated("{}\n", MIB / 4), 200, "\"last_row\":87380", REFUSAL),
        row("late rows with an id only", OFFLINE, late(3_000), 200, "\"row\":2999", MIB),
        row("a late row of many values", OFFLINE, enclosed("[", "{\"a\":0}", "]", MIB - 100), 422, "too_many_values", REFUSAL),
        row("150,000 coupons", CALCULATE, coupons(), 200, "too_many_coupons", REFUSAL),
        row("names given twice", CALCULATE, enclosed("{", "\"a\":1", "}", 2 * MIB - 100), 400, "more_problems", REFUSAL),
        row("problems below a long name", CALCULATE, long_name(), 400, "more_problems", MIB),
        row("small objects", CALCULATE, enclosed("[", "{\"a\":0}", "]", 2 * MIB - 100), 422, "too_many_values", REFUSAL),
        row("small lists", CALCULATE, enclosed("[", "[0]", "]", 2 * MIB - 100), 422, "too_many_values", REFUSAL),
        row("small numbers", CALCULATE, enclosed("[", "0", "]", 2 * MIB - 100), 422, "too_many_values", REFUSAL),
        row("brackets", CALCULATE, repeated("[", 2 * MIB - 100), 400, "recursion limit", REFUSAL),
        row("bad lines", CALCULATE, lines(), 422, "more_problems", REFUSAL),
        row("prices of nothing", PRICES, enclosed("{\"products\":[", "{}", "]}", 30_000), 422, "more_problems", REFUSAL),
        row("prices with many coupons", PRICES, prices(), 200, "\"plan\"", 4 * MIB),
    ]
}

#[rustfmt::skip]
fn other_bodies() -> Vec<Hostile> {
    const CATALOG: (&str, &str) = ("POST", "/v1/catalog/imports");
    const OFFERS: (&str, &str) = ("POST", "/v1/offers/imports");
    const GOOD_ROWS: (&str, &str) = ("POST", "/v1/offers/imports?on_error=skip");
    const AUDIENCE: (&str, &str) = ("POST", "/v1/audiences/a/members");
    const MEMBERS: (&str, &str) = ("POST", "/v1/members/imports");
    const ATTRIBUTES: (&str, &str) = ("POST", "/v1/attributes/imports");
    const OFFER: (&str, &str) = ("PUT", "/v1/offers/o");
    const COMPONENT: (&str, &str) = ("POST", "/v1/mechanics/m/versions");
    let row = |what, call: (&'static str, &'static str), kind, body, status, says| {
        let role = if call == COMPONENT { "admin" } else { "integration" };
        Hostile { what, role, call, kind, body, status, says, most: REFUSAL }
    };
    vec![
        row("60 MiB of a component", COMPONENT, "application/wasm", component(), 422, "file_too_large"),
        row("goods that are not JSON", CATALOG, NDJSON, repeated("x\n", MIB / 4), 400, "130972 more problems"),
        row("goods without a type", CATALOG, NDJSON, repeated("{}\n", MIB / 4), 422, "87281 more problems"),
        row("offers that are not JSON", OFFERS, NDJSON, repeated("x\n", MIB / 4), 400, "130972 more problems"),
        row("offers without an id", GOOD_ROWS, NDJSON, repeated("{}\n", MIB / 4), 200, "87281 more problems"),
        row("offers with an id only", GOOD_ROWS, NDJSON, offers(2_000), 200, "more problems"),
        row("an offer of unknown fields", OFFER, JSON, fields(), 422, "more_problems"),
        row("members of an audience that are not JSON", AUDIENCE, NDJSON, repeated("x\n", MIB / 4), 422, "more_problems"),
        row("members that are not JSON", MEMBERS, NDJSON, repeated("x\n", MIB / 4), 422, "900 more problems"),
        row("a row without an end", MEMBERS, NDJSON, repeated("x", 2 * MIB), 422, "row_too_long"),
        row("a CSV row without an end", ATTRIBUTES, "text/csv", repeated("a,", 2 * MIB), 422, "row_too_long"),
        row("a CSV file of many columns", ATTRIBUTES, "text/csv", repeated("a,", MIB / 2), 422, "at most 256"),
    ]
}

fn late(rows: usize) -> Vec<u8> {
    numbered(rows, "\n", |row| json!({"purchase_id": format!("late-{row}")}).to_string()).into_bytes()
}

fn coupons() -> Vec<u8> {
    let mut receipt = reference();
    receipt["coupons"] = (0..150_000).map(|code| json!(format!("C{code}"))).collect();
    receipt.to_string().into_bytes()
}

/// Two hundred names that are given twice, in an object with a name of a quarter of a mebibyte.
fn long_name() -> Vec<u8> {
    let inner = vec!["\"a\":1"; 200].join(",");
    format!("{{\"{}\":{{{inner}}}}}", "n".repeat(MIB / 4)).into_bytes()
}

/// Ten thousand lines, each with problems of its own.
fn lines() -> Vec<u8> {
    let mut receipt = reference();
    receipt["lines"] = (0..10_000).map(|_| json!({"position": -1, "goods_id": "", "price": "x"})).collect();
    receipt.to_string().into_bytes()
}

fn prices() -> Vec<u8> {
    let product = |number: usize| json!({"goods_id": format!("G{number}"), "price": "10.00"});
    let coupons: Vec<String> = (0..100_000).map(|code| format!("C{code}")).collect();
    let products: Vec<_> = (0..500).map(product).collect();
    json!({"products": products, "coupons": coupons}).to_string().into_bytes()
}

fn offers(rows: usize) -> Vec<u8> {
    numbered(rows, "\n", |row| json!({"external_id": format!("o-{row}")}).to_string()).into_bytes()
}

fn fields() -> Vec<u8> {
    let params = json!({"items": [{"target": "G1", "method": "percent", "value": "15"}]});
    let mut offer = json!({"mechanic": "product", "params": params}).to_string();
    offer.pop();
    for number in 0..30_000 {
        write!(offer, ",\"x{number}\":0").expect("text");
    }
    (offer + "}").into_bytes()
}

/// The beginning of a component, and zeros.
fn component() -> Vec<u8> {
    let mut file = vec![0; 60 * MIB];
    file[..8].copy_from_slice(b"\0asm\x0d\0\x01\0");
    file
}

#[test]
fn no_body_takes_many_times_its_size_in_memory() {
    let mut shop = Shop::open(Database::Sqlite);
    shop.give_memory_back_at_once();
    shop.put("/v1/audiences/a", "{}").accepted();
    // A host that has worked is idle with more memory than one that has just started.
    for number in 0..20 {
        let id = format!("warm-{number}");
        shop.post(&crate::shop::path(&id, "calculate"), &id, &reference().to_string()).accepted();
    }
    shop.forget_peak();
    let idle = shop.peak_kib();
    let mut report =
        format!("{:<46}{:>8}{:>12}{:>14}{:>10}\n", "body", "status", "answer, B", "peak, MiB", "took, ms");
    let mut failures = Vec::new();
    for Hostile { what, role, call, kind, body, status, says, most } in
        till_bodies().into_iter().chain(other_bodies())
    {
        shop.forget_peak();
        let started = std::time::Instant::now();
        let answer = shop.counted(call, role, kind, body);
        let took = started.elapsed().as_millis();
        let taken = shop.peak_kib().saturating_sub(idle);
        writeln!(report, "{what:<46}{:>8}{:>12}{:>14}{took:>10}", answer.status, answer.bytes, taken >> 10)
            .expect("text");
        if taken > MEMORY_KIB {
            failures.push(format!("{what}: {} MiB above idle", taken >> 10));
        }
        if answer.status != status || !(answer.first.contains(says) || answer.last.contains(says)) {
            failures
                .push(format!("{what}: {status} with `{says}` expected: {} {}", answer.status, answer.first));
        }
        if answer.bytes > most {
            failures.push(format!("{what}: an answer of {} bytes", answer.bytes));
        }
    }
    eprintln!("{report}");
    assert!(failures.is_empty(), "{report}\n{}", failures.join("\n"));
    // What was stored is the receipt as it was sent, and its short answer.
    let stored = shop.get("/v1/purchases/p-1");
    assert!(stored.text.len() < 2 * MIB, "{} bytes", stored.text.len());
    shop.verify();
}
