//! Tills beside thousands of connections that never send a whole request: what those cost the tills.
//!
//! `cargo run --release -p tests --example half_open`, with `-- CONNECTIONS ROUNDS SECONDS` for other numbers.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tests::half_open::{Length, measure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};

/// Each connection is opened so often, if it was closed.
const AGAIN: Duration = Duration::from_secs(10);
/// Connections that are being opened at a time.
const OPENING: usize = 64;
const HALF_A_HEADER: &[u8] = b"POST /v1/purchases/p/calculate HTTP/1.1\r\nHost: host\r\n";

fn main() -> anyhow::Result<()> {
    let (mut connections, mut length) = (5_000, Length { rounds: 4, seconds: 5 });
    for (number, argument) in std::env::args().skip(1).enumerate() {
        let value: u64 = argument.parse().with_context(|| format!("`{argument}` is not a whole number"))?;
        match number {
            0 => connections = usize::try_from(value)?,
            1 => length.rounds = usize::try_from(value)?,
            _ => length.seconds = value,
        }
    }
    allow_files(connections)?;
    writeln!(
        std::io::stdout(),
        "| {connections} half-open connections | till | receipts | p50 without, ms | p99 | p50 with | p99 | p99 ratio |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    measure("from as many addresses", length, |host| Flood::start(connections, host, true))?;
    measure("from one address", length, |host| Flood::start(connections, host, false))
}

/// Each connection is an open file, and the host inherits the limit.
fn allow_files(connections: usize) -> anyhow::Result<()> {
    let needed = u64::try_from(connections)? + 500;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(maximum.is_none_or(|maximum| maximum >= needed), "at most {maximum:?} files may be open");
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}

/// The connections. They are closed when this is dropped.
struct Flood {
    _runtime: Runtime,
}

impl Flood {
    /// Returns when each of the connections has been opened once.
    fn start(connections: usize, host: SocketAddr, many_addresses: bool) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let opened = Arc::new(AtomicUsize::new(0));
        let opening = Arc::new(Semaphore::new(OPENING));
        for number in 0..connections {
            let from = if many_addresses { number } else { 0 };
            let (high, low) = (u8::try_from(from / 250)?, u8::try_from(from % 250)?);
            let from = Ipv4Addr::new(127, 1, high, low + 1);
            runtime.spawn(keep_half_open(from, host, Arc::clone(&opening), Arc::clone(&opened)));
        }
        runtime.block_on(async {
            while opened.load(Ordering::Relaxed) < connections {
                sleep(Duration::from_millis(10)).await;
            }
        });
        Ok(Self { _runtime: runtime })
    }
}

async fn keep_half_open(from: Ipv4Addr, host: SocketAddr, opening: Arc<Semaphore>, opened: Arc<AtomicUsize>) {
    let mut is_first = true;
    loop {
        let again = Instant::now() + AGAIN;
        let connection = async {
            let _permit = opening.acquire().await?;
            anyhow::Ok(connect(from, host).await?)
        };
        let connection = connection.await;
        if std::mem::take(&mut is_first) {
            opened.fetch_add(1, Ordering::Relaxed);
        }
        if let Ok(mut connection) = connection {
            // It ends when the host closes the connection, in one way or another.
            let _ = connection.read_to_end(&mut Vec::new()).await;
        }
        sleep_until(again).await;
    }
}

async fn connect(from: Ipv4Addr, host: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from.into(), 0))?;
    let mut connection = socket.connect(host).await?;
    connection.write_all(HALF_A_HEADER).await?;
    Ok(connection)
}
