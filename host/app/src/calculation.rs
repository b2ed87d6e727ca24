//! The threads that price receipts. The sandbox is synchronous and the work is pure computing, so there
//! are as many threads as cores, with a short queue in front. A receipt that finds the queue full is
//! refused at once.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, select_biased};
use tokio::sync::oneshot;

use crate::error::Error;

type Job = Box<dyn FnOnce() + Send>;

/// The longest queue of background jobs.
const BACKGROUND_MAX: usize = 1024;

/// A handle on the threads; they end with the last handle.
#[derive(Debug, Clone)]
pub struct CalculationThreads {
    queue: Arc<Sender<Job>>,
    /// Background jobs, which run while no receipt waits.
    background: Sender<Job>,
}

impl CalculationThreads {
    /// Starts `threads` threads, or one for each core if 0, with room for `queue` waiting jobs.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = bounded::<Job>(queue);
        let (background, background_receiver) = bounded::<Job>(BACKGROUND_MAX);
        for number in 0..count(threads) {
            let (receiver, background) = (receiver.clone(), background_receiver.clone());
            let work = move || work(&receiver, &background);
            thread::Builder::new().name(format!("calculation-{number}")).spawn(work)?;
        }
        Ok(Self { queue: Arc::new(sender), background })
    }

    /// Queues a background job, which runs once no receipt waits. False if the queue is full.
    pub fn run_in_background(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.background.try_send(Box::new(job)).is_ok()
    }

    /// Runs a job on one of the threads. [`Error::Overloaded`] if the queue is full.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // If the till hung up, the receiver is gone and the answer is dropped.
            drop(answer.send(job()));
        });
        self.queue.try_send(job).map_err(|_| Error::Overloaded)?;
        answered.await.map_err(|lost| Error::internal(&lost))
    }
}

/// The loop of one thread: receipts first. Ends once the last handle is dropped.
fn work(receipts: &Receiver<Job>, background: &Receiver<Job>) {
    loop {
        let job = select_biased! {
            recv(receipts) -> job => job,
            recv(background) -> job => job,
        };
        let Ok(job) = job else { return };
        // A defect of the host must cost one receipt, not a thread.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a calculation panicked");
        }
    }
}

/// The number of threads that a setting asks for: 0 means one for each core.
pub fn count(threads: usize) -> usize {
    if threads > 0 { threads } else { thread::available_parallelism().map_or(1, NonZero::get) }
}
