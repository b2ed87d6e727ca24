//! HTTP, and the only crate that knows it: `app` does the work, `http` reads requests and writes answers.
//!
//! | module | holds |
//! |---|---|
//! | [`routes`] | the addresses, one file a resource, and which roles may call them |
//! | [`auth`] | middleware: checks the API key of a call |
//! | [`middleware`] | counts and logs requests; makes problem documents of the framework's refusals |
//! | [`actor`], [`access`], [`body`], [`idempotency`], [`query`] | extractors: the owner of the key, the purchases that it may name, bodies within limits, `Idempotency-Key`, parameters of queries |
//! | [`listener`] | connections: how many, how long, with which certificate |
//! | [`time_limits`] | middleware: how long requests may take |
//! | `choice` | parameters of queries that are one of a few words |
//! | [`error`] | maps errors of `app` to status and problem document |
//!
//! Templates of pages are in `templates/`.

pub mod access;
pub mod actor;
pub mod auth;
pub mod body;
mod choice;
pub mod error;
pub mod idempotency;
pub mod listener;
pub mod middleware;
pub mod query;
pub mod routes;
pub mod time_limits;

use app::state::App;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::listener::Doors;
use crate::listener::tls::Certificate;

/// An address that the host listens on.
#[derive(Debug)]
pub struct Listening {
    pub listener: TcpListener,
    /// Set if HTTPS is spoken there.
    pub certificate: Option<Certificate>,
}

/// The addresses of a host.
#[derive(Debug)]
pub struct Listeners {
    /// At `server.listen`.
    pub main: Listening,
    /// At `server.operations_listen`, if that is set.
    pub operations: Option<Listening>,
}

/// Serves until `stop` ends and the calls under way are answered.
pub async fn serve(listeners: Listeners, app: &App, stop: impl Future<Output = ()>) {
    let routers = routes::routers(app);
    let doors = Doors::new(&app.config.connections, app.metrics.connections.clone());
    let (stopping, stopped) = watch::channel(false);
    let Listening { listener, certificate } = listeners.main;
    let main = doors.serve(listener, routers.main, certificate, stopped.clone());
    let operations = async {
        if let (Some(Listening { listener, certificate }), Some(router)) =
            (listeners.operations, routers.operations)
        {
            doors.serve(listener, router, certificate, stopped).await;
        }
    };
    let stop = async {
        stop.await;
        // It fails if all doors are closed already.
        let _ = stopping.send(true);
    };
    tokio::join!(main, operations, stop);
}
