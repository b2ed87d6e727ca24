//! A disk that is full: calls are refused, nothing that was acknowledged is lost, and the host goes on by itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::shop::{Database, Shop, path, reference};

/// Beyond any reasonable wait: a failure, not a measurement.
const PATIENCE: Duration = Duration::from_secs(90);
const TILLS: usize = 4;
/// Purchases before each time that the disk is full, and after the last.
const SOLD_BETWEEN: usize = 40;
/// The database of the shop, and some megabytes that its purchases fill.
const DISK_BYTES: u64 = 16 << 20;

/// Outcomes of the tills so far.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    confirmed: Mutex<Vec<String>>,
    refused: AtomicUsize,
}

impl Seen {
    fn sold(&self) -> usize {
        self.confirmed.lock().expect("tills go on").len()
    }

    /// Waits until the tills have sold some more.
    fn sell_more(&self) {
        let before = self.sold();
        until("tills sell", || self.sold() >= before + SOLD_BETWEEN);
    }
}

/// A till that sells one purchase after another until it is told to stop. It gives up a purchase that is refused.
fn sell(shop: &Shop, seen: &Seen, till: usize) {
    let receipt = reference().to_string();
    for n in 0.. {
        if seen.stop.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("p-{till}-{n}");
        let calculated = shop.post(&path(&id, "calculate"), &format!("{id}-calculate"), &receipt);
        let confirmed = (calculated.status == 200)
            .then(|| shop.post(&path(&id, "confirm"), &format!("{id}-confirm"), ""));
        match confirmed.map_or(calculated.status, |confirmed| confirmed.status) {
            200 => seen.confirmed.lock().expect("tills go on").push(id),
            503 => {
                seen.refused.fetch_add(1, Ordering::Relaxed);
            }
            status => panic!("{id} was answered {status}"),
        }
    }
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
    started.elapsed()
}

#[test]
fn a_full_disk_is_survived_three_times() {
    let shop = Shop::open(Database::Sqlite);
    let disk = shop.move_to_small_disk(DISK_BYTES);
    let seen = Seen::default();
    thread::scope(|scope| {
        for till in 0..TILLS {
            let (shop, seen) = (&shop, &seen);
            scope.spawn(move || sell(shop, seen, till));
        }
        for round in 1..=3 {
            seen.sell_more();
            let refused = seen.refused.load(Ordering::Relaxed);
            disk.fill();
            until("tills are refused", || seen.refused.load(Ordering::Relaxed) > refused);
            until("the host is not ready", || shop.get("/readyz").status == 503);
            disk.clear();
            let back = until("the host is ready again", || shop.get("/readyz").status == 200);
            eprintln!("round {round}: ready {back:?} after there was room; {} purchases so far", seen.sold());
        }
        seen.sell_more();
        seen.stop.store(true, Ordering::Relaxed);
    });
    let confirmed = seen.confirmed.into_inner().expect("tills have stopped");
    for id in &confirmed {
        let stored = shop.get(&format!("/v1/purchases/{id}")).accepted();
        assert_eq!(stored["state"], "confirmed", "{id} was acknowledged");
    }
}
