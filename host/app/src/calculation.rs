//! The threads that price receipts. The sandbox is synchronous and the work is pure computing, so
//! there are as many threads as cores, with a short queue in front; what does not fit is refused at
//! once instead of piling up.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, select_biased};
use tokio::sync::oneshot;

use crate::error::Error;

type Job = Box<dyn FnOnce() + Send>;

/// How many jobs that nobody waits for may queue.
const LATER_MAX: usize = 1024;

/// A handle on the threads; they end with the last handle.
#[derive(Debug, Clone)]
pub struct CalculationThreads {
    queue: Arc<Sender<Job>>,
    /// Done while there is nothing else to do.
    later: Sender<Job>,
}

impl CalculationThreads {
    /// Starts `threads` threads, or one for each core if 0, with room for `queue` waiting jobs.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = bounded::<Job>(queue);
        let (later, leisure) = bounded::<Job>(LATER_MAX);
        for number in 0..count(threads) {
            let (receiver, leisure) = (receiver.clone(), leisure.clone());
            let work = move || work(&receiver, &leisure);
            thread::Builder::new().name(format!("calculation-{number}")).spawn(work)?;
        }
        Ok(Self { queue: Arc::new(sender), later })
    }

    /// Runs a job that nobody waits for, once there is nothing else to do. False if too many wait.
    pub fn run_later(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.later.try_send(Box::new(job)).is_ok()
    }

    /// Runs a job on one of the threads.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody waits any more if the till hung up; the answer is then dropped.
            drop(answer.send(job()));
        });
        self.queue.try_send(job).map_err(|_| Error::Overloaded)?;
        answered.await.map_err(|lost| Error::internal(&lost))
    }
}

/// Receipts first; ends once nobody can send one any more.
fn work(receipts: &Receiver<Job>, leisure: &Receiver<Job>) {
    loop {
        let job = select_biased! {
            recv(receipts) -> job => job,
            recv(leisure) -> job => job,
        };
        let Ok(job) = job else { return };
        // A defect of ours must cost one receipt, not a thread.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a calculation panicked");
        }
    }
}

/// How many threads a setting means.
pub fn count(threads: usize) -> usize {
    if threads > 0 { threads } else { thread::available_parallelism().map_or(1, NonZero::get) }
}
