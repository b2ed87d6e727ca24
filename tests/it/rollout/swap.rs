//! Swaps under load: every receipt is priced whole, by one version.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::version_of;
use crate::shop::{Database, Shop, on_both_databases, path, reference};

on_both_databases!(no_receipt_is_mixed_or_failed_while_versions_flip);

fn no_receipt_is_mixed_or_failed_while_versions_flip(database: Database) {
    const FLIPS: usize = 60;
    let shop = Shop::open(database);
    shop.upload_product("3.100.101");
    let (done, receipts) = (AtomicBool::new(false), AtomicUsize::new(0));
    let seen: BTreeSet<(String, String)> = thread::scope(|scope| {
        let till = |till: usize| {
            let (shop, done, receipts) = (&shop, &done, &receipts);
            scope.spawn(move || {
                let mut seen = BTreeSet::new();
                while !done.load(Ordering::Relaxed) {
                    let id = format!("t{till}-{}", receipts.fetch_add(1, Ordering::Relaxed));
                    let answer = shop.post(&path(&id, "calculate"), &id, &reference().to_string());
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    seen.insert(whole(&answer.json()));
                }
                seen
            })
        };
        let tills: Vec<_> = (0..3).map(till).collect();
        for flip in 0..FLIPS {
            let version = if flip % 2 == 0 { "3.100.101" } else { "1.0.0" };
            assert_eq!(shop.roll_out(&json!({"version": version}))["active"]["version"], version);
        }
        done.store(true, Ordering::Relaxed);
        tills.into_iter().flat_map(|till| till.join().expect("a till")).collect()
    });
    // Two versions, two plans, and no other combination.
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(receipts.into_inner() > FLIPS, "there was load");
    shop.verify();
}

/// Version and plan, after checking that the whole receipt is of that version.
fn whole(answer: &Value) -> (String, String) {
    let version = version_of(answer);
    let expected = if version == "1.0.0" { "104.97" } else { "314.91" };
    let coffee = &answer["lines"][0];
    assert_eq!(coffee["discount"], expected, "priced by one version and named by another: {answer}");
    for offer in coffee["offers"].as_array().unwrap().iter().filter(|offer| offer["mechanic"] == "product") {
        assert_eq!(offer["mechanic_version"], version.as_str());
    }
    (version, answer["plan"].as_str().unwrap().to_owned())
}
