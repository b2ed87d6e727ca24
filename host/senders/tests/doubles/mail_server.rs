//! A mail server that does as it is told: it drops connections and refuses recipients where a test says so, keeps every
//! mail, and remembers every command.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does otherwise than a good one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    /// Connections that are dropped at this command (`EHLO`, `MAIL`, `RCPT`, `DATA`, `CONTENT`, `ANSWER`), and how many.
    /// `CONTENT` is before the mail is read, `ANSWER` after the mail was taken and before that is said.
    pub(crate) drop_at: Option<(&'static str, usize)>,
    /// Drops only what is not the first mail of its connection.
    pub(crate) only_reused: bool,
    /// Answers to a recipient instead of 250.
    pub(crate) recipients: BTreeMap<&'static str, &'static str>,
    /// Answers to commands instead of the usual ones.
    pub(crate) commands: BTreeMap<&'static str, &'static str>,
    /// User and password that it asks for.
    pub(crate) account: Option<(&'static str, &'static str)>,
    /// A mail whose text has this word is answered so.
    pub(crate) content: Option<(&'static str, &'static str)>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// Commands in order, without arguments.
    pub(crate) commands: Vec<String>,
    /// Sender, recipient and bytes of each mail that was taken.
    pub(crate) mails: Vec<(String, String, String)>,
    dropped: usize,
}

pub(crate) struct MailServer {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl MailServer {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, seen) = (script.clone(), Arc::clone(&shared));
                seen.lock().unwrap().connections += 1;
                // An error means that the connection has ended.
                thread::spawn(move || drop(serve(stream.unwrap(), &script, &seen)));
            }
        });
        Self { port, seen }
    }

    pub(crate) fn mails(&self) -> Vec<(String, String, String)> {
        self.seen.lock().unwrap().mails.clone()
    }

    pub(crate) fn count(&self, command: &str) -> usize {
        self.seen.lock().unwrap().commands.iter().filter(|seen| *seen == command).count()
    }
}

/// True if the connection is to be dropped here.
fn drops(script: &Script, seen: &Mutex<Seen>, command: &str, sent: usize) -> bool {
    let Some((at, times)) = script.drop_at else { return false };
    let mut seen = seen.lock().unwrap();
    let due = at == command && seen.dropped < times && (!script.only_reused || sent > 0);
    seen.dropped += usize::from(due);
    due
}

fn serve(stream: TcpStream, script: &Script, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let (mut from, mut to, mut sent) = (String::new(), String::new(), 0);
    let mut line = String::new();
    out.write_all(b"220 sink ESMTP\r\n")?;
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        seen.lock().unwrap().commands.push(command.clone());
        if drops(script, seen, &command, sent) {
            return Ok(());
        }
        if let Some(answer) = script.commands.get(command.as_str()) {
            out.write_all(format!("{answer}\r\n").as_bytes())?;
            continue;
        }
        let answer = match command.as_str() {
            "EHLO" if script.account.is_some() => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "EHLO" => "250-sink\r\n250 8BITMIME".to_owned(),
            "AUTH" => sign_in(&line, script),
            "MAIL" => {
                from = address(&line);
                "250 2.1.0 Ok".to_owned()
            }
            "RCPT" => {
                to = address(&line);
                script.recipients.get(to.as_str()).map_or("250 2.1.5 Ok", |answer| answer).to_owned()
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                if drops(script, seen, "CONTENT", sent) {
                    return Ok(());
                }
                let text = content(&mut lines)?;
                let refused = script.content.filter(|(word, _)| text.contains(word));
                if let Some((_, answer)) = refused {
                    answer.to_owned()
                } else {
                    seen.lock().unwrap().mails.push((from.clone(), to.clone(), text));
                    if drops(script, seen, "ANSWER", sent) {
                        return Ok(());
                    }
                    sent += 1;
                    format!("250 2.0.0 Ok: queued as Q{sent}")
                }
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            "RSET" | "NOOP" => "250 2.0.0 Ok".to_owned(),
            _ => "502 5.5.2 what".to_owned(),
        };
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
}

fn content(lines: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let before = text.len();
        if lines.read_line(&mut text)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if text.get(before..) == Some(".\r\n") {
            text.truncate(before);
            return Ok(text);
        }
    }
}

fn sign_in(line: &str, script: &Script) -> String {
    use base64::Engine as _;
    let sent = line.trim_end().rsplit(' ').next().unwrap_or_default();
    let sent = base64::engine::general_purpose::STANDARD.decode(sent).unwrap_or_default();
    let (user, password) = script.account.unwrap_or_default();
    if sent == format!("\0{user}\0{password}").into_bytes() {
        "235 2.7.0 signed in".to_owned()
    } else {
        "535 5.7.8 wrong user or password".to_owned()
    }
}

fn address(line: &str) -> String {
    let rest = line.split_once('<').map(|(_, rest)| rest).unwrap_or_default();
    rest.split_once('>').map(|(address, _)| address.to_owned()).unwrap_or_default()
}
