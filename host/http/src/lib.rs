//! The only place that knows HTTP: addresses, what they take and answer, who may call them, and pages.

pub mod actor;
pub mod auth;
pub mod body;
pub mod error;
pub mod idempotency;
pub mod routes;

use std::io;

use app::state::App;
use tokio::net::TcpListener;

/// Serves until `stop` ends and the calls under way are answered.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes::router(app)).with_graceful_shutdown(stop).await
}
