//! A host that is killed at random moments while it sends: nobody gets a mail twice, nobody is left out but those whom
//! the host lists as unknown, and the sums add up.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, listed, mailing, members, open, put, reconcile, state, statistics};
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(
    nobody_twice_and_nobody_missed_whenever_it_is_killed,
    nobody_twice_when_a_host_is_stopped_past_its_lease,
);

/// The lease of lanes in milliseconds.
const LEASE_MS: u64 = 1_500;

/// How often the host is killed, and how many mails it sends.
const KILLS: &str = "OFFER_HOST_TEST_KILLS";
const MAILS: &str = "OFFER_HOST_TEST_MAILS";

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn settings() -> [(&'static str, &'static str); 2] {
    [("COMMUNICATIONS__SEND_LEASE_MS", "1500"), ("COMMUNICATIONS__SEND_BATCH", "20")]
}

/// Milliseconds until the next kill: they look random and are the same in each run.
fn pause(kill: usize, most: u64) -> Duration {
    let mixed = (u64::try_from(kill).expect("a number") + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    Duration::from_millis(mixed % most)
}

fn nobody_twice_and_nobody_missed_whenever_it_is_killed(database: Database) {
    let (kills, mails) = (setting(KILLS, 5), setting(MAILS, 600));
    let shop = open(database, &settings());
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    for first in (0..mails).step_by(200) {
        members(&shop, first..(first + 200).min(mails), is_wanted);
    }
    // Slow enough to be killed so often before it ends.
    let rate = (mails / (kills + 1) * 2).max(50);
    put(&shop, &mailing(&json!({"throttle_per_second": rate}))).accepted();
    call(&shop, "start").accepted();
    let mut killed = 0;
    for kill in 0..kills {
        let before = sink.count();
        // Until it sends again, and then a while.
        until("it goes on", || sink.count() > before || state(&shop) == "done");
        std::thread::sleep(pause(kill, 300));
        shop.kill();
        killed += 1;
        shop.start();
        if state(&shop) == "done" {
            break;
        }
    }
    until("the mailing is done", || state(&shop) == "done");
    let unknown = accounted(&shop, &sink, mails);
    // Unknown ones may have arrived or not; how many were on the wire at each kill is bounded by the batches.
    assert!(unknown <= killed * 2 * 20, "{unknown} of {mails} are unknown after {killed} kills");
}

/// Fails if somebody got it twice, or if somebody was missed who is not among the unknown. Returns how many these are.
fn accounted(shop: &Shop, sink: &Sink, mails: usize) -> usize {
    let statistics = statistics(shop);
    reconcile(&statistics);
    let taken = sink.mails();
    let twice: Vec<&String> = taken.iter().filter(|(_, mails)| mails.len() > 1).map(|(to, _)| to).collect();
    assert!(twice.is_empty(), "{twice:?} got it twice");
    let unknown: BTreeSet<String> = listed(shop, "unknown").into_iter().map(|(id, ..)| id).collect();
    let sent: BTreeSet<String> = listed(shop, "sent").into_iter().map(|(id, ..)| id).collect();
    for number in 0..mails {
        let member = format!("p-{number}");
        let got = taken.contains_key(&format!("p{number}@example.com"));
        let wanted = is_wanted(number);
        if unknown.contains(&member) {
            assert!(wanted, "{member} has not agreed");
        } else {
            assert_eq!(got, wanted, "{member} is not among the unknown");
            assert_eq!(sent.contains(&member), wanted, "{member}");
        }
    }
    let number = |name: &str| statistics["messages"][name].as_i64().expect("a number");
    assert_eq!(number("unknown"), i64::try_from(unknown.len()).expect("a number"));
    assert_eq!(
        number("sent") + number("unknown") + number("skipped"),
        statistics["audience"].as_i64().unwrap_or(0)
    );
    assert_eq!(statistics["messages"]["skipped"], Value::from(mails.div_ceil(50)));
    unknown.len()
}

/// One of fifty has taken consent back.
fn is_wanted(number: usize) -> bool {
    !number.is_multiple_of(50)
}

/// As a machine that is paused: whoever goes on past its lease finds that others have taken over.
fn nobody_twice_when_a_host_is_stopped_past_its_lease(database: Database) {
    const MAILS: usize = 300;
    let shop = open(database, &settings());
    let other = (database == Database::Postgres).then(|| shop.join(&[]));
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..MAILS, is_wanted);
    put(&shop, &mailing(&json!({"throttle_per_second": 25}))).accepted();
    call(&shop, "start").accepted();
    for round in 0..4 {
        let before = sink.count();
        until("it goes on", || sink.count() > before || state(&shop) == "done");
        std::thread::sleep(pause(round, 300));
        let stopped = other.as_ref().filter(|_| round % 2 == 1).unwrap_or(&shop);
        stopped.signal("STOP");
        std::thread::sleep(Duration::from_millis(LEASE_MS + 700));
        stopped.signal("CONT");
    }
    until("the mailing is done", || state(&shop) == "done");
    accounted(&shop, &sink, MAILS);
}
