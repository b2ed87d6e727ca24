//! How many threads price receipts and compile mechanics.

use std::thread;

/// Processor cores that this process may use; 1 where the system does not say.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
