//! The least rate of a stream.

use std::time::Duration;

use tokio::time::Instant;

const NANOS_A_SECOND: u64 = 1_000_000_000;

/// A least rate, and by how much a stream may be late.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeastRate {
    /// Not 0.
    pub(crate) bytes_per_second: u64,
    pub(crate) late: Duration,
}

/// How a stream keeps up with its least rate. Only waiting for the other side counts, and what arrived faster than it
/// had to is no credit beyond `late`: otherwise a fast beginning would allow an endless pause.
#[derive(Debug)]
pub(crate) struct Pace {
    least: LeastRate,
    left: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(least: LeastRate) -> Self {
        Self { least, left: least.late, waiting_since: None }
    }

    /// The stream waits for the other side. Returns when that has lasted too long.
    pub(crate) fn waits(&mut self, now: Instant) -> Instant {
        *self.waiting_since.get_or_insert(now) + self.left
    }

    /// Counts bytes that were sent or received: they earn time, at the slowest rate allowed.
    pub(crate) fn passed(&mut self, bytes: usize, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            self.left = self.left.saturating_sub(now.saturating_duration_since(since));
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let earned = bytes.saturating_mul(NANOS_A_SECOND) / self.least.bytes_per_second.max(1);
        self.left = self.left.saturating_add(Duration::from_nanos(earned)).min(self.least.late);
    }

    /// When the waiting has lasted too long; none while nothing waits.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: LeastRate = LeastRate { bytes_per_second: 1_000, late: Duration::from_secs(10) };

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_byte_now_and_then_is_too_slow() {
        let start = Instant::now();
        let mut pace = Pace::new(LEAST);
        assert_eq!(pace.waits(start), after(start, 10_000));
        pace.passed(1, after(start, 9_000));
        assert_eq!(pace.deadline(), None, "nothing waits");
        assert_eq!(pace.waits(after(start, 9_000)), after(start, 10_001));
    }

    #[test]
    fn a_stream_that_keeps_coming_may_take_any_time() {
        let mut now = Instant::now();
        let mut pace = Pace::new(LEAST);
        for _ in 0..1_000 {
            let deadline = pace.waits(now);
            now = after(now, 5_000);
            assert!(now < deadline);
            pace.passed(5_000, now);
        }
    }

    #[test]
    fn a_fast_beginning_allows_no_long_pause() {
        let start = Instant::now();
        let mut pace = Pace::new(LEAST);
        pace.passed(usize::MAX, start);
        assert_eq!(pace.waits(start), after(start, 10_000));
    }

    #[test]
    fn time_in_which_nobody_waits_is_free() {
        let start = Instant::now();
        let mut pace = Pace::new(LEAST);
        pace.passed(0, after(start, 60_000));
        assert_eq!(pace.waits(after(start, 60_000)), after(start, 70_000));
    }
}
