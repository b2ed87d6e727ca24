//! Another system in this process that is called, answers as it is told, and remembers every call.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A call as it came in.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Headers with lower-case names.
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name}: {:?}", self.headers), |(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON document")
    }
}

/// The status of an answer to a call, by the number of the calls before it; none to hang.
pub(super) type Rule = fn(usize) -> Option<&'static str>;

/// The other system. It goes on until the tests end.
pub(super) struct Hooks {
    pub(super) port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Hooks {
    pub(super) fn open(rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let calls = Arc::clone(&shared);
                // A connection that breaks is the client's affair.
                thread::spawn(move || drop(talk(&stream, &calls, rule)));
            }
        });
        Self { port, calls }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("nobody has failed").clone()
    }
}

fn talk(stream: &TcpStream, calls: &Mutex<Vec<Call>>, rule: Rule) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let before = {
            let mut calls = calls.lock().expect("nobody has failed");
            calls.push(Call { headers, body });
            calls.len() - 1
        };
        let Some(status) = rule(before) else {
            thread::sleep(Duration::from_secs(600));
            return Ok(());
        };
        writer.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes())?;
    }
}
