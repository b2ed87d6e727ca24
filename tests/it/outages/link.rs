//! The way from a host to its database, which a test can cut.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use test_postgres::{Installation, Server};
use tests::postgres;

use super::{PATIENCE, until};

/// Rows of an upload, and seconds for which a server of its own is stopped: for a measurement by hand.
const ROWS: &str = "OFFER_HOST_OUTAGE_ROWS";
const SECONDS: &str = "OFFER_HOST_OUTAGE_SECONDS";

/// Connections that are refused before the database comes back: so many that all background work has tried more than once.
const REFUSED: usize = 20;

pub(super) enum Link {
    /// A relay that closes its connections at once while it is cut.
    Relay { relay: Arc<Relay>, database: String, through: String },
    /// A server of its own that is stopped.
    Server { server: Server, rows: usize, outage: Duration },
}

#[derive(Default)]
pub(super) struct Relay {
    is_cut: AtomicBool,
    refused: AtomicUsize,
    /// Both ends of each connection so far.
    connections: Mutex<Vec<TcpStream>>,
}

impl Link {
    pub(super) fn open() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
        if let Some(seconds) = number(SECONDS) {
            let rows = usize::try_from(number(ROWS).unwrap_or(200_000)).expect("a count");
            let server = Server::start(&Installation::find().expect("PostgreSQL")).expect("a server");
            return Self::Server { server, rows, outage: Duration::from_secs(seconds) };
        }
        let database = postgres::fresh_database();
        let (before, rest) = database.split_once('@').expect("a user");
        let (server, name) = rest.split_once('/').expect("a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let through = format!("{before}@{}/{name}", listener.local_addr().expect("an address"));
        let relay = Arc::new(Relay::default());
        let (server, relaying) = (server.to_owned(), Arc::clone(&relay));
        thread::spawn(move || relaying.run(&listener, &server));
        Self::Relay { relay, database, through }
    }

    /// The address of the database, for the host.
    pub(super) fn database_url(&self) -> &str {
        match self {
            Self::Relay { through, .. } => through,
            Self::Server { server, .. } => server.url(),
        }
    }

    /// Runs SQL, not by way of the link.
    pub(super) fn sql(&self, statement: &str) {
        match self {
            Self::Relay { database, .. } => postgres::psql(database, statement),
            Self::Server { server, .. } => postgres::psql(server.url(), statement),
        };
    }

    /// Rows to upload.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Relay { .. } => 6_000,
            Self::Server { rows, .. } => *rows,
        }
    }

    /// The longest time that the work may take.
    pub(super) fn patience(&self) -> Duration {
        match self {
            Self::Relay { .. } => PATIENCE,
            Self::Server { outage, .. } => PATIENCE * 60 + *outage,
        }
    }

    pub(super) fn cut(&self) {
        match self {
            Self::Relay { relay, .. } => relay.cut(),
            Self::Server { server, .. } => server.stop().expect("it stops"),
        }
    }

    /// Waits until all background work has noticed, or for the time that was asked for.
    pub(super) fn stay_away(&self) {
        match self {
            Self::Relay { relay, .. } => {
                let before = relay.refused.load(Ordering::SeqCst);
                until("connections are refused", || relay.refused.load(Ordering::SeqCst) >= before + REFUSED);
            }
            Self::Server { outage, .. } => thread::sleep(*outage),
        }
    }

    pub(super) fn mend(&self) {
        match self {
            Self::Relay { relay, .. } => relay.is_cut.store(false, Ordering::SeqCst),
            Self::Server { server, .. } => server.start_again().expect("it starts"),
        }
    }
}

impl Relay {
    /// Takes connections for as long as the tests run.
    fn run(&self, listener: &TcpListener, server: &str) {
        for host in listener.incoming() {
            let Ok(host) = host else { continue };
            // Connections are kept before `cut` can close them, or see that it is cut.
            let mut connections = self.connections.lock().expect("connections");
            if self.is_cut.load(Ordering::SeqCst) {
                self.refused.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let database = TcpStream::connect(server).expect("the server is there");
            let clone = |stream: &TcpStream| stream.try_clone().expect("a handle");
            connections.extend([clone(&host), clone(&database)]);
            for (from, to) in [(clone(&host), clone(&database)), (database, host)] {
                thread::spawn(move || pass_on(from, to));
            }
        }
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for connection in self.connections.lock().expect("connections").drain(..) {
            // One that has ended already is as good.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Passes bytes on in one direction, until either end closes.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
