//! A provider with an HTTP interface that answers as it is told, and remembers every call.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A call as it came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    /// `POST /path HTTP/1.1`.
    pub(crate) line: String,
    /// Headers with lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer: status line with headers, and body. An empty line of status ends the connection without an answer.
pub(crate) type Answer = (&'static str, String);

pub(crate) struct Provider {
    pub(crate) port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Provider {
    /// Answers each call by what was called.
    pub(crate) fn start(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&calls);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (calls, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                // An error means that the connection has ended.
                thread::spawn(move || drop(serve(stream.unwrap(), &calls, answer.as_ref())));
            }
        });
        Self { port, calls }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    calls: &Mutex<Vec<Call>>,
    answer: &dyn Fn(&Call) -> Answer,
) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    loop {
        let mut call = Call::default();
        if lines.read_line(&mut call.line)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            lines.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            call.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = call.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        lines.read_exact(&mut body)?;
        call.body = String::from_utf8(body).unwrap();
        let (status, body) = answer(&call);
        calls.lock().unwrap().push(call);
        if status.is_empty() {
            return Ok(());
        }
        write!(out, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
}
