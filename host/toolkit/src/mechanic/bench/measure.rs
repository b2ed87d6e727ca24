//! Measures one call by making it many times.

use std::time::{Duration, Instant};

use domain::mechanics::Fault;
use engine::{Component, Cost, ProfiledCall, VerdictCounts};
use rustix::time::{ClockId, clock_gettime};

/// Calls before the counted ones, which fill the caches.
const WARM_UP: usize = 3;
/// The fewest calls that are counted.
const CALLS_MIN: usize = 20;
/// The most calls that are counted.
const CALLS_MAX: usize = 500;
/// Calls are counted for this long, within their fewest and most.
const TIME: Duration = Duration::from_millis(500);

/// The cost of a call; each repetition runs in a fresh instance.
pub(super) struct Measured {
    /// Fuel, memory and bytes: the same at every repetition.
    pub(super) cost: Cost,
    /// Processor time of a call.
    pub(super) cpu: Percentiles,
    /// Elapsed time of a call.
    pub(super) wall: Percentiles,
    /// Repetitions that were counted.
    pub(super) calls: usize,
    /// The verdicts of a call; none after a failure.
    pub(super) verdicts: Option<VerdictCounts>,
    /// The first failure, if any: a limit that was passed, or a trap.
    pub(super) fault: Option<Fault>,
}

/// Percentiles of times, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percentiles {
    pub(super) p50: u64,
    pub(super) p99: u64,
}

impl Measured {
    /// The verdicts of a call; none if it fails.
    pub(super) fn verdicts(component: &Component, call: &ProfiledCall) -> Option<VerdictCounts> {
        let (ended, ..) = component.evaluate_alone(&call.receipt, &call.offers, &call.facts);
        ended.ok().map(|evaluated| VerdictCounts::of(&evaluated))
    }

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
        let verdicts = Self::verdicts(component, call);
        Self { verdicts, cost, cpu: Percentiles::of(cpu), wall: Percentiles::of(wall), calls, fault }
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
