//! How long the statements of one user of a connection may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;

/// Instructions of SQLite's machine between two looks at the clock: some milliseconds.
const LOOK_EVERY: i32 = 100_000;

/// The limit of all connections of a pool.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    longest: Duration,
    /// Connections whose clock runs: most statements end before SQLite first looks at it.
    running: Arc<AtomicUsize>,
}

/// The clock of one connection, which starts at its first look.
struct Clock {
    started: Option<Instant>,
    running: Arc<AtomicUsize>,
}

impl Limit {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, running: Arc::default() }
    }

    /// Sets the clock of a connection to nothing: its statements are interrupted when they have taken `longest`, counted
    /// from the first. Waits for what is under way.
    pub(super) async fn start(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let mut clock = Clock { started: None, running: Arc::clone(&self.running) };
        let longest = self.longest;
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(LOOK_EVERY, move || clock.look() < longest);
        Ok(())
    }

    /// As `start`, for a connection that has it already. Costs nothing as long as no clock runs, since a call into
    /// the thread of a connection takes as long as a small statement.
    pub(super) async fn restart(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        match self.running.load(Ordering::Acquire) {
            0 => Ok(()),
            _ => self.start(connection).await,
        }
    }
}

impl Clock {
    /// The time since the first look.
    fn look(&mut self) -> Duration {
        let started = self.started.get_or_insert_with(|| {
            self.running.fetch_add(1, Ordering::AcqRel);
            Instant::now()
        });
        started.elapsed()
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        if self.started.is_some() {
            self.running.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
