//! Measures times in whole nanoseconds.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Median and 99th percentile of the times of runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Processor times of two ways to do the same: so many runs of each, after a tenth as many to warm up. Processor time
/// leaves out the work of other processes; the two take turns, so that disturbances of caches and clocks meet both.
pub(crate) fn side_by_side<T>(
    runs: usize,
    mut one: impl FnMut() -> T,
    mut other: impl FnMut() -> T,
) -> (Spread, Spread) {
    let (mut of_one, mut of_other) = (Vec::with_capacity(runs), Vec::with_capacity(runs));
    let warm_up = runs.div_ceil(10);
    for run in 0..runs + warm_up {
        let (first, second) = (timed(&mut one), timed(&mut other));
        if run >= warm_up {
            of_one.push(first);
            of_other.push(second);
        }
    }
    (Spread::of(of_one), Spread::of(of_other))
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }
}

fn timed<T>(mut run: impl FnMut() -> T) -> Duration {
    let start = processor_time();
    let result = black_box(run());
    let time = processor_time().saturating_sub(start);
    drop(result);
    time
}

/// Runs per second of elapsed time that `threads` threads make together.
pub(crate) fn throughput<T>(threads: u32, runs_each: u32, run: impl Fn() -> T + Sync) -> u128 {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..runs_each {
                    black_box(run());
                }
            });
        }
    });
    let runs = u128::from(threads) * u128::from(runs_each);
    runs * 1_000_000_000 / start.elapsed().as_nanos().max(1)
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
