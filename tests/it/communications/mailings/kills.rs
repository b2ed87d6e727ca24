//! A host that is killed at random moments while it sends: nobody gets a mail twice, nobody is left out but those whom
//! the host lists as unknown, and the sums add up.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, listed, mailing, members, open, put, reconcile, state, statistics};
use crate::shop::{Database, on_both_databases};
use crate::waiting::until;

on_both_databases!(nobody_twice_and_nobody_missed_whenever_it_is_killed);

/// How often the host is killed, and how many mails it sends.
const KILLS: &str = "OFFER_HOST_TEST_KILLS";
const MAILS: &str = "OFFER_HOST_TEST_MAILS";

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Milliseconds until the next kill: they look random and are the same in each run.
fn pause(kill: usize, most: u64) -> Duration {
    let mixed = (u64::try_from(kill).expect("a number") + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    Duration::from_millis(mixed % most)
}

fn nobody_twice_and_nobody_missed_whenever_it_is_killed(database: Database) {
    let (kills, mails) = (setting(KILLS, 5), setting(MAILS, 600));
    let lease = [("COMMUNICATIONS__SEND_LEASE_MS", "1500"), ("COMMUNICATIONS__SEND_BATCH", "20")];
    let shop = open(database, &lease);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    for first in (0..mails).step_by(1_000) {
        members(&shop, first..(first + 1_000).min(mails), |number| !number.is_multiple_of(50));
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
    let statistics = statistics(&shop);
    reconcile(&statistics);
    let taken = sink.mails();
    let twice: Vec<&String> = taken.iter().filter(|(_, mails)| mails.len() > 1).map(|(to, _)| to).collect();
    assert!(twice.is_empty(), "after {killed} kills {twice:?} got it twice");
    let unknown: BTreeSet<String> = listed(&shop, "unknown").into_iter().map(|(id, ..)| id).collect();
    let sent: BTreeSet<String> = listed(&shop, "sent").into_iter().map(|(id, ..)| id).collect();
    for number in 0..mails {
        let member = format!("p-{number}");
        let got = taken.contains_key(&format!("p{number}@example.com"));
        let wanted = !number.is_multiple_of(50);
        if !unknown.contains(&member) {
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
    // What is unknown may have arrived or not; how many were on the wire at each kill is bounded by the batches.
    assert!(
        unknown.len() <= killed * 2 * 20,
        "{} of {mails} are unknown after {killed} kills",
        unknown.len()
    );
}
