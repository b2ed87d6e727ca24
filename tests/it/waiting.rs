//! Waiting for what comes about by itself after an answer.

use std::thread;
use std::time::{Duration, Instant};

/// Beyond any reasonable wait: a failure, not a measurement.
const PATIENCE: Duration = Duration::from_secs(240);
/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::sleep(PAUSE);
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}
