//! A mail server that speaks TLS: after STARTTLS, or from the first byte.

use std::io::{BufRead as _, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Offers STARTTLS, and does it.
    StartTls,
    /// Offers it, and refuses it when it is asked for.
    Refuses,
    /// Begins with TLS.
    FromTheStart,
}

pub(crate) struct TlsMailServer {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl TlsMailServer {
    /// With the certificate `cert.pem` and its key `key.pem` of a folder.
    pub(crate) fn start(folder: &Path, manner: Manner) -> Self {
        let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, seen) = (Arc::clone(&config), Arc::clone(&shared));
                // An error means that the connection has ended.
                thread::spawn(move || drop(serve(stream.unwrap(), config, manner, &seen)));
            }
        });
        Self { port, seen }
    }

    /// What it was told, in order: commands, with `(plain)` before those without TLS, and the lines of mails.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    manner: Manner,
    seen: &Mutex<Vec<String>>,
) -> Result<()> {
    let mut plain = BufReader::new(stream);
    if manner != Manner::FromTheStart {
        plain.get_mut().write_all(b"220 sink ESMTP\r\n")?;
        if !session(&mut plain, seen, Some(manner))? {
            return Ok(());
        }
    }
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut safe = BufReader::new(StreamOwned::new(connection, plain.into_inner()));
    if manner == Manner::FromTheStart {
        safe.get_mut().write_all(b"220 sink ESMTP\r\n")?;
    }
    session(&mut safe, seen, None).map(drop)
}

/// Answers commands until the end; true if TLS begins. `plain` says that there is none yet, and what becomes of it.
fn session<S: Read + Write>(
    lines: &mut BufReader<S>,
    seen: &Mutex<Vec<String>>,
    plain: Option<Manner>,
) -> Result<bool> {
    let mut in_mail = false;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let line = line.trim_end().to_owned();
        let mark = if plain.is_some() { "(plain) " } else { "" };
        seen.lock().unwrap().push(format!("{mark}{line}"));
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (command.as_str(), plain) {
            _ if in_mail && line != "." => continue,
            (".", _) => {
                in_mail = false;
                "250 2.0.0 Ok: queued as Q1"
            }
            ("EHLO", Some(_)) => "250-sink\r\n250-8BITMIME\r\n250 STARTTLS",
            ("EHLO", None) => "250-sink\r\n250 8BITMIME",
            ("STARTTLS", Some(Manner::Refuses)) => "454 4.7.0 not now",
            ("STARTTLS", Some(_)) => "220 2.0.0 go ahead",
            ("DATA", _) => {
                in_mail = true;
                "354 go on"
            }
            ("QUIT", _) => "221 bye",
            _ => "250 2.0.0 Ok",
        };
        lines.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        lines.get_mut().flush()?;
        match command.as_str() {
            "STARTTLS" if plain == Some(Manner::StartTls) => return Ok(true),
            "QUIT" => return Ok(false),
            _ => {}
        }
    }
}
