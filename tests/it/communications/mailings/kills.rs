//! A host that is killed at random moments while it sends: nobody gets a mail twice, nobody is left out but those whom
//! the host lists as unknown, and the sums add up.
//!
//! `OFFER_HOST_TEST_KILLS=200 OFFER_HOST_TEST_MAILS=10000 cargo test --release --workspace --test it -- kills --nocapture`
//! kills it at 200 points of a mailing of 10,000 on both databases.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

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

/// Mails a second: so slow that no mailing ends before the last kill.
const RATE: usize = 60;
/// Mails of a wave at this rate at most, that of a machine that is late.
const WAVE: usize = 5;

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn settings() -> [(&'static str, &'static str); 1] {
    [("COMMUNICATIONS__SEND_LEASE_MS", "1500")]
}

/// A number below another one: such numbers look random, and are the same in each run.
fn mixed(number: usize, below: u64) -> u64 {
    (u64::try_from(number).expect("a number") + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) % below
}

/// Milliseconds until the next kill.
fn pause(kill: usize, most: u64) -> Duration {
    Duration::from_millis(mixed(kill, most))
}

/// How many mails have arrived when the host is killed, each time.
fn points(kills: usize, mails: usize) -> Vec<usize> {
    let end = u64::try_from(mails * 9 / 10).expect("a number");
    let mut points: Vec<usize> =
        (0..kills).map(|kill| usize::try_from(mixed(kill, end)).expect("a number")).collect();
    points.sort_unstable();
    points
}

fn nobody_twice_and_nobody_missed_whenever_it_is_killed(database: Database) {
    let (kills, mails) = (setting(KILLS, 5), setting(MAILS, 600));
    let shop = open(database, &settings());
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    for first in (0..mails).step_by(200) {
        members(&shop, first..(first + 200).min(mails), is_wanted);
    }
    put(&shop, &mailing(&json!({"throttle_per_second": RATE}))).accepted();
    let started = Instant::now();
    call(&shop, "start").accepted();
    let mut before = 0;
    for (kill, point) in points(kills, mails).into_iter().enumerate() {
        // Until it sends again, and has come so far; then at any place of a step.
        until("it goes on", || sink.count() > before.max(point));
        std::thread::sleep(pause(kill, 40));
        shop.kill();
        before = sink.count();
        shop.start();
        assert_eq!(state(&shop), "running", "it has ended before kill {kill} of {kills}");
    }
    until("the mailing is done", || state(&shop) == "done");
    let seconds = started.elapsed().as_secs();
    let (unknown, arrived) = accounted(&shop, &sink, mails);
    let (sent, skipped) = (sink.count() - arrived, mails.div_ceil(50));
    eprintln!(
        "{database:?}: {kills} kills, {mails} members: {sent} sent, {unknown} unknown ({arrived} of them arrived), \
         {skipped} skipped, {seconds} s"
    );
    // Only what is about to go on the wire is an attempt: a wave there, and one whose answers are not written yet.
    assert!(unknown <= kills * 2 * WAVE, "{unknown} of {mails} are unknown after {kills} kills");
}

/// Fails if somebody got it twice, or if somebody was missed who is not among the unknown. Returns how many these are, and how
/// many of them got it.
fn accounted(shop: &Shop, sink: &Sink, mails: usize) -> (usize, usize) {
    let statistics = statistics(shop);
    reconcile(&statistics);
    let taken = sink.mails();
    let twice: Vec<&String> = taken.iter().filter(|(_, mails)| mails.len() > 1).map(|(to, _)| to).collect();
    assert!(twice.is_empty(), "{twice:?} got it twice");
    let unknown: BTreeSet<String> = listed(shop, "unknown").into_iter().map(|(id, ..)| id).collect();
    let sent: BTreeSet<String> = listed(shop, "sent").into_iter().map(|(id, ..)| id).collect();
    assert!(sent.is_disjoint(&unknown), "{:?} are both", sent.intersection(&unknown).collect::<Vec<_>>());
    let mut arrived = 0;
    for number in 0..mails {
        let member = format!("p-{number}");
        let got = taken.contains_key(&format!("p{number}@example.com"));
        let wanted = is_wanted(number);
        if unknown.contains(&member) {
            assert!(wanted, "{member} has not agreed");
            arrived += usize::from(got);
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
    assert_eq!(taken.len(), sent.len() + arrived, "what was taken is sent or unknown");
    (unknown.len(), arrived)
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
