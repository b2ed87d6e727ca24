//! Times one call, by the processor and by the wall.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::CallLimits;

/// The time of one call, which runs on one thread. Processor time tells a mechanic that hangs from a machine that has too
/// much to do: only the mechanic's own work uses it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallClock {
    started: Instant,
    /// Processor time of the thread when the call began.
    processor_before: Duration,
    deadline: Duration,
    wall_deadline: Duration,
}

impl CallClock {
    /// Begins a call on this thread.
    pub(crate) fn start(limits: &CallLimits) -> Self {
        Self {
            started: Instant::now(),
            processor_before: processor_time(),
            deadline: limits.deadline,
            wall_deadline: limits.wall_deadline,
        }
    }

    /// Processor time that the call has used. On the thread of the call only.
    pub(crate) fn processor(&self) -> Duration {
        processor_time().saturating_sub(self.processor_before)
    }

    /// The least time until the call is late; none if it is. On the thread of the call only.
    pub(crate) fn left(&self) -> Option<Duration> {
        let by_processor = self.deadline.checked_sub(self.processor())?;
        let by_wall = self.wall_deadline.checked_sub(self.started.elapsed())?;
        Some(by_processor.min(by_wall)).filter(|left| !left.is_zero())
    }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
