//! Leaves a version alone that fails again and again, for longer and longer.

use std::time::{Duration, Instant};

/// So many faults in a row open it.
const FAULTS_IN_A_ROW: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Closed, as long as there is no pause.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    in_a_row: u32,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    length: Duration,
    /// Whether a receipt tries, and nothing is known of it yet.
    trying: bool,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.pause.is_some()
    }

    /// While it is open, one receipt after each pause may try.
    pub(super) fn lets_through(&mut self, now: Instant) -> bool {
        let Some(pause) = &mut self.pause else { return true };
        if now < pause.until {
            return false;
        }
        // It may turn out not to need the mechanic: then another one tries, later.
        pause.until = now + pause.length;
        pause.trying = true;
        true
    }

    pub(super) fn note(&mut self, is_fault: bool, now: Instant) {
        if !is_fault {
            *self = Self::default();
            return;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let length = match &self.pause {
            Some(pause) if pause.trying => pause.length.saturating_mul(2).min(LONGEST_PAUSE),
            None if self.in_a_row >= FAULTS_IN_A_ROW => FIRST_PAUSE,
            // Those that were under way when it opened tell nothing new.
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
            breaker.note(true, now);
        }
        assert!(breaker.lets_through(now), "four faults are not enough");
        breaker.note(true, now);
        for length in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(!breaker.lets_through(now + Duration::from_millis(length * 1000 - 1)), "{length}");
            now += Duration::from_secs(length);
            assert!(breaker.lets_through(now), "one may try");
            assert!(!breaker.lets_through(now), "and no other");
            breaker.note(true, now);
        }
        now += Duration::from_secs(60);
        assert!(breaker.lets_through(now));
        breaker.note(false, now);
        assert!(breaker.lets_through(now) && breaker.lets_through(now) && !breaker.is_open());
    }
}
