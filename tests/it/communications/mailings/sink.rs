//! A mail server in this process that takes everything, and counts what it took for whom.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server answers to a recipient.
pub(super) type Rule = Box<dyn Fn(&str) -> Option<&'static str> + Send + Sync>;

/// The server. It goes on until the tests end.
pub(super) struct Sink {
    /// Its port.
    pub(super) port: u16,
    taken: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Sink {
    /// A server that takes everything.
    pub(super) fn open() -> Self {
        Self::with(Box::new(|_| None))
    }

    /// A server that refuses recipients for which `rule` has an answer.
    pub(super) fn with(rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let taken = Arc::new(Mutex::new(BTreeMap::new()));
        let (mails, rule) = (Arc::clone(&taken), Arc::new(rule));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mails, rule) = (Arc::clone(&mails), Arc::clone(&rule));
                // A connection that breaks is the client's affair.
                thread::spawn(move || drop(talk(&stream, &mails, &rule)));
            }
        });
        Self { port, taken }
    }

    /// The mails that were taken, by recipient.
    pub(super) fn mails(&self) -> BTreeMap<String, Vec<String>> {
        self.taken.lock().expect("nobody has failed").clone()
    }

    /// How many were taken.
    pub(super) fn count(&self) -> usize {
        self.taken.lock().expect("nobody has failed").values().map(Vec::len).sum()
    }
}

fn talk(
    stream: &TcpStream,
    mails: &Mutex<BTreeMap<String, Vec<String>>>,
    rule: &Rule,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    writer.write_all(b"220 sink\r\n")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let upper = command.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-sink\r\n250 8BITMIME"
        } else if let Some(rest) = upper.strip_prefix("RCPT TO:<") {
            let address = rest.split('>').next().unwrap_or_default().to_lowercase();
            let refused = rule(&address);
            to = address;
            refused.unwrap_or("250 ok")
        } else if upper == "DATA" {
            writer.write_all(b"354 go on\r\n")?;
            let mut mail = String::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if line == ".\r\n" {
                    break;
                }
                mail.push_str(&line);
            }
            // Taken before the answer, as by a server whose answer is lost.
            mails.lock().expect("nobody has failed").entry(to.clone()).or_default().push(mail);
            "250 taken"
        } else if upper == "QUIT" {
            writer.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "250 ok"
        };
        writer.write_all(format!("{answer}\r\n").as_bytes())?;
    }
}
