//! HTTP, and the only crate that knows it: `app` does the work, `http` reads requests and writes answers.
//!
//! | module | holds |
//! |---|---|
//! | [`routes`] | the addresses, one file a resource, and which roles may call them |
//! | [`auth`] | middleware: checks the API key of a call |
//! | [`middleware`] | counts and logs requests; makes problem documents of the framework's refusals |
//! | [`actor`], [`access`], [`body`], [`idempotency`] | extractors: the owner of the key, the purchases that it may name, bodies within limits, `Idempotency-Key` |
//! | [`error`] | maps errors of `app` to status and problem document |
//!
//! Templates of pages are in `templates/`.

pub mod access;
pub mod actor;
pub mod auth;
pub mod body;
pub mod error;
pub mod idempotency;
pub mod middleware;
pub mod routes;

use std::io;

use app::state::App;
use futures_util::FutureExt as _;
use tokio::net::TcpListener;

/// The listeners of a host.
#[derive(Debug)]
pub struct Listeners {
    /// At `server.listen`.
    pub main: TcpListener,
    /// At `server.operations_listen`, if that is set.
    pub operations: Option<TcpListener>,
}

/// Serves until `stop` ends and the calls under way are answered. Fails if a listener does.
pub async fn serve(
    listeners: Listeners,
    app: &App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let routers = routes::routers(app);
    let stop = stop.shared();
    let main = axum::serve(listeners.main, routers.main).with_graceful_shutdown(stop.clone());
    match (listeners.operations, routers.operations) {
        (Some(listener), Some(router)) => {
            let operations = axum::serve(listener, router).with_graceful_shutdown(stop);
            tokio::try_join!(main.into_future(), operations.into_future()).map(|_| ())
        }
        _ => main.await,
    }
}
