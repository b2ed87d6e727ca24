//! One call, made many times.

use std::time::{Duration, Instant};

use domain::mechanics::Fault;
use engine::{Component, Cost, ProfiledCall};
use rustix::time::{ClockId, clock_gettime};

/// Calls that are not counted: the first ones find nothing at hand.
const WARM_UP: usize = 3;
const CALLS_MIN: usize = 20;
const CALLS_MAX: usize = 500;
/// As long as a person waits for one number.
const TIME: Duration = Duration::from_millis(500);

/// What a call costs, each time in an instance of its own.
pub(super) struct Measured {
    /// Of each call: the same every time.
    pub(super) cost: Cost,
    /// Processor time.
    pub(super) cpu: Percentiles,
    /// Time of day.
    pub(super) wall: Percentiles,
    /// How often it was made.
    pub(super) calls: usize,
    /// It passed a limit, or failed in another way.
    pub(super) fault: Option<Fault>,
}

/// In nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percentiles {
    pub(super) p50: u64,
    pub(super) p99: u64,
}

impl Measured {
    pub(super) fn of(component: &Component, call: &ProfiledCall) -> Self {
        let once = || {
            let cpu = thread_time();
            let (ended, cost, wall) = component.evaluate_alone(&call.receipt, &call.offers, &call.facts);
            (ended.err(), cost, thread_time().saturating_sub(cpu), nanoseconds(wall))
        };
        let (mut fault, mut cost, ..) = once();
        for _ in 1..WARM_UP {
            once();
        }
        let (started, mut cpu, mut wall) = (Instant::now(), Vec::new(), Vec::new());
        while wall.len() < CALLS_MIN || started.elapsed() < TIME && wall.len() < CALLS_MAX {
            let (failed, of_call, on_processor, by_clock) = once();
            fault = fault.or(failed);
            cost = of_call;
            cpu.push(on_processor);
            wall.push(by_clock);
            if fault.is_some() {
                break;
            }
        }
        let calls = wall.len();
        Self { cost, cpu: Percentiles::of(cpu), wall: Percentiles::of(wall), calls, fault }
    }
}

impl Percentiles {
    pub(super) fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let rank = times.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
            times.get(rank).copied().unwrap_or(0)
        };
        Self { p50: at(50), p99: at(99) }
    }
}

/// Processor time of this thread, in nanoseconds.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let hundred = (1..=100).rev().collect();
        assert_eq!(Percentiles::of(hundred), Percentiles { p50: 50, p99: 99 });
        assert_eq!(Percentiles::of(vec![7]), Percentiles { p50: 7, p99: 7 });
        assert_eq!(Percentiles::of(Vec::new()), Percentiles { p50: 0, p99: 0 });
    }
}
