//! Restores and copies that are killed half-way leave everything as it was.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;
use test_postgres::Installation;
use tests::postgres;

use super::{command_at, done, file_of, names, text, url_of};
use crate::shop::{Database, Shop, path, reference};
use crate::waiting::until;

/// Kills a command that cannot end by itself.
fn kill(mut command: Child) {
    assert!(command.try_wait().expect("a process").is_none(), "it ended by itself");
    command.kill().expect("it is there");
    command.wait().expect("it ends");
}

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("offer-host starts")
}

#[test]
fn a_restore_that_is_killed_changes_nothing_and_is_made_again() {
    let shop = Shop::open(Database::Sqlite);
    let sell = |id: &str| {
        shop.post(&path(id, "calculate"), id, &reference().to_string()).accepted();
        shop.post(&path(id, "confirm"), &format!("{id} confirm"), "").accepted();
    };
    sell("before");
    let folder = TempDir::new().expect("a folder");
    let backup = folder.path().join("backup.sqlite");
    done(command_at(&shop, shop.database_url(), &["backup", text(&backup)]));
    sell("after");
    shop.signal("TERM");
    shop.wait();

    // The restore waits for the rest of the file, which never comes.
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
    let restoring = started(command_at(&shop, shop.database_url(), &["restore", text(&pipe), "--overwrite"]));
    let file = file_of(shop.database_url());
    let part = file.with_file_name("store.sqlite.restoring");
    let bytes = fs::read(&backup).expect("the backup");
    let mut writer = fs::OpenOptions::new().write(true).open(&pipe).expect("the pipe");
    let half = &bytes[..bytes.len() / 2];
    let written = half.len();
    thread::scope(|scope| {
        let sending = scope.spawn(|| writer.write_all(half).expect("it is read"));
        until("half of it is there", || {
            fs::metadata(&part)
                .is_ok_and(|found| usize::try_from(found.len()).is_ok_and(|size| size >= written))
        });
        sending.join().expect("sent");
    });
    kill(restoring);
    drop(writer);

    shop.start();
    assert_eq!(shop.get("/v1/purchases/after").accepted()["state"], "confirmed");
    shop.verify();
    shop.signal("TERM");
    shop.wait();
    done(command_at(&shop, shop.database_url(), &["restore", text(&backup), "--overwrite"]));
    assert!(!names(file.parent().expect("a folder")).iter().any(|name| name.contains(".restoring")));
    shop.start();
    assert_eq!(shop.get("/v1/purchases/after").refused().0, 404);
    assert_eq!(shop.get("/v1/purchases/before").accepted()["state"], "confirmed");
    shop.verify();
}

/// Any number that no host uses.
const LOCK: u32 = 4_711;

/// Lets nobody read the points of ledger entries in a PostgreSQL database until this is dropped. They can be counted.
struct Holder(Child);

impl Holder {
    fn start(url: &str) -> Self {
        let held = format!(
            "ALTER TABLE point_entries RENAME TO entries;
             CREATE FUNCTION held(points bigint) RETURNS bigint LANGUAGE plpgsql
             AS 'BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN points; END';
             CREATE VIEW point_entries AS
             SELECT member_id, number, lot, kind, held(points) AS points, purchase_id, return_id, created_at
             FROM entries"
        );
        postgres::psql(url, &held);
        let mut command = Installation::find().expect("PostgreSQL").command("psql");
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", url]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("psql starts");
        let lock = format!("SELECT pg_advisory_lock({LOCK});\n");
        child.stdin.as_mut().expect("its input").write_all(lock.as_bytes()).expect("it reads");
        until("the lock is held", || locks(url, "granted") == "1");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.stdin = None;
        let _ = self.0.wait();
    }
}

/// The number of sessions that have the lock, or wait for it.
fn locks(url: &str, state: &str) -> String {
    let of_this = "database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let query = format!(
        "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK} AND {of_this} AND {state}"
    );
    postgres::psql(url, &query)
}

#[test]
fn a_copy_that_is_killed_leaves_its_target_empty() {
    let shop = Shop::open(Database::Postgres);
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    shop.signal("TERM");
    shop.wait();
    let folder = TempDir::new().expect("a folder");
    let (server, file) = (postgres::fresh_database(), url_of(&folder.path().join("target.sqlite")));
    let from = shop.database_url();
    let copy = |to: &str| command_at(&shop, from, &["database", "copy", "--from", from, "--to", to]);

    // Both have written the tables before that one, and can go no further.
    let holder = Holder::start(from);
    let copies = [started(copy(&server)), started(copy(&file))];
    until("both copies are half-way", || locks(from, "NOT granted") == "2");
    for copying in copies {
        kill(copying);
    }
    drop(holder);
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(postgres::psql(&server, tables), "0");
    assert!(!names(folder.path()).contains(&"target.sqlite".to_owned()));

    for to in [&server, &file] {
        done(copy(to));
        done(command_at(&shop, to, &["ledger", "verify"]));
    }
    let files = ["communications.db", "communications.db.lock", "target.sqlite", "target.sqlite.lock"];
    assert_eq!(names(folder.path()), files);
}
