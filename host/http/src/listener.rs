//! The doors of the host: connections are accepted, given a place, served, and ended when they take too long.
//!
//! | module | holds |
//! |---|---|
//! | `places` | how many connections there are, and which one goes for another |
//! | `activity`, `pace` | what a connection is doing, and until when |
//! | `watched` | a stream that tells its activity |
//! | `connection` | the life of a connection |
//! | `last_words` | answers to connections that are ended before they have asked |
//! | `tls` | the certificate, read again when its files change |
//! | `open_files` | how many connections the system allows |
//!
//! axum's own server has none of these limits, and hyper's time-out for headers also ends idle connections.

mod activity;
mod connection;
mod last_words;
mod open_files;
pub(crate) mod pace;
pub(crate) mod places;
pub mod tls;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::config::Connections;
use app::metrics::ConnectionMetrics;
use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use self::connection::{Terms, Visit};
use self::places::{Full, Places};
use self::tls::Certificate;

/// Connections that the system holds until they are accepted. When many arrive at once and there is no more room, a till
/// that connects waits a second until it tries again. The system may have a lower limit of its own.
const BACKLOG: u32 = 4_096;
/// Rest after a failure to accept a connection that is not the connection's own.
const AFTER_FAILURE: Duration = Duration::from_millis(20);

/// Listens on an address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A host that is started again takes the address of connections that have not ended yet.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The limits and places that all doors of a process share.
#[derive(Clone)]
pub(crate) struct Doors {
    places: Arc<Places>,
    terms: Arc<Terms>,
    metrics: ConnectionMetrics,
}

impl Doors {
    /// Doors with these settings, as far as the system allows so many connections.
    pub(crate) fn new(settings: &Connections, metrics: ConnectionMetrics) -> Self {
        let total = open_files::allow(settings.total);
        Self {
            places: Arc::new(Places::new(settings, total, metrics.clone())),
            terms: Arc::new(Terms::new(settings)),
            metrics,
        }
    }

    /// Serves what arrives at one address, until `stop` is true and the last call is answered.
    pub(crate) async fn serve(
        &self,
        listener: TcpListener,
        router: Router,
        certificate: Option<Certificate>,
        mut stop: watch::Receiver<bool>,
    ) {
        let stopping = stop.clone();
        // Its receivers are held by the connections: it is closed when the last one has ended.
        let (last_ended, under_way) = watch::channel(());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                // It fails if the sender is gone, which means the same.
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, address)) => {
                    let visit = Visit {
                        terms: Arc::clone(&self.terms),
                        router: router.clone(),
                        certificate: certificate.clone(),
                        stop: stopping.clone(),
                        under_way: under_way.clone(),
                    };
                    self.receive(stream, address, visit);
                }
                Err(error) => self.recover(&error).await,
            }
        }
        drop(listener);
        drop(under_way);
        last_ended.closed().await;
    }

    /// Gives a new connection a place, or refuses it.
    fn receive(&self, stream: TcpStream, address: SocketAddr, visit: Visit) {
        // Answers are written whole, so waiting for more to send only delays them. It fails if the connection is gone.
        let _ = stream.set_nodelay(true);
        match Places::enter(&self.places, address.ip()) {
            Ok((place, displaced)) => {
                let metrics = self.metrics.clone();
                tokio::spawn(async move {
                    let end = connection::run(stream, place, displaced, visit).await;
                    metrics.closed(end.name());
                });
            }
            Err(full) => {
                let is_readable = visit.certificate.is_none();
                self.refuse(stream, full, is_readable);
            }
        }
    }

    fn refuse(&self, stream: TcpStream, full: Full, is_readable: bool) {
        self.metrics.refused(full.name());
        tracing::debug!(reason = full.name(), "connection refused");
        if is_readable {
            self.terms.last_words.refuse(stream);
        }
    }

    /// After a failure to accept: if there are no more files, room is made by ending a connection that waits.
    async fn recover(&self, error: &io::Error) {
        if is_of_one_connection(error) {
            return;
        }
        let room_was_made = self.places.displace_one();
        tracing::warn!(%error, room_was_made, "cannot accept a connection");
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

/// True if the connection was gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
