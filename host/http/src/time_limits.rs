//! How long requests may take.
//!
//! A call has a fixed time, with its body, unless its work grows with its body: there the body may take any time while it
//! keeps coming, and the work has a longer time from the last byte on. Exports need neither: their answer begins at once,
//! and the connection sees that it is taken.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use app::state::App;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::error::ApiError;
use crate::listener::pace::{LeastRate, Pace};

/// The progress of one request.
#[derive(Debug)]
struct Progress(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    /// The latest moment from which the time of the work counts.
    since: Instant,
    takes_long: bool,
    body: Arrival,
}

/// The arrival of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// There is none, it has come, or the host has not asked for more of it.
    NotAwaited,
    /// The host waits for more of it.
    Awaited,
    /// It was too slow, and has been given up.
    TooLate,
}

impl Progress {
    fn new() -> Self {
        Self(Mutex::new(Seen { since: Instant::now(), takes_long: false, body: Arrival::NotAwaited }))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn body(&self) -> Arrival {
        self.seen().body
    }

    fn body_is(&self, arrival: Arrival) {
        let mut seen = self.seen();
        // A body that was given up stays so when it is dropped.
        if seen.body != Arrival::TooLate {
            seen.body = arrival;
        }
    }

    /// Something of the body has come, if only its end.
    fn moves(&self, now: Instant) {
        let mut seen = self.seen();
        seen.body = Arrival::NotAwaited;
        if seen.takes_long {
            seen.since = now;
        }
    }

    fn deadline(&self, app: &App) -> Instant {
        let limits = &app.config.connections;
        let seen = self.seen();
        seen.since + if seen.takes_long { limits.long_request_time() } else { limits.request_time() }
    }
}

/// Middleware of all routes: answers 408 for bodies that come too slowly, and 503 if the answer does not begin in time.
pub async fn keep_time(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let progress = Arc::new(Progress::new());
    request.extensions_mut().insert(Arc::clone(&progress));
    let limits = &app.config.connections;
    let least = LeastRate { bytes_per_second: limits.body_bytes_per_second, late: limits.body_time() };
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(PacedBody::new(body, Arc::clone(&progress), least)))
    };
    let mut answering = pin!(next.run(request));
    loop {
        let deadline = progress.deadline(&app);
        match timeout_at(deadline, answering.as_mut()).await {
            // The handler knows only that the body broke off. A refusal for other reasons stays, and so does the answer
            // of a call that needs no body.
            Ok(response)
                if response.status() == StatusCode::BAD_REQUEST && progress.body() == Arrival::TooLate =>
            {
                return ApiError::BodyTooLate.into_response();
            }
            Ok(response) => return response,
            Err(_) if deadline < progress.deadline(&app) => {}
            Err(_) if progress.body() == Arrival::Awaited => return ApiError::BodyTooLate.into_response(),
            Err(_) => return ApiError::TimedOut.into_response(),
        }
    }
}

/// Middleware of routes whose work grows with their body.
pub async fn take_long(request: Request, next: Next) -> Response {
    if let Some(progress) = request.extensions().get::<Arc<Progress>>() {
        progress.seen().takes_long = true;
    }
    next.run(request).await
}

/// A body that must keep coming.
struct PacedBody {
    body: Body,
    progress: Arc<Progress>,
    pace: Pace,
    late: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    fn new(body: Body, progress: Arc<Progress>, least: LeastRate) -> Self {
        Self { body, progress, pace: Pace::new(least), late: None }
    }

    /// Waits for more, but not for ever.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.pace.waits(Instant::now());
        let late = self.late.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if late.deadline() != deadline {
            late.as_mut().reset(deadline);
        }
        late.as_mut().poll(context)
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let now = Instant::now();
                this.pace.passed(frame.data_ref().map_or(0, Bytes::len), now);
                this.progress.moves(now);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(ended) => {
                this.progress.moves(Instant::now());
                Poll::Ready(ended)
            }
            Poll::Pending if this.poll_late(context).is_ready() => {
                this.progress.body_is(Arrival::TooLate);
                Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))))
            }
            Poll::Pending => {
                this.progress.body_is(Arrival::Awaited);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for PacedBody {
    fn drop(&mut self) {
        self.progress.body_is(Arrival::NotAwaited);
    }
}
