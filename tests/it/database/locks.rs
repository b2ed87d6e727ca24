//! A till does not wait for whoever holds up the database: it is told to try again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use test_postgres::Installation;

use crate::shop::{Database, Shop, on_both_databases, path, reference};

on_both_databases!(a_till_is_told_to_try_again);

/// Another program that holds up the database until this is dropped.
struct Holder(Child, Option<ChildStdin>);

impl Holder {
    fn start(shop: &Shop) -> Self {
        let url = shop.database_url();
        // Each prints a line when it has the lock, and waits for the end of its input.
        let mut command = match url.strip_prefix("sqlite://") {
            Some(file) => {
                let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None); \
                              c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()";
                let mut command = Command::new("python3");
                command.args(["-c", script, file]);
                command
            }
            None => {
                let mut command = Installation::find().expect("PostgreSQL").command("psql");
                command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", url]);
                command
            }
        };
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the other program starts");
        let mut input = child.stdin.take().expect("its input");
        // The script in Python reads this as well, and does nothing with it.
        let lock = "BEGIN; LOCK TABLE purchases IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n";
        input.write_all(lock.as_bytes()).expect("it reads");
        let mut said = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut said).expect("a line");
        assert_eq!(said.trim(), "held");
        Self(child, Some(input))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.1 = None;
        let _ = self.0.wait();
    }
}

fn a_till_is_told_to_try_again(database: Database) {
    let shop = Shop::open_with(database, &[("DATABASE__LOCK_SECONDS", "1")]);
    let calculate = || shop.post(&path("p", "calculate"), "p", &reference().to_string());
    let holder = Holder::start(&shop);
    // Without a limit this waits until the lock is given back, which is after it.
    let refused = calculate();
    assert_eq!(refused.refused(), (503, "unavailable".to_owned()));
    assert!(refused.retry_after.is_some());
    drop(holder);
    calculate().accepted();
    shop.post(&path("p", "confirm"), "p-c", "").accepted();
}
