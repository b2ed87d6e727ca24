//! `offer-host serve`: runs the service until it is asked to stop.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use app::backtests;
use app::bootstrap;
use app::communications::loops;
use app::communications::roles::{self, Role};
use app::config::{Config, Log, LogFormat};
use app::last_changes;
use app::mechanics::guard;
use app::nodes;
use app::purchases;
use app::retention;
use app::upgrade;
use app::watch;
use app::write_ahead_log;
use http_api::listener::tls::Certificate;
use http_api::{Listeners, Listening, listener};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Arguments of `offer-host serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Settings that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What this process works on in the background: some of tills, communications, senders.
    #[arg(long, value_name = "ROLES", default_value = "tills,communications,senders", value_parser = Roles::parse)]
    roles: Roles,
}

/// The roles of a process.
#[derive(Debug, Clone)]
struct Roles(BTreeSet<Role>);

impl Roles {
    fn parse(names: &str) -> Result<Self, String> {
        roles::parse(names).map(Self)
    }
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    start_log(&config.log)?;
    tokio::runtime::Runtime::new()?.block_on(serve(config, &args.roles.0))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config, roles: &BTreeSet<Role>) -> anyhow::Result<()> {
    let grace = Duration::from_secs(config.server.shutdown_seconds);
    let certificate = Certificate::load(&config.tls)?;
    let main = listen("server.listen", &config.server.listen)?;
    let operations = match config.server.operations_listen.as_str() {
        "" => None,
        address => Some(listen("server.operations_listen", address)?),
    };
    let of_operations_too = config.tls.operations;
    let address = main.local_addr()?.to_string();
    let of_operations = operations.as_ref().map(TcpListener::local_addr).transpose()?;
    let app = bootstrap::start(config, &address).await?;
    backtests::fail_interrupted(&app).await;
    let (store, communications) = (app.store.clone(), app.communications.clone());
    let follower = tokio::spawn(nodes::run(app.clone()));
    let guard = tokio::spawn(guard::run(app.clone()));
    let leaving = app.clone();
    let upkeep = roles.contains(&Role::Tills).then(|| tokio::spawn(purchases::upkeep::run(app.clone())));
    let upgrade = tokio::spawn(upgrade::run(app.clone()));
    let retention = roles.contains(&Role::Tills).then(|| tokio::spawn(retention::run(app.clone())));
    let watch = tokio::spawn(watch::run(app.clone()));
    let shrinking = tokio::spawn(write_ahead_log::run(app.clone()));
    let noting = tokio::spawn(last_changes::run(app.clone()));
    let workers = loops::start(&app, roles);
    let certificates = certificate.clone().map(|certificate| tokio::spawn(certificate.follow()));
    let operations_address = of_operations.map(|address| address.to_string());
    tracing::info!(%address, operations_address, tls = certificate.is_some(), "serving");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let stopping = async move {
        asked_to_stop().await;
        tracing::info!("stopping: finishing the receipts under way");
        // The receiver is gone if the server ended by itself.
        let _ = stop.send(true);
    };
    let operations = operations.map(|listener| Listening {
        listener,
        certificate: certificate.clone().filter(|_| of_operations_too),
    });
    let listeners = Listeners { main: Listening { listener: main, certificate }, operations };
    tokio::select! {
        () = http_api::serve(listeners, &app, stopping) => {}
        () = always(app.communications_ready.keep_trying(&app.communications)) => {}
        () = overdue(stopped, grace) => tracing::warn!("stopped before all receipts under way were answered"),
    }
    workers.stop().await;
    for of_tills in [retention, upkeep].into_iter().flatten() {
        of_tills.abort();
    }
    watch.abort();
    if let Some(certificates) = certificates {
        certificates.abort();
    }
    upgrade.abort();
    shrinking.abort();
    noting.abort();
    follower.abort();
    guard.abort();
    if let Err(error) = guard::report_health(&leaving).await {
        tracing::warn!(%error, "cannot store the latest health of mechanics");
    }
    nodes::leave(&leaving).await;
    last_changes::end(&store).await;
    communications.close().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Takes an address, named by its setting.
fn listen(setting: &str, address: &str) -> anyhow::Result<TcpListener> {
    let parsed: SocketAddr = address.parse().with_context(|| format!("{setting} = {address}"))?;
    listener::bind(parsed).with_context(|| format!("cannot listen on {setting} = {address}"))
}

/// Does some work, and never ends.
async fn always(work: impl Future<Output = ()>) {
    work.await;
    std::future::pending::<()>().await;
}

/// Ends when `grace` has passed since the stop.
async fn overdue(mut stopped: tokio::sync::watch::Receiver<bool>, grace: Duration) {
    // If the sender is gone, the server has ended, and `select!` takes that branch.
    if stopped.wait_for(|stopped| *stopped).await.is_ok() {
        tokio::time::sleep(grace).await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Ends at SIGTERM or an interrupt.
async fn asked_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::warn!(%error, "cannot listen for interrupts");
            }
        }
    }
}

fn start_log(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("log.filter: `{}` is not a filter", log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
