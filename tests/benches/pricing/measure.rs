//! Time, in whole nanoseconds.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Half of the runs took no longer, and 99 of 100.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Processor time of so many runs, after a tenth as many to warm up: what others do on the machine
/// meanwhile is not counted.
pub(crate) fn spread<T>(runs: usize, mut run: impl FnMut() -> T) -> Spread {
    for _ in 0..runs.div_ceil(10) {
        black_box(run());
    }
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = processor_time();
            black_box(run());
            processor_time().saturating_sub(start)
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    Spread { p50: at(50), p99: at(99) }
}

/// How many runs a second so many threads make together, by the wall clock.
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
