//! Mails that are on the wire while the database is locked: what the server answers is known all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::sink::Sink;
use super::{call, done, mailing, members, open, put, statistics};
use crate::communications::lock::Lock;
use crate::shop::{Database, on_both_databases};
use crate::waiting::until;

on_both_databases!(what_is_on_the_wire_is_known_though_its_lease_cannot_be_lengthened);

const MAILS: usize = 3;

fn what_is_on_the_wire_is_known_though_its_lease_cannot_be_lengthened(database: Database) {
    let settings = [
        ("COMMUNICATIONS__SEND_LEASE_MS", "600"),
        ("COMMUNICATIONS__SEND_WORKERS", "1"),
        // Lengthening the lease fails after a second.
        ("DATABASE__LOCK_SECONDS", "1"),
    ];
    let shop = open(database, &settings);
    let (asked, is_open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, gate) = (Arc::clone(&asked), Arc::clone(&is_open));
    let sink = Sink::with(Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        while !gate.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(10));
        }
        None
    }));
    let account = json!({
        "host": "127.0.0.1", "port": sink.port, "security": "none", "allow_private": true,
        "from": "Shop <shop@example.com>", "connections": 8, "timeout_ms": 60_000,
    });
    shop.put("/v1/channels/mail", &json!({"kind": "smtp", "account": account}).to_string()).accepted();
    members(&shop, 0..MAILS, |_| true);
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    until("all are on the wire", || asked.load(Ordering::SeqCst) == MAILS);
    let lock = Lock::of_sending(&shop, database);
    // A third of the lease, and the second after which the database gives up; the server of mails waits longer.
    sleep(Duration::from_millis(2_500));
    is_open.store(true, Ordering::SeqCst);
    until("all have arrived", || sink.count() == MAILS);
    lock.end(&shop);
    until("all are known to be sent", || statistics(&shop)["messages"]["sent"] == json!(MAILS));
    let statistics = done(&shop);
    assert_eq!(sink.count(), MAILS, "nobody got it twice: {statistics}");
}
