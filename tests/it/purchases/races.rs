//! Many tills at once: for the last uses of an offer, and for the points of one member.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, hundredths, path};

on_both_databases!(tills_race_for_the_last_uses_and_points);

const CLIENTS: usize = 64;
const PURCHASES: usize = 384;
const USES: usize = 100;

/// Goods at 100.00, of which the member pays 3.00 with points.
fn receipt() -> String {
    json!({
        "at": "2025-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "member": {"kind": "card", "value": "1"},
        "pay_points": "3.00",
        "lines": [{"position": 1, "goods_id": "X", "quantity": "1", "price": "100.00", "amount": "100.00"}],
    })
    .to_string()
}

/// The answer, however busy the host is at first.
fn patiently(shop: &Shop, path: &str, key: &str, body: &str) -> Answer {
    for _ in 0..200 {
        let answer = shop.post(path, key, body);
        if answer.status != 503 {
            return answer;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{path} was never answered");
}

fn tills_race_for_the_last_uses_and_points(database: Database) {
    let shop = Shop::open(database);
    shop.as_integration("POST", "/v1/offers/points-5/stop", "").accepted();
    let params = json!({"items": [{"method": "amount", "value": "10.00"}]});
    let limits = json!([{"per": "total", "uses": USES.to_string()}]);
    shop.run_offer("hundred", &json!({"mechanic": "receipt", "params": params, "limits": limits}));

    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let confirmed: Mutex<Vec<Value>> = Mutex::default();
    let receipt = receipt();
    thread::scope(|scope| {
        let tills: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= PURCHASES {
                            return;
                        }
                        let id = format!("p-{number}");
                        let calculated =
                            patiently(&shop, &path(&id, "calculate"), &format!("c {id}"), &receipt);
                        calculated.accepted();
                        let answer = patiently(&shop, &path(&id, "confirm"), &format!("k {id}"), "");
                        assert_eq!(answer.accepted()["totals"], calculated.json()["totals"]);
                        confirmed.lock().expect("answers").push(answer.json());
                    }
                })
            })
            .collect();
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let points = shop.points();
                for name in ["available", "reserved", "spent"] {
                    assert!(hundredths(&points[name]) >= 0, "{points}");
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let results: Vec<_> = tills.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("points never fall below zero");
        for result in results {
            result.expect("every purchase is answered");
        }
    });

    let confirmed = confirmed.into_inner().expect("answers");
    assert_eq!(confirmed.len(), PURCHASES);
    let granted = confirmed.iter().filter(|answer| answer["totals"]["discount"] == "10.00").count();
    let nothing = confirmed.iter().filter(|answer| answer["totals"]["discount"] == "0.00").count();
    assert_eq!((granted, granted + nothing), (USES, PURCHASES), "all uses are given out, and no more");
    let paid: i64 = confirmed.iter().map(|answer| hundredths(&answer["totals"]["points_spent"])).sum();
    assert_eq!(paid, 100_000, "the member had 1,000 points and paid with all of them");
    let points = shop.points();
    let balance = ["available", "reserved", "spent", "accrued"].map(|name| hundredths(&points[name]));
    assert_eq!(balance, [0, 0, 100_000, 100_000]);
    shop.verify();
}
