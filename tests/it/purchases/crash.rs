//! The host is killed at any moment, and nothing that it has answered is lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, hundredths, paid_with, path};

on_both_databases!(what_was_answered_survives_being_killed);

const CLIENTS: u64 = 6;
const KILLS: u64 = 20;
/// Purchases, and returns, that are confirmed in the end.
const ENDS_MIN: u64 = 20;

/// Numbers that look random and are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A call that was answered.
struct Answered {
    path: String,
    key: String,
    body: String,
    answer: Answer,
}

/// Counts of answers over all tills. The test goes on until there are enough, however slow the machine is.
#[derive(Default)]
struct Progress {
    answers: AtomicU64,
    confirmed: AtomicU64,
    returned: AtomicU64,
}

impl Progress {
    fn note(&self, path: &str) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        if path.ends_with("/confirm") {
            let ends = if path.contains("/returns/") { &self.returned } else { &self.confirmed };
            ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wait(&self, until: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !until(self) {
            assert!(begun.elapsed() < Duration::from_secs(120), "nothing happens any more");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A till that writes down what it was answered, and asks again until it is.
struct Till<'a> {
    shop: &'a Shop,
    progress: &'a Progress,
    log: Vec<Answered>,
    /// Calls that found no host, or got no answer.
    unanswered: u64,
}

impl Till<'_> {
    fn call(&mut self, path: &str, key: &str, body: &str) -> Value {
        let begun = Instant::now();
        let answer = loop {
            match self.shop.try_post(path, key, body) {
                Ok(answer) if answer.status < 500 => break answer,
                Ok(answer) => assert_eq!(answer.status, 503, "{path}: {}", answer.text),
                Err(_) => self.unanswered += 1,
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{path} was never answered");
            thread::sleep(Duration::from_millis(10));
        };
        let document = answer.accepted();
        self.progress.note(path);
        let (path, key, body) = (path.to_owned(), key.to_owned(), body.to_owned());
        self.log.push(Answered { path, key, body, answer });
        document
    }

    /// A purchase from the beginning to one of its ends.
    fn buy(&mut self, id: &str, random: &mut Random) {
        let receipt = paid_with(&format!("{}.00", random.below(3))).to_string();
        for number in 0..=random.below(2) {
            self.call(&path(id, "calculate"), &format!("{id} c{number}"), &receipt);
        }
        if random.below(4) == 0 {
            self.call(&path(id, "cancel"), &format!("{id} x"), "");
            return;
        }
        self.call(&path(id, "confirm"), &format!("{id} k"), "");
        for number in 0..random.below(3) {
            let milk = json!({"lines": [{"position": 4, "quantity": "1"}]}).to_string();
            let returned = self.call(&path(id, "returns"), &format!("{id} r{number}"), &milk);
            let returned = returned["return_id"].as_str().expect("an id");
            let step = if random.below(3) == 0 { "cancel" } else { "confirm" };
            let step = path(id, &format!("returns/{returned}/{step}"));
            self.call(&step, &format!("{id} r{number} end"), "");
        }
    }
}

fn what_was_answered_survives_being_killed(database: Database) {
    let shop = Shop::open(database);
    let params = json!({"items": [{"target": "G4", "method": "amount_per_unit", "value": "1.00"}]});
    let limits = json!([{"per": "total", "uses": "1000000"}]);
    shop.run_offer("counted", &json!({"mechanic": "product", "params": params, "limits": limits}));

    let (stop, progress) = (AtomicBool::new(false), Progress::default());
    let (log, unanswered): (Mutex<Vec<Answered>>, Mutex<u64>) = Default::default();
    thread::scope(|scope| {
        let tills: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (shop, stop, log, unanswered, progress) = (&shop, &stop, &log, &unanswered, &progress);
                scope.spawn(move || {
                    let mut till = Till { shop, progress, log: Vec::new(), unanswered: 0 };
                    let mut random = Random::new(client + 1);
                    let mut number = 0;
                    while !stop.load(Ordering::Relaxed) {
                        number += 1;
                        till.buy(&format!("p-{client}-{number}"), &mut random);
                    }
                    log.lock().expect("the log").extend(till.log);
                    *unanswered.lock().expect("the count") += till.unanswered;
                })
            })
            .collect();
        let mut random = Random::new(20_261_122);
        for _ in 0..KILLS {
            let before = progress.answers.load(Ordering::Relaxed);
            let wanted = before + 1 + random.below(20);
            progress.wait(|progress| progress.answers.load(Ordering::Relaxed) >= wanted);
            thread::sleep(Duration::from_millis(random.below(100)));
            shop.kill();
            shop.start();
        }
        progress.wait(|progress| {
            let ends = [&progress.confirmed, &progress.returned];
            ends.into_iter().all(|ends| ends.load(Ordering::Relaxed) > ENDS_MIN)
        });
        stop.store(true, Ordering::Relaxed);
        for till in tills {
            till.join().expect("a till that was always answered in the end");
        }
    });

    let log = log.into_inner().expect("the log");
    let unanswered = unanswered.into_inner().expect("the count");
    assert!(unanswered >= KILLS, "{unanswered} calls were cut off: there was too little load");
    for Answered { path, key, body, answer } in &log {
        assert_eq!(shop.post(path, key, body), *answer, "{path} is answered as before");
    }
    let total = |names: [&str; 2], ends: &str, is_return: bool| -> i64 {
        let confirmed = log
            .iter()
            .filter(|call| call.path.ends_with("/confirm") && call.path.contains("/returns/") == is_return);
        assert!(confirmed.clone().nth(20).is_some(), "there was too little {ends}");
        confirmed.map(|call| call.answer.json().pointer(&names.join("/")).map_or(0, hundredths)).sum()
    };
    for call in log.iter().filter(|call| call.path.ends_with("/confirm")) {
        let Some(id) = call.path.strip_suffix("/confirm").filter(|id| !id.contains("/returns/")) else {
            continue;
        };
        let stored = shop.get(id).accepted();
        assert_eq!((&stored["state"], &stored["result"]), (&json!("confirmed"), &call.answer.json()));
    }
    // Every purchase that was confirmed had its effect, and had it once.
    let earned = total(["/totals", "points_earned"], "confirming", false);
    let spent = total(["/totals", "points_spent"], "confirming", false);
    let taken = total(["/totals", "points_taken"], "returning", true);
    let given = total(["/totals", "points_spent"], "returning", true);
    let points = shop.points();
    assert_eq!(hundredths(&points["accrued"]), 100_000 + earned - taken, "{points}");
    assert_eq!(hundredths(&points["spent"]), spent - given, "{points}");
    assert_eq!(hundredths(&points["reserved"]), 0, "{points}");
    shop.verify();
}
