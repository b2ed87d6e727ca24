//! The loops that run in the background. They begin with the process and end with it: a loop is asked to stop between two
//! of its steps, and only one that takes too long for that is cut off, which every step survives as it survives a kill.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::state::App;

/// How long a step may go on after the process was asked to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after a step that failed. Each failure after it doubles the pause.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause of a loop that finds nothing to do, unless its own is longer.
const IDLE_PAUSE: Duration = Duration::from_secs(1);

/// The running loops of a process.
pub struct Workers {
    running: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// Whether a step has found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There may be more: the next step follows at once.
    Worked,
    /// There was nothing; the next step follows after the loop's pause.
    Idle,
}

impl Workers {
    /// None yet.
    pub(super) fn none() -> Self {
        let (stop, _) = watch::channel(false);
        Self { running: JoinSet::new(), stop }
    }

    /// Runs `step` again and again: at once after a step that worked, and later after failures, which are logged under
    /// `name`. After steps that found nothing the pause grows from `every` to `IDLE_PAUSE`; a hint ends it, though not
    /// before `every` is over.
    pub fn repeat<F>(
        &mut self,
        app: &App,
        name: &'static str,
        every: Duration,
        step: impl Fn(App) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<Step, Error>> + Send + 'static,
    {
        let (app, mut stopped) = (app.clone(), self.stop.subscribe());
        self.running.spawn(async move {
            tokio::select! {
                () = app.communications_ready.wait() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            let mut hints = app.hint.subscribe();
            let (mut failures, mut idle) = (0_u32, 0_u32);
            while !*stopped.borrow() {
                hints.mark_unchanged();
                // A loop outlives a fault of one of its steps.
                let outcome = AssertUnwindSafe(step(app.clone())).catch_unwind().await;
                let outcome = outcome.unwrap_or(Err(Error::Internal));
                failures = if outcome.is_ok() { 0 } else { failures.saturating_add(1) };
                idle = if matches!(outcome, Ok(Step::Idle)) { idle.saturating_add(1) } else { 0 };
                let (pause, longest) = match outcome {
                    Ok(Step::Worked) => {
                        app.hint.give();
                        tokio::task::yield_now().await;
                        continue;
                    }
                    Ok(Step::Idle) => (every, doubled(every, idle).min(IDLE_PAUSE).max(every)),
                    Err(error) => {
                        tracing::warn!(name, %error, failures, "a step in the background failed; it is tried again");
                        (pause_after(failures), Duration::ZERO)
                    }
                };
                // Each ends early when the process is asked to stop, or has dropped the loops.
                let _ = tokio::time::timeout(pause, stopped.wait_for(|stopped| *stopped)).await;
                let either = async {
                    tokio::select! {
                        _ = stopped.wait_for(|stopped| *stopped) => {}
                        _ = hints.changed() => {}
                    }
                };
                let _ = tokio::time::timeout(longest.saturating_sub(pause), either).await;
            }
        });
    }

    /// Asks all loops to stop, and waits for their steps.
    pub async fn stop(mut self) {
        // Nobody listens if no loop runs.
        let _ = self.stop.send(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("stopped before all steps in the background had ended");
        }
        self.running.abort_all();
    }
}

/// The pause after some failures in a row.
fn pause_after(failures: u32) -> Duration {
    doubled(FIRST_PAUSE, failures).min(LONGEST_PAUSE)
}

/// A pause, doubled for each time in a row after the first.
fn doubled(pause: Duration, times: u32) -> Duration {
    pause.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1).min(16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        assert_eq!(pause_after(1), FIRST_PAUSE);
        assert_eq!(pause_after(3), FIRST_PAUSE * 4);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}
