//! Circuit breaker: after repeated faults a version is not asked for a while, longer after each failed
//! attempt.

use std::time::{Duration, Instant};

/// The number of faults in a row that open the circuit.
const FAULTS_IN_A_ROW: u32 = 5;
/// The time that the circuit stays open before the first attempt.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest time between two attempts; each failed attempt doubles it until then.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The circuit of one version: closed as long as there is no pause.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    in_a_row: u32,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    length: Duration,
    /// True while a receipt tries the version, and its outcome is not known yet.
    trying: bool,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.pause.is_some()
    }

    /// True if the version may be asked. While the circuit is open, one receipt after each pause may try it.
    pub(super) fn lets_through(&mut self, now: Instant) -> bool {
        let Some(pause) = &mut self.pause else { return true };
        if now < pause.until {
            return false;
        }
        // The receipt may turn out not to need the mechanic: then another one tries it after the next pause.
        pause.until = now + pause.length;
        pause.trying = true;
        true
    }

    /// Records the outcome of a receipt.
    pub(super) fn record(&mut self, is_fault: bool, now: Instant) {
        if !is_fault {
            *self = Self::default();
            return;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let length = match &self.pause {
            Some(pause) if pause.trying => pause.length.saturating_mul(2).min(LONGEST_PAUSE),
            None if self.in_a_row >= FAULTS_IN_A_ROW => FIRST_PAUSE,
            // Receipts that were under way when the circuit opened do not count as an attempt.
            Some(_) | None => return,
        };
        self.pause = Some(Pause { until: now + length, length, trying: false });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "small numbers")]

    use super::*;

    #[test]
    fn pauses_grow_until_it_works_again() {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            breaker.record(true, now);
        }
        assert!(breaker.lets_through(now), "four faults are not enough");
        breaker.record(true, now);
        for length in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(!breaker.lets_through(now + Duration::from_millis(length * 1000 - 1)), "{length}");
            now += Duration::from_secs(length);
            assert!(breaker.lets_through(now), "one may try");
            assert!(!breaker.lets_through(now), "and no other");
            breaker.record(true, now);
        }
        now += Duration::from_secs(60);
        assert!(breaker.lets_through(now));
        breaker.record(false, now);
        assert!(breaker.lets_through(now) && breaker.lets_through(now) && !breaker.is_open());
    }
}
