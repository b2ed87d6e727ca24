//! The activity of a connection (idle, header, body, call, answer) and the time by which it must end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::config::Connections;
use tokio::time::Instant;

use super::pace::{LeastRate, Pace};

/// How long each part of a connection's life may last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    header: Duration,
    idle: Duration,
    answer: LeastRate,
}

impl Times {
    pub(super) fn new(settings: &Connections) -> Self {
        let late = settings.idle_time();
        Self {
            header: settings.header_time(),
            idle: settings.idle_time(),
            answer: LeastRate { bytes_per_second: settings.body_bytes_per_second, late },
        }
    }
}

/// The activity of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    times: Times,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Waits while the other side takes no more of an answer.
    answer: Pace,
    /// From the header of a request until its answer is on its way. Whatever is written at other times is a refusal of the
    /// HTTP library, of a header that it cannot read.
    owes_an_answer: bool,
    /// The status of such a refusal.
    refused: Option<u16>,
    /// The body of the latest request has not been read to its end.
    body_is_unread: bool,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The header of a request is expected, the first one or one that has begun to arrive.
    Header { since: Instant, has_begun: bool },
    /// A request is at work, or its answer is being made.
    Request,
    /// Nothing is expected.
    Idle { since: Instant },
}

/// The reason why a connection is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// The header is incomplete.
    Header,
    /// There was no further request.
    Idle,
    /// The answer is not taken.
    Answer,
}

impl Activity {
    /// That of a new connection.
    pub(super) fn new(times: Times) -> Self {
        let phase = Phase::Header { since: Instant::now(), has_begun: false };
        let state = State {
            phase,
            answer: Pace::new(times.answer),
            owes_an_answer: false,
            refused: None,
            body_is_unread: false,
        };
        Self { times, state: Mutex::new(state) }
    }

    /// Bytes have arrived.
    pub(super) fn has_read(&self) {
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Header { since, .. } => Phase::Header { since, has_begun: true },
            Phase::Idle { .. } => Phase::Header { since: Instant::now(), has_begun: true },
            Phase::Request => Phase::Request,
        };
    }

    /// The other side takes nothing now.
    pub(super) fn cannot_write(&self) {
        self.state().answer.waits(Instant::now());
    }

    /// The other side has taken so many bytes.
    pub(super) fn has_written(&self, bytes: usize) {
        let now = Instant::now();
        let mut state = self.state();
        state.answer.passed(bytes, now);
        if let Phase::Idle { since } = &mut state.phase {
            *since = now;
        }
    }

    /// All that was written is on its way.
    pub(super) fn has_flushed(&self) {
        let mut state = self.state();
        state.answer.passed(0, Instant::now());
        if !matches!(state.phase, Phase::Request) {
            state.owes_an_answer = false;
        }
    }

    /// A header is complete.
    pub(super) fn request_begins(&self) {
        let mut state = self.state();
        state.phase = Phase::Request;
        state.owes_an_answer = true;
    }

    /// The body of the request has been read to its end, or has not.
    pub(super) fn body_is_unread(&self, is_unread: bool) {
        self.state().body_is_unread = is_unread;
    }

    /// True if the other side may still be sending a body that nobody reads.
    pub(super) fn has_unread_body(&self) -> bool {
        self.state().body_is_unread
    }

    /// The HTTP library is about to write these bytes. True if they are a refusal of its own, which is bare: the
    /// connection says it in its own words.
    pub(super) fn is_bare_refusal(&self, bytes: &[u8]) -> bool {
        let mut state = self.state();
        if state.owes_an_answer {
            return false;
        }
        let status = || str::from_utf8(bytes.get("HTTP/1.1 ".len()..)?.get(..3)?).ok()?.parse().ok();
        state.refused = state.refused.or_else(status);
        state.refused.is_some()
    }

    /// The status of the refusal that is to be said.
    pub(super) fn refused(&self) -> Option<u16> {
        self.state().refused
    }

    /// The answer has been made, and is being sent.
    pub(super) fn request_ends(&self) {
        self.state().phase = Phase::Idle { since: Instant::now() };
    }

    /// True while no request is at work.
    pub(super) fn is_waiting(&self) -> bool {
        !matches!(self.state().phase, Phase::Request)
    }

    /// True if a header is expected and nothing else is being said: an answer would be understood as one to it.
    pub(super) fn is_asking(&self) -> bool {
        let state = self.state();
        matches!(state.phase, Phase::Header { .. }) && state.answer.deadline().is_none()
    }

    /// As [`Self::is_asking`], if some of the header has come.
    pub(super) fn has_begun_to_ask(&self) -> bool {
        self.is_asking() && matches!(self.state().phase, Phase::Header { has_begun: true, .. })
    }

    /// When the connection will be late, and why; none while it waits for the host.
    pub(super) fn deadline(&self) -> Option<(Instant, Late)> {
        let state = self.state();
        let of_phase = match state.phase {
            Phase::Header { since, .. } => Some((since + self.times.header, Late::Header)),
            Phase::Idle { since } => Some((since + self.times.idle, Late::Idle)),
            Phase::Request => None,
        };
        let of_answer = state.answer.deadline().map(|deadline| (deadline, Late::Answer));
        [of_phase, of_answer].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
