//! Connections of which each byte is the test's own.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};

use crate::shop::Shop;

/// Limit of every wait, which only a host at fault reaches.
const GENEROUS: Duration = Duration::from_secs(60);

/// The start of a request that goes on.
pub(super) const HALF_A_HEADER: &str = "GET /healthz HTTP/1.1\r\nHost: host\r\n";

/// Where connections come from.
pub(super) struct Sockets {
    runtime: Runtime,
    host: SocketAddr,
}

impl Sockets {
    pub(super) fn of(shop: &Shop) -> Self {
        let host = shop.address();
        let host = host.trim_start_matches("http://").parse().expect("an address");
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        Self { runtime, host }
    }

    /// A connection from 127.0.0.`from`.
    pub(super) fn connect(&self, from: u8) -> Connection {
        self.connect_with(from, |_| Ok(()))
    }

    /// A connection that is reset when it is dropped, as by a till that loses its power.
    pub(super) fn connect_to_be_reset(&self, from: u8) -> Connection {
        self.connect_with(from, TcpSocket::set_zero_linger)
    }

    fn connect_with(&self, from: u8, prepare: impl Fn(&TcpSocket) -> std::io::Result<()>) -> Connection {
        let connected = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            prepare(&socket)?;
            socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)), 0))?;
            socket.connect(self.host).await?.into_std()
        });
        let stream = connected.expect("a connection");
        stream.set_nonblocking(false).expect("a socket");
        stream.set_read_timeout(Some(GENEROUS)).expect("a socket");
        Connection { stream, seen: String::new() }
    }

    /// Connections from one address that have sent half a header each.
    pub(super) fn half_open(&self, from: u8, number: usize) -> Vec<Connection> {
        let open = || {
            let mut connection = self.connect(from);
            connection.say(HALF_A_HEADER);
            connection
        };
        std::iter::repeat_with(open).take(number).collect()
    }
}

/// A connection to the host.
pub(super) struct Connection {
    stream: TcpStream,
    /// What was read and not yet looked at.
    seen: String,
}

impl Connection {
    pub(super) fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("it is taken");
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, call: &str, headers: &[(&str, &str)], body: &str) {
        let length = body.len().to_string();
        let mut all = vec![("Content-Length", length.as_str())];
        all.extend(headers);
        self.say(&header(call, &all));
        self.say(body);
    }

    /// Begins an upload of so many bytes with a valid key. When this returns, the host waits for the body.
    pub(super) fn begin_upload(&mut self, key: &str, bytes: usize) {
        let (key, length) = (format!("Bearer {key}"), bytes.to_string());
        let headers = [
            ("Authorization", key.as_str()),
            ("Content-Type", "application/x-ndjson"),
            ("Content-Length", length.as_str()),
            ("Expect", "100-continue"),
        ];
        self.say(&header("POST /v1/members/imports", &headers));
        self.wait_for("HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// Waits until the host has said this.
    pub(super) fn hear(&mut self, text: &str) {
        self.wait_for(text);
    }

    /// A connection of which only the sending half is used.
    pub(super) fn sender(&self) -> Self {
        Self { stream: self.stream.try_clone().expect("a socket"), seen: String::new() }
    }

    /// Says something, unless the host has closed.
    pub(super) fn try_say(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).is_ok()
    }

    /// Ends the connection, for its sender as well.
    pub(super) fn end(self) {
        // It fails if the host has ended it.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// All that the host says until it closes the connection.
    pub(super) fn rest(&mut self) -> String {
        while self.read() {}
        std::mem::take(&mut self.seen)
    }

    /// The next answer, and status and code of its problem document.
    pub(super) fn answer(&mut self) -> Answer {
        let head = self.wait_for("\r\n\r\n");
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        while self.seen.len() < length {
            assert!(self.read(), "the answer ends early: {head}{}", self.seen);
        }
        let rest = self.seen.split_off(length);
        let body = std::mem::replace(&mut self.seen, rest);
        Answer { head, body }
    }

    /// What the host says up to this text, with it.
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            if let Some(start) = self.seen.find(text) {
                let rest = self.seen.split_off(start + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(self.read(), "the host closed before it said {text:?}: {}", self.seen);
        }
    }

    /// Reads on. Returns false if the host has closed.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = match self.stream.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            read => read.expect("the host does something"),
        };
        self.seen.push_str(std::str::from_utf8(&bytes[..read]).expect("text"));
        read > 0
    }
}

/// An answer as it was sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// One that is all that a connection said.
    pub(super) fn whole(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        Self { head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status: {self:?}"))
    }

    /// Status and code of a refusal, after checking that it is a problem document which closes the connection.
    pub(super) fn refused(&self) -> (u16, String) {
        let head = self.head.to_lowercase();
        assert!(head.contains("content-type: application/problem+json"), "{self:?}");
        assert_eq!(head.contains("retry-after: "), self.status() == 503, "{self:?}");
        let document: Value = serde_json::from_str(&self.body).expect("a document");
        assert_eq!(document["status"], self.status(), "{self:?}");
        (self.status(), document["code"].as_str().expect("a code").to_owned())
    }
}

/// The header of a request.
pub(super) fn header(call: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{call} HTTP/1.1\r\nHost: host\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text
}
