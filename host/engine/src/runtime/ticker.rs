//! The clock of deadlines.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// A thread that advances the epochs of engines until it is dropped.
pub(super) struct Ticker {
    tick: Duration,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start<const N: usize>(engines: [&Engine; N], tick: Duration) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let engines = engines.map(Engine::weak);
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("sandbox-ticker".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                thread::park_timeout(tick);
                let living = engines.iter().filter_map(EngineWeak::upgrade);
                living.for_each(|engine| engine.increment_epoch());
            }
        })?;
        Ok(Self { tick, stop, thread: Some(thread) })
    }

    pub(super) fn tick(&self) -> Duration {
        self.tick
    }
}

/// A time in ticks of this length, rounded up, at least one.
pub(crate) fn ticks(time: Duration, tick: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(tick.as_nanos().max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It cannot fail, and there would be nothing to do about it here.
            drop(thread.join());
        }
    }
}
