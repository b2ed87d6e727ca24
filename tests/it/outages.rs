//! Outages of the database, and of nodes: background work goes on where it stood, or says that it was given up.

mod link;
mod lost_nodes;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::link::Link;
use crate::shop::{Answer, Shop, path, reference};

/// Beyond any reasonable wait: a failure, not a measurement.
const PATIENCE: Duration = Duration::from_secs(240);
const ATTRIBUTES: &str = "/v1/attributes/imports";
const ASYNC: (&str, &str) = ("Prefer", "respond-async");

/// Members `m-1` to `m-20`, each with the card of its number, and the attribute `visits`.
fn stock(shop: &Shop) {
    let member = |number: u32| json!({"id": format!("m-{number}"), "identifiers": [{"kind": "card", "value": number.to_string()}]});
    let rows: Vec<String> = (1..=20).map(|number| member(number).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    shop.put("/v1/attributes/visits", r#"{"type":"int"}"#).accepted();
}

/// Rows for the members, each with a value of its own, counted from `first`.
fn visits(first: usize, rows: usize) -> String {
    let mut body = "identifier_kind,identifier,attribute,value\n".to_owned();
    (first..first + rows).for_each(|row| body += &format!("card,{},visits,{row}\n", row % 20 + 1));
    body
}

/// Sends an upload of attributes and does not wait for its end.
fn begin(shop: &Shop, key: &str, body: &str) -> Answer {
    let headers = [("Content-Type", "text/csv"), ("Idempotency-Key", key), ASYNC];
    shop.call(("POST", ATTRIBUTES), "integration", &headers, body)
}

fn address(begun: &Answer) -> String {
    format!("{ATTRIBUTES}/{}", begun.json()["id"].as_str().expect("an id"))
}

/// The document at an address once it is as wanted.
#[track_caller]
fn wait(shop: &Shop, path: &str, patience: Duration, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + patience;
    loop {
        let found = shop.as_integration("GET", path, "");
        if found.status == 200 && is_wanted(&found.json()) {
            return found.json();
        }
        assert!(Instant::now() < deadline, "{}: {}", found.status, found.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    started.elapsed()
}

#[track_caller]
fn assert_all_rows_once(import: &Value, rows: usize) {
    let count = |name: &str| import[name].as_u64().unwrap_or_default();
    assert_eq!((&import["state"], &import["detail"]), (&json!("done"), &json!("")), "{import}");
    let counted = [count("rows"), count("applied") + count("unchanged"), count("refused")];
    let rows = u64::try_from(rows).expect("a count");
    assert_eq!(counted, [rows, rows, 0], "each row counts once: {import}");
}

fn is_done(document: &Value) -> bool {
    document["state"] == "done"
}

/// The database is away while an import, an order of coupon codes and a back-test are under way. docs/performance.md says how
/// to run this with a PostgreSQL server that is stopped for a time, and more rows.
#[test]
fn background_work_goes_on_after_an_outage() {
    let link = Link::open();
    let (rows, patience) = (link.rows(), link.patience());
    let shop = Shop::open_at(link.database_url(), &[]);
    stock(&shop);
    for step in ["calculate", "confirm"] {
        shop.post(&path("p-1", step), step, &reference().to_string()).accepted();
    }
    link.sql(
        "INSERT INTO purchases SELECT (jsonb_populate_record(model, jsonb_build_object('id', 'p-1-' || n))).* \
         FROM purchases AS model, generate_series(1, 50) AS n WHERE model.id = 'p-1'",
    );
    shop.put(
        "/v1/offers/spring",
        &json!({"title": "spring", "mechanic": "product", "params": {"items": [
        {"target": "G1", "method": "percent", "value": "1"}]}})
        .to_string(),
    )
    .accepted();
    shop.put("/v1/coupon-pools/spring", r#"{"offer":"spring"}"#).accepted();

    let json_async = [("Content-Type", "application/json"), ASYNC];
    let order = r#"{"generate":20000,"length":10}"#;
    let codes = shop.call(("POST", "/v1/coupon-pools/spring/codes"), "integration", &json_async, order);
    let codes = format!("/v1/coupon-imports/{}", codes.accepted()["id"].as_str().expect("an id"));
    let candidate = r#"{"candidate":{"stop":["coffee-15"]}}"#;
    let backtest = shop.call(("POST", "/v1/backtests"), "integration", &json_async, candidate).accepted();
    let backtest = format!("/v1/backtests/{}", backtest["id"].as_str().expect("an id"));
    let import = address(&begin(&shop, "nightly", &visits(0, rows)));
    wait(&shop, &import, patience, |import| import["rows"].as_i64() > Some(0));

    link.cut();
    let n = std::cell::Cell::new(0);
    let calculate = || {
        n.set(n.get() + 1);
        let id = format!("t-{}", n.get());
        shop.post(&path(&id, "calculate"), &id, &reference().to_string()).status
    };
    until("a till is refused", || calculate() == 503);
    link.stay_away();
    link.mend();
    let back = until("a till is served again", || calculate() == 200);
    eprintln!("{rows} rows: a till was served {back:?} after the database was back");

    assert_all_rows_once(&wait(&shop, &import, patience, is_done), rows);
    let codes = wait(&shop, &codes, patience, is_done);
    assert_eq!((&codes["applied"], &codes["refused"]), (&json!(20_000), &json!(0)), "{codes}");
    let backtest = wait(&shop, &backtest, patience, is_done);
    assert_eq!(backtest["done"], 51, "{backtest}");
}
