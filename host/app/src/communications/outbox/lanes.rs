//! The lanes of a worker. It sends to their members as long as it certainly holds them, by its own clock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use store::{LaneLease, MessageChange};

use crate::error::Error;
use crate::state::App;

/// The lease is doubled this often at most.
const DOUBLED_MAX: u32 = 5;
/// Attempts that have to begin in time before a longer lease is halved again.
const IN_TIME: u32 = 100;

/// The lanes that a worker has leased. They are in memory only: after a crash another lease finds them.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Its name among the workers of all nodes; another one after a failure, so that the lanes of the old one are looked at.
    owner: String,
    /// The lanes.
    pub(super) held: Vec<i64>,
    /// When lanes were shared out last; none if that has to be done anew.
    leased: Option<Instant>,
    /// Until when they certainly are its own.
    until: Option<Instant>,
    /// When lengthening the lease was tried last.
    tried: Option<Instant>,
    stretch: Stretch,
}

/// How much longer than usual leases are. On a machine that takes longer than a lease for a step no step would ever get on:
/// each would find its lanes lost, and begin anew.
#[derive(Debug, Default)]
struct Stretch {
    doubled: u32,
    in_time: u32,
}

impl Stretch {
    fn of(&self, lease: Duration) -> Duration {
        lease.saturating_mul(2_u32.saturating_pow(self.doubled))
    }

    /// A step has come too late for its lease. True if leases are longer from now on.
    fn late(&mut self) -> bool {
        let is_longer = self.doubled < DOUBLED_MAX;
        self.doubled = self.doubled.saturating_add(1).min(DOUBLED_MAX);
        self.in_time = 0;
        is_longer
    }

    /// A step has come in time.
    fn in_time(&mut self) {
        self.in_time = self.in_time.saturating_add(1);
        if self.in_time >= IN_TIME {
            self.doubled = self.doubled.saturating_sub(1);
            self.in_time = 0;
        }
    }
}

impl Lanes {
    /// Lets go of all lanes: the next lease is that of a new worker. Messages that were on the wire are settled by the worker
    /// that takes the lanes next.
    pub(super) fn forget(&mut self) {
        self.owner.clear();
    }

    fn lease_of(&self, app: &App) -> Duration {
        self.stretch.of(Duration::from_millis(app.config.communications.send_lease_ms))
    }

    /// Leases lanes, if a third of the lease has gone by.
    pub(super) async fn lease(&mut self, app: &App) -> Result<(), Error> {
        let lease = self.lease_of(app);
        let is_fresh = |leased: Instant| leased.elapsed() < third(lease);
        if !self.owner.is_empty() && self.leased.is_some_and(is_fresh) {
            return Ok(());
        }
        if self.owner.is_empty() {
            let mut name = [0_u8; 16];
            getrandom::fill(&mut name).map_err(|error| Error::internal(&error))?;
            self.owner = hex::encode(name);
        }
        let now = Instant::now();
        let LaneLease { lanes, unknown, repeated, .. } =
            app.communications.lease_lanes(&self.owner, milliseconds(lease)).await?;
        self.held = lanes;
        (self.leased, self.until, self.tried) = (Some(now), now.checked_add(lease), Some(now));
        if unknown > 0 || repeated > 0 {
            tracing::warn!(
                unknown,
                repeated,
                "messages were on the wire when their worker went: unknown ones are listed and not sent again"
            );
        }
        Ok(())
    }

    /// True as long as the lanes are certainly this worker's, by its own clock.
    pub(super) fn is_held(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    /// Writes what was decided about messages, and that attempts begin; returns the ids of those that it was written for.
    /// None at all if the queue was closed, or the lanes are another worker's by now.
    pub(super) async fn begin(
        &mut self,
        app: &App,
        (queue, lanes): (&str, &[i64]),
        changes: &[MessageChange],
    ) -> Result<BTreeSet<String>, Error> {
        let now = app.communications.now_ms().await?;
        let was_late = !self.is_held();
        let lease = self.lease_of(app);
        let from = Instant::now();
        let owner = (self.owner.as_str(), milliseconds(lease));
        let begun = app.communications.begin_attempts(owner, queue, lanes, changes, now).await?;
        if begun.is_empty() {
            self.leased = None;
        } else {
            (self.until, self.tried) = (from.checked_add(lease), Some(from));
        }
        if !was_late && from.elapsed() < lease {
            self.stretch.in_time();
        } else if self.stretch.late() {
            let lease_ms = milliseconds(self.lease_of(app));
            tracing::warn!(
                lease_ms,
                "a step of sending took longer than its lease, which is longer from now on"
            );
        }
        Ok(begun)
    }

    /// Does some work, and lengthens the lease of the lanes meanwhile.
    pub(super) async fn holding<T>(
        &mut self,
        app: &App,
        work: impl Future<Output = T> + Send,
    ) -> Result<T, Error> {
        tokio::pin!(work);
        loop {
            let lease = self.lease_of(app);
            let since = self.tried.map_or(Duration::ZERO, |tried| tried.elapsed());
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(third(lease).saturating_sub(since)) => {
                    let from = Instant::now();
                    self.tried = Some(from);
                    match app.communications.renew_lanes(&self.owner, milliseconds(lease)).await {
                        Ok(lanes) if lanes > 0 => self.until = from.checked_add(lease),
                        Ok(_) => {}
                        // Messages on the wire go on: if the work broke off, their answers would be lost.
                        Err(error) => tracing::warn!(%error, "the lease of lanes cannot be lengthened now"),
                    }
                }
            }
        }
    }
}

fn third(lease: Duration) -> Duration {
    lease.checked_div(3).unwrap_or(lease)
}

fn milliseconds(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_millis(1_500);

    #[test]
    fn a_lease_grows_until_steps_come_in_time_and_shrinks_again() {
        let mut stretch = Stretch::default();
        assert_eq!(stretch.of(LEASE), LEASE);
        // A machine on which a step takes four leases.
        while stretch.of(LEASE) <= LEASE * 4 {
            stretch.late();
        }
        assert_eq!(stretch.of(LEASE), LEASE * 8);
        for _ in 0..IN_TIME {
            stretch.in_time();
        }
        assert_eq!(stretch.of(LEASE), LEASE * 4);
        while stretch.late() {}
        assert_eq!(stretch.of(LEASE), LEASE * 32, "there is a bound");
        for _ in 0..IN_TIME * 10 {
            stretch.in_time();
        }
        assert_eq!(stretch.of(LEASE), LEASE, "and it comes back to what was set");
    }
}
