//! HTTP, and the only crate that knows it: `app` does the work, `http` reads requests and writes answers.
//!
//! | module | holds |
//! |---|---|
//! | [`routes`] | the addresses, one file a resource, and which roles may call them |
//! | [`auth`] | middleware: checks the API key of a call |
//! | [`middleware`] | counts and logs requests; makes problem documents of the framework's refusals |
//! | [`actor`], [`body`], [`idempotency`] | extractors: the owner of the key, bodies within limits, `Idempotency-Key` |
//! | [`error`] | maps errors of `app` to status and problem document |
//!
//! Templates of pages are in `templates/`.

pub mod actor;
pub mod auth;
pub mod body;
pub mod error;
pub mod idempotency;
pub mod middleware;
pub mod routes;

use std::io;

use app::state::App;
use tokio::net::TcpListener;

/// Serves until `stop` ends and the calls under way are answered. Fails if the listener does.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes::router(app)).with_graceful_shutdown(stop).await
}
