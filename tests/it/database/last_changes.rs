//! A copy of the main file alone, made while a host runs, lacks what is in the write-ahead log: that is told.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{command_at, done, file_of, refused, text, url_of};
use crate::shop::{Database, Shop, path, reference};
use crate::waiting::until;

/// The number that a note beside a database has for something.
fn noted(file: &Path, name: &str) -> i64 {
    let note = fs::read_to_string(file.with_extension("sqlite.noted")).unwrap_or_default();
    let number = note.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    number.unwrap_or(-1)
}

/// Another program that reads one state of a database until this is dropped.
struct Reader(Child);

impl Reader {
    fn start(file: &Path) -> Self {
        let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN'); \
                      c.execute('SELECT COUNT(*) FROM audit_log').fetchone(); print('reads', flush=True); \
                      sys.stdin.read()";
        let mut command = Command::new("python3");
        command.args(["-c", script, text(file)]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 starts");
        let mut said = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut said).expect("a line");
        assert_eq!(said.trim(), "reads");
        Self(child)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.stdin = None;
        let _ = self.0.wait();
    }
}

fn records(shop: &Shop) -> i64 {
    let admin = shop.as_admin("GET", "/v1/audit?limit=1", "").accepted();
    admin["head"]["number"].as_i64().expect("a number")
}

#[test]
fn a_copy_without_the_last_changes_is_told_and_a_whole_one_is_not() {
    let shop = Shop::open(Database::Sqlite);
    let file = file_of(shop.database_url());
    let folder = TempDir::new().expect("a folder");
    let to = |name: &str| folder.path().join(name).join("store.sqlite");
    for name in ["alone", "noted", "whole"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    // What is written from here on stays in the log, since the reader needs the file as it is.
    let reader = Reader::start(&file);
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    shop.post(&path("p", "confirm"), "p-c", "").accepted();
    shop.named_key("pos", "another");
    until("the host notes its last record", || noted(&file, "audit ") == records(&shop));
    assert!(noted(&file, "ledger ") > 0);
    fs::copy(&file, to("alone")).expect("copied");
    fs::copy(&file, to("noted")).expect("copied");
    fs::copy(file.with_extension("sqlite.noted"), to("noted").with_extension("sqlite.noted"))
        .expect("copied");
    done(command_at(&shop, shop.database_url(), &["backup", text(&to("whole"))]));
    drop(reader);

    let verify = |name: &str, what: &str| command_at(&shop, &url_of(&to(name)), &[what, "verify"]);
    for what in ["audit", "ledger"] {
        let alone = refused(verify("alone", what));
        assert!(
            alone.contains("without its write-ahead log") && alone.contains("offer-host backup"),
            "{alone}"
        );
        let with_note = refused(verify("noted", what));
        let told = format!("noted was {}", records(&shop));
        assert!(with_note.contains("older than") && with_note.contains(&told), "{with_note}");
        done(verify("whole", what));
        done(command_at(&shop, shop.database_url(), &[what, "verify"]));
    }
    for name in ["alone", "noted"] {
        let backup = folder.path().join("backup").with_extension(name);
        let told = refused(command_at(&shop, &url_of(&to(name)), &["backup", text(&backup)]));
        assert!(told.contains("nothing was written") && told.contains("--accept-problems"), "{told}");
        assert!(!backup.exists());
        let accepting = ["backup", text(&backup), "--accept-problems"];
        done(command_at(&shop, &url_of(&to(name)), &accepting));
        assert!(backup.exists());
    }
    let restored = url_of(&folder.path().join("restored.sqlite"));
    let told = refused(command_at(&shop, &restored, &["restore", text(&to("alone"))]));
    assert!(told.contains("without its write-ahead log") && told.contains("--accept-problems"), "{told}");

    // A kill leaves the log beside the file, and nothing is missing.
    shop.kill();
    for _ in 0..2 {
        assert!(shop.command(&["audit", "verify"]).status.success());
    }
    // A host takes a copy as it is, and the audit log says so from then on.
    let other = shop.join(&[("DATABASE__URL", url_of(&to("alone")).as_str())]);
    let list = done(command_at(&shop, &url_of(&to("alone")), &["audit", "list"]));
    assert!(list.contains("database.loss"), "{list}");
    done(verify("alone", "audit"));
    drop(other);
}
