//! The life of a connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use app::config::Connections;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::{Activity, Late, Times};
use super::last_words::LastWords;
use super::places::Place;
use super::tls::Certificate;
use super::watched::Watched;

/// The least size of buffers of a connection: what is read or written at once.
const BUFFER_BYTES_MIN: usize = 64 << 10;

/// Time limits, protocol settings and last answers that all connections of a listener share.
#[derive(Debug)]
pub(super) struct Terms {
    times: Times,
    http: http1::Builder,
    pub(super) last_words: LastWords,
}

impl Terms {
    pub(super) fn new(settings: &Connections) -> Self {
        let mut http = http1::Builder::new();
        // Its clock of headers goes on between two requests, too: `Activity` keeps apart what is late and what is idle.
        http.header_read_timeout(None::<Duration>)
            .max_header_size(settings.header_bytes)
            .max_buf_size(settings.header_bytes.max(BUFFER_BYTES_MIN));
        Self { times: Times::new(settings), http, last_words: LastWords::new() }
    }
}

/// The parts that one accepted connection is served with: limits, routes, certificate, and signals of stopping.
pub(super) struct Visit {
    pub(super) terms: Arc<Terms>,
    pub(super) router: Router,
    /// Set where HTTPS is spoken.
    pub(super) certificate: Option<Certificate>,
    /// Becomes true when the host stops.
    pub(super) stop: watch::Receiver<bool>,
    /// Held until the connection has ended.
    pub(super) under_way: watch::Receiver<()>,
}

/// The end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By HTTP: either side has said that this was the last request, or has closed.
    Done,
    /// The connection broke, or did not speak HTTP.
    Broken,
    /// No agreement on TLS.
    Handshake,
    Late(Late),
    /// For another connection.
    Displaced,
    /// The host stops.
    Stopped,
}

impl End {
    /// As metrics name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Broken => "broken",
            Self::Handshake => "tls_handshake",
            Self::Late(Late::Header) => "header_timeout",
            Self::Late(Late::Idle) => "idle",
            Self::Late(Late::Answer) => "answer_not_taken",
            Self::Displaced => "displaced",
            Self::Stopped => "stopped",
        }
    }
}

/// Serves a connection until it ends.
pub(super) async fn run(
    stream: TcpStream,
    place: Arc<Place>,
    displaced: oneshot::Receiver<()>,
    visit: Visit,
) -> End {
    let Visit { terms, router, certificate, stop, under_way } = visit;
    let activity = Arc::new(Activity::new(terms.times));
    let service =
        ToRouter { router: TowerToHyperService::new(router), place, activity: Arc::clone(&activity) };
    let mut limits = Limits { clock: Clock::new(activity), displaced, stop, is_stopping: false };
    let end = match certificate {
        None => serve(stream, service, &terms, &mut limits).await,
        Some(certificate) => {
            let agreed = tokio::select! {
                biased;
                agreed = certificate.acceptor().accept(stream) => agreed.map_err(|_| End::Handshake),
                end = limits.reached() => Err(end),
            };
            match agreed {
                Ok(stream) => serve(stream, service, &terms, &mut limits).await,
                Err(end) => end,
            }
        }
    };
    drop(under_way);
    end
}

async fn serve<S>(stream: S, service: ToRouter, terms: &Terms, limits: &mut Limits) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::clone(&service.activity);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let mut http = terms.http.serve_connection(io, service);
    let end = loop {
        tokio::select! {
            // HTTP first: then the clock sees what it has done.
            biased;
            ended = &mut http => break if ended.is_ok() { End::Done } else { End::Broken },
            end = limits.reached() => match end {
                // The request at work is still answered.
                End::Stopped if !activity.is_waiting() => Pin::new(&mut http).graceful_shutdown(),
                end => break end,
            },
        }
    };
    let words = match end {
        End::Late(Late::Header) if activity.has_begun_to_ask() => Some(terms.last_words.too_late.as_slice()),
        End::Displaced if activity.is_asking() => Some(terms.last_words.no_place.as_ref()),
        End::Broken => activity.refused().map(|status| terms.last_words.unreadable(status)),
        // An answer that nobody has asked for might be taken for that to the next request.
        _ => None,
    };
    let has_answered = matches!(end, End::Done | End::Broken);
    if words.is_none() && !(has_answered && activity.has_unread_body()) {
        return end;
    }
    let parts = http.into_parts();
    // It has the place of the connection, which is kept to its end.
    let (mut stream, service) = (parts.io.into_inner().into_inner(), parts.service);
    match words {
        Some(words) => terms.last_words.say(&mut stream, words).await,
        None => tokio::select! {
            biased;
            _ = limits.reached() => {}
            () = terms.last_words.let_finish(&mut stream) => {}
        },
    }
    drop(service);
    end
}

/// Events on the host's side that end a connection: a time-out, a displacement, a stop.
struct Limits {
    clock: Clock,
    displaced: oneshot::Receiver<()>,
    stop: watch::Receiver<bool>,
    /// The stop has been told.
    is_stopping: bool,
}

impl Limits {
    /// Waits for the next of them. A stop is told once.
    async fn reached(&mut self) -> End {
        let Self { clock, displaced, stop, is_stopping } = self;
        tokio::select! {
            biased;
            _ = displaced => End::Displaced,
            // It fails if the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop), if !*is_stopping => {
                *is_stopping = true;
                End::Stopped
            }
            late = poll_fn(|context| clock.poll(context)) => End::Late(late),
        }
    }
}

/// Tells when a connection is late.
struct Clock {
    activity: Arc<Activity>,
    /// For the deadline, or an earlier one that does not hold any more: most requests set none anew.
    sleep: Pin<Box<Sleep>>,
}

impl Clock {
    fn new(activity: Arc<Activity>) -> Self {
        let deadline = activity.deadline().map_or_else(Instant::now, |(deadline, _)| deadline);
        Self { activity, sleep: Box::pin(sleep_until(deadline)) }
    }

    /// The deadline changes only where the connection's task does something, which polls this afterwards.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Late> {
        loop {
            let Some((deadline, late)) = self.activity.deadline() else { return Poll::Pending };
            if self.sleep.is_elapsed() || deadline < self.sleep.deadline() {
                self.sleep.as_mut().reset(deadline);
            }
            ready!(self.sleep.as_mut().poll(context));
            if self.sleep.deadline() >= deadline {
                return Poll::Ready(late);
            }
        }
    }
}

/// Hands the requests of a connection to the routes, and notes when it is at work.
struct ToRouter {
    router: TowerToHyperService<Router>,
    place: Arc<Place>,
    activity: Arc<Activity>,
}

impl Service<Request<Incoming>> for ToRouter {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let at_work = AtWork::new(&self.place, &self.activity);
        let mut request = request.map(|body| Arriving::new(body, Arc::clone(&self.activity)));
        request.extensions_mut().insert(Arc::clone(&self.place));
        let answering = self.router.call(request);
        Box::pin(async move {
            let mut response = answering.await?;
            if at_work.activity.has_unread_body() {
                // The rest of the body is not read, so the connection is of no more use.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Answer { body, _at_work: at_work }))
        })
    }
}

/// A request at work. It ends when its answer has been made, or is given up.
struct AtWork {
    place: Arc<Place>,
    activity: Arc<Activity>,
}

impl AtWork {
    fn new(place: &Arc<Place>, activity: &Arc<Activity>) -> Self {
        place.request_begins();
        activity.request_begins();
        Self { place: Arc::clone(place), activity: Arc::clone(activity) }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.place.request_ends();
        self.activity.request_ends();
    }
}

/// The body of a request, which notes whether it has been read to its end.
struct Arriving {
    body: Incoming,
    activity: Arc<Activity>,
}

impl Arriving {
    fn new(body: Incoming, activity: Arc<Activity>) -> Self {
        activity.body_is_unread(!body.is_end_stream());
        Self { body, activity }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.activity.body_is_unread(false);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer.
struct Answer {
    body: Body,
    _at_work: AtWork,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
