//! docs/first-mailing.md, every command as written, in an empty folder: it ends with one mail for the one member who may
//! and can get it.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::workspace;

use super::sink::Sink;

const PAGE: &str = "docs/first-mailing.md";

/// The commands of the page, for a host at a free port and a mail server of the test.
fn commands(mail_port: u16) -> String {
    let page = fs::read_to_string(workspace::root().join(PAGE)).expect("the page");
    let blocks = page.split("```sh\n").skip(1).map(|block| block.split("```").next().expect("an end"));
    let commands: String = blocks.collect();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let mail = format!("\"port\":{mail_port}");
    assert!(commands.contains("127.0.0.1:8080") && commands.contains("\"port\":8025"), "{commands}");
    commands.replace("127.0.0.1:8080", &free.to_string()).replace("\"port\":8025", &mail)
}

#[test]
fn the_page_on_a_first_mailing_is_true() {
    let sink = Sink::open();
    let folder = TempDir::new().expect("a folder");
    let script = format!("set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n{}", commands(sink.port));
    let binary = workspace::offer_host().expect("the binary");
    let path =
        format!("{}:{}", binary.parent().expect("a folder").display(), env::var("PATH").expect("a path"));
    let mut shell = Command::new("bash");
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OFFER_HOST")) {
        shell.env_remove(name);
    }
    let output =
        shell.env("PATH", path).current_dir(folder.path()).args(["-c", &script]).output().expect("bash");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    let last: Value = serde_json::from_str(out.lines().last().expect("an answer")).expect("JSON");
    // It is stopped right after its start: some of its three messages may not have been planned yet.
    let number = |pointer: &str| last.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
    assert_eq!(number("/reasons/skipped/stopped") + number("/gone"), 3, "{last}");
    let told = fs::read_to_string(folder.path().join("preview.txt")).expect("the preview");
    assert!(told.contains("Subject: Anna, your cart is waiting"), "{told}");
    let mails = sink.mails();
    let whom: Vec<&str> = mails.keys().map(String::as_str).collect();
    assert_eq!(whom, ["anna@example.org", "me@example.com"]);
    let mail = &mails["anna@example.org"];
    assert!(
        mail.len() == 1 && mail[0].contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        "{mail:?}"
    );
}
