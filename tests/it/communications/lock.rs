//! Databases that somebody else has locked.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use tests::postgres::psql;

use crate::shop::{Database, Shop};
use crate::waiting::until;

/// Tables of communications that are written all the time.
const COMMUNICATIONS: &str = "communications.events, communications.members, communications.cursors, \
     communications.sequences, communications.messages, communications.promises";
/// Tables that are written when messages are sent.
const SENDING: &str = "communications.message_lanes, communications.messages";

/// Nobody else can write, or, on a server, read some tables.
pub(super) enum Lock {
    File(Child),
    Server(JoinHandle<()>),
}

impl Lock {
    /// Locks the database of communications.
    pub(super) fn of_communications(shop: &Shop, database: Database) -> Self {
        Self::beside_tills(shop, database, COMMUNICATIONS)
    }

    /// Locks what is written when messages are sent, or more.
    pub(super) fn of_sending(shop: &Shop, database: Database) -> Self {
        Self::beside_tills(shop, database, SENDING)
    }

    fn beside_tills(shop: &Shop, database: Database, tables: &'static str) -> Self {
        let url = shop.database_url();
        if database == Database::Postgres {
            return Self::of_tables(url, tables, "ACCESS EXCLUSIVE");
        }
        Self::of_file(&file(url).with_file_name("communications.db"))
    }

    /// Locks the database of tills, or at least its audit log, for writing.
    pub(super) fn of_the_audit_log(shop: &Shop, database: Database) -> Self {
        let url = shop.database_url();
        if database == Database::Postgres {
            return Self::of_tables(url, "audit_log", "EXCLUSIVE");
        }
        Self::of_file(file(url))
    }

    fn of_file(file: &Path) -> Self {
        let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None); \
                      c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("what it says"));
        said.read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), "locked");
        Self::File(child)
    }

    fn of_tables(url: &str, tables: &'static str, mode: &'static str) -> Self {
        let locking = url.to_owned();
        let lock = thread::spawn(move || {
            // Ended from outside, which psql calls a failure.
            let sql = format!("BEGIN; LOCK TABLE {tables} IN {mode} MODE; SELECT pg_sleep(600)");
            let _ = std::panic::catch_unwind(|| psql(&locking, &sql));
        });
        until("the tables are locked", || is_locked(url));
        Self::Server(lock)
    }

    /// Fails if it has ended by itself.
    pub(super) fn end(self, shop: &Shop) {
        match self {
            Self::File(mut child) => {
                assert!(child.try_wait().expect("a state").is_none(), "it has held the lock");
                child.kill().expect("it runs");
                child.wait().expect("it ends");
            }
            Self::Server(lock) => {
                let url = shop.database_url();
                assert!(is_locked(url), "it has held the lock");
                psql(
                    url,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
                );
                lock.join().expect("it ends");
            }
        }
    }
}

fn file(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite://").expect("a file"))
}

/// True once the session that locks has its tables: it sleeps then.
fn is_locked(url: &str) -> bool {
    let sleeps = "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE '%pg_sleep(600)%'";
    psql(url, sleeps).trim() == "1"
}
