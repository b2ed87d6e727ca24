//! What takes too long is ended, and what keeps coming is not.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::raw::{Answer, Sockets, header};
use crate::shop::{Database, Shop, member};

/// A member's row as it is sent.
fn row() -> String {
    format!("{}\n", member("1.00"))
}

#[test]
fn a_header_has_its_time() {
    let shop = Shop::empty(Database::Sqlite, &[("CONNECTIONS__HEADER_SECONDS", "1")]);
    let sockets = Sockets::of(&shop);
    let mut silent = sockets.connect(1);
    let mut half = sockets.half_open(1, 1).remove(0);
    let mut one_byte = sockets.connect(1);
    one_byte.say("G");
    assert_eq!(silent.rest(), "", "nothing was asked");
    for (name, connection) in [("half", &mut half), ("one byte", &mut one_byte)] {
        let refused = Answer::whole(&connection.rest()).refused();
        assert_eq!(refused, (408, "header_timeout".to_owned()), "{name}");
    }
}

#[test]
fn bodies_must_keep_coming_and_idle_connections_are_closed() {
    let settings = [
        ("CONNECTIONS__HEADER_SECONDS", "600"),
        ("CONNECTIONS__BODY_SECONDS", "1"),
        ("CONNECTIONS__IDLE_SECONDS", "1"),
    ];
    let shop = Shop::empty(Database::Sqlite, &settings);
    let sockets = Sockets::of(&shop);
    let key = format!("Bearer {}", shop.integration_key());
    let mut idle = sockets.connect(1);
    idle.ask("GET /healthz", &[], "");
    let json = [("Content-Type", "application/json"), ("Content-Length", "100")];
    let authorized = ("Authorization", key.as_str());
    let mut document = sockets.connect(1);
    document.say(&header("PUT /v1/offers/o", &[authorized, json[0], json[1]]));
    document.say("{");
    let rows = [("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")];
    let mut upload = sockets.connect(1);
    upload.say(&header("POST /v1/members/imports", &[authorized, rows[0], rows[1]]));
    upload.say("3\r\n{\"i\r\n");
    let mut unknown = sockets.connect(1);
    unknown.say(&header("PUT /v1/offers/o", &json));

    assert_eq!(idle.answer().body, "ok\n");
    assert_eq!(idle.rest(), "", "nothing more was asked");
    for (name, connection) in [("document", &mut document), ("upload", &mut upload)] {
        let refused = Answer::whole(&connection.rest()).refused();
        assert_eq!(refused, (408, "body_timeout".to_owned()), "{name}");
    }
    assert_eq!(Answer::whole(&unknown.rest()).refused(), (401, "unauthorized".to_owned()));
    let ask = |call: &str| {
        let mut connection = sockets.connect(1);
        connection.ask(call, &[authorized], "");
        connection.answer().body
    };
    let listed: Value = serde_json::from_str(&ask("GET /v1/members/imports")).expect("a document");
    assert_eq!(listed["imports"], json!([]), "nothing of the upload was taken");
    let metrics = ask("GET /metrics");
    assert!(metrics.contains("offer_host_connections_closed_total{reason=\"idle\"} "), "{metrics}");
    assert!(metrics.contains("\noffer_host_connections_open "), "{metrics}");
}

/// Another process that writes to the database, and does not come to an end.
struct Writer(Child);

impl Writer {
    fn start(shop: &Shop) -> Self {
        let script = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)\n\
                      c.execute('BEGIN IMMEDIATE'); print('ready', flush=True); sys.stdin.read()";
        let file = shop.database_url().strip_prefix("sqlite://").expect("a file");
        let mut child = Command::new("python3")
            .args(["-c", script, file])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It fails if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_call_has_its_time_and_an_upload_as_long_as_it_keeps_coming() {
    let shop = Shop::empty(Database::Sqlite, &[("CONNECTIONS__REQUEST_SECONDS", "1")]);
    let sockets = Sockets::of(&shop);
    let key = format!("Bearer {}", shop.integration_key());
    let row = row();
    let mut upload = sockets.connect(1);
    upload.begin_upload(shop.integration_key(), row.len());
    let (start, end) = row.split_at(5);
    upload.say(start);
    // A call that began later has had its time when it is refused.
    let mut call = sockets.connect(1);
    let headers =
        [("Authorization", key.as_str()), ("Content-Type", "application/json"), ("Content-Length", "100")];
    call.say(&header("PUT /v1/offers/o", &headers));
    assert_eq!(Answer::whole(&call.rest()).refused(), (408, "body_timeout".to_owned()));
    upload.say(end);
    let taken = upload.answer();
    assert!((200..300).contains(&taken.status()), "{taken:?}");

    // The host's own work takes too long: the database does not let it write.
    let writer = Writer::start(&shop);
    let attribute = json!({"type": "string"}).to_string();
    loop {
        let mut call = sockets.connect(1);
        call.ask("PUT /v1/attributes/a", &headers[..2], &attribute);
        let (status, code) = call.answer().refused();
        assert_eq!(status, 503);
        // The host may give up the database first.
        if code == "request_timeout" {
            break;
        }
        assert_eq!(code, "unavailable");
    }
    drop(writer);
}
