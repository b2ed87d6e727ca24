//! The threads that price receipts. The sandbox is synchronous and the work is pure computing, so there
//! are as many threads as cores, with a short queue in front. A receipt that finds the queue full is
//! refused at once. Larger work comes in pieces that wait until no receipt does.

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
    /// Pieces of large calculations, which run while no receipt waits.
    pieces: Sender<Job>,
    /// Background jobs, which run while neither waits.
    background: Sender<Job>,
}

impl CalculationThreads {
    /// Starts `threads` threads, or one for each core if 0, with room for `queue` waiting jobs.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = bounded::<Job>(queue);
        let (pieces, pieces_receiver) = bounded::<Job>(queue);
        let (background, background_receiver) = bounded::<Job>(BACKGROUND_MAX);
        for number in 0..count(threads) {
            let (receiver, pieces) = (receiver.clone(), pieces_receiver.clone());
            let background = background_receiver.clone();
            let work = move || work(&receiver, &pieces, &background);
            thread::Builder::new().name(format!("calculation-{number}")).spawn(work)?;
        }
        Ok(Self { queue: Arc::new(sender), pieces, background })
    }

    /// Queues a background job, which runs once no receipt waits. False if the queue is full.
    pub fn run_in_background(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.background.try_send(Box::new(job)).is_ok()
    }

    /// Runs a job on one of the threads. [`Error::Overloaded`] if the queue is full.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        run_in(&self.queue, job).await
    }

    /// Runs a piece of a large calculation once no receipt waits, so that a till waits for one piece at most.
    /// [`Error::Overloaded`] if too many pieces wait.
    pub async fn run_piece<T: Send + 'static>(
        &self,
        piece: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        run_in(&self.pieces, piece).await
    }
}

async fn run_in<T: Send + 'static>(
    queue: &Sender<Job>,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let (answer, answered) = oneshot::channel();
    let job = Box::new(move || {
        // If the till hung up, the receiver is gone and the answer is dropped.
        drop(answer.send(job()));
    });
    queue.try_send(job).map_err(|_| Error::Overloaded)?;
    answered.await.map_err(|lost| Error::internal(&lost))
}

/// The loop of one thread: receipts first. Ends once the last handle is dropped.
fn work(receipts: &Receiver<Job>, pieces: &Receiver<Job>, background: &Receiver<Job>) {
    loop {
        let job = select_biased! {
            recv(receipts) -> job => job,
            recv(pieces) -> job => job,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_wait_for_receipts() {
        let threads = CalculationThreads::start(1, 8).unwrap();
        let (order, ran) = std::sync::mpsc::channel();
        let (held, hold) = std::sync::mpsc::channel::<()>();
        // Keeps the only thread until the others wait.
        let first = threads.run(move || hold.recv().is_ok());
        let job = |name: &'static str| {
            let order = order.clone();
            move || order.send(name).unwrap()
        };
        let background = async { assert!(threads.run_in_background(job("background"))) };
        let piece = threads.run_piece(job("piece"));
        let receipt = threads.run(job("receipt"));
        let release = async move { drop(held) };
        // Polled in this order: all wait when the thread is released.
        let (first, (), piece, receipt, ()) = tokio::join!(first, background, piece, receipt, release);
        assert!(first.is_ok() && piece.is_ok() && receipt.is_ok());
        let seen: Vec<_> = ran.iter().take(3).collect();
        assert_eq!(seen, ["receipt", "piece", "background"]);
    }
}
