//! Patience of background work with a database that does not answer.

use std::time::{Duration, Instant};

use crate::error::Error;

/// Pause before the first new attempt. Each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause. An attempt may wait for a time-out of the database besides.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The outage that a piece of background work lives through, if there is one.
#[derive(Debug)]
pub struct Outage {
    /// The longest outage that is waited for.
    longest: Duration,
    since: Option<Instant>,
    pause: Duration,
}

impl Outage {
    /// None yet. One longer than `longest` is not waited for.
    pub fn none_yet(longest: Duration) -> Self {
        Self { longest, since: None, pause: FIRST_PAUSE }
    }

    /// Notes that the database has answered.
    pub fn is_over(&mut self) {
        self.since = None;
        self.pause = FIRST_PAUSE;
    }

    /// Waits before the next attempt after an error that may pass. Returns the error at once if it is of another kind, or if
    /// the outage has lasted too long.
    pub async fn wait(&mut self, error: Error) -> Result<(), Error> {
        let may_pass = matches!(error, Error::Unavailable | Error::Overloaded);
        let since = *self.since.get_or_insert_with(Instant::now);
        if !may_pass || since.elapsed() >= self.longest {
            return Err(error);
        }
        tokio::time::sleep(self.pause).await;
        self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_may_pass_is_waited_for_and_not_for_ever() {
        let mut outage = Outage::none_yet(Duration::from_secs(600));
        assert!(outage.wait(Error::Unavailable).await.is_ok());
        assert_eq!(outage.pause, FIRST_PAUSE * 2);
        assert!(matches!(outage.wait(Error::Internal).await, Err(Error::Internal)));
        outage.is_over();
        assert_eq!((outage.since, outage.pause), (None, FIRST_PAUSE));
        let mut impatient = Outage::none_yet(Duration::ZERO);
        assert!(matches!(impatient.wait(Error::Unavailable).await, Err(Error::Unavailable)));
    }
}
