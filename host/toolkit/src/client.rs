//! The HTTP client of commands that call a host, and whom it trusts.

use std::fmt;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, AsSendBody, Body};

/// Whom a client trusts.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// The authorities to trust, as PEM, instead of the public ones: for a host with a certificate of the company's own.
    #[arg(long, value_name = "FILE.pem", env = "OFFER_HOST_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl Trust {
    /// The client for the host at `url`. Over TLS it checks the host's certificate and name.
    fn agent(&self, url: &str) -> anyhow::Result<Agent> {
        if is_plain(url) {
            // If stderr is closed, the warning cannot be shown.
            let _ = writeln!(io::stderr(), "warning: the key goes to {url} without TLS, for all to read");
        }
        let roots = match &self.ca_file {
            None => RootCerts::WebPki,
            Some(file) => RootCerts::new_with_certs(&authorities(file)?),
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        Ok(Agent::config_builder().http_status_as_error(false).tls_config(tls).build().new_agent())
    }
}

/// A host, called with one key.
pub struct Host {
    agent: Agent,
    url: String,
    key: String,
}

impl Host {
    /// The host at `url`, which is not called yet.
    pub fn new(trust: &Trust, url: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self { agent: trust.agent(url)?, url: url.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gets the document at a path. Fails if nothing answers there, or not as a host does.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.read(self.agent.get(self.at(path)).header("Authorization", self.bearer()).call())
    }

    /// Gets the lines at a path, unread.
    pub fn lines(&self, path: &str) -> anyhow::Result<impl io::BufRead> {
        let sent = self.agent.get(self.at(path)).header("Authorization", self.bearer()).call();
        let response = sent.map_err(|error| self.silent(error))?;
        ensure!(response.status().is_success(), "{} answered {}", self.at(path), response.status());
        Ok(io::BufReader::new(response.into_body().into_reader()))
    }

    /// Sends a body to a path, once the host wants it: it refuses wrong keys and addresses by the header alone. Fails if
    /// nothing answers there, or not as a host does.
    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> anyhow::Result<Answer> {
        let mut request = self.agent.post(self.at(path)).header("Authorization", self.bearer());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.read(request.header("Expect", "100-continue").send(body))
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    fn read(&self, sent: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Answer> {
        let mut response = sent.map_err(|error| self.silent(error))?;
        let status = response.status();
        let text = response.body_mut().read_to_string().map_err(|error| self.silent(error))?;
        match serde_json::from_str(&text) {
            Ok(document) => Ok(Answer { status, document }),
            Err(_) => {
                bail!("{} answered {status}, but not as a host does: is the address right?", self.url)
            }
        }
    }

    /// The error of a call that was not answered.
    fn silent(&self, error: ureq::Error) -> anyhow::Error {
        let url = &self.url;
        let is_closed = matches!(&error, ureq::Error::Io(failed) if is_closed(failed.kind()));
        anyhow::Error::from(error).context(if is_closed {
            format!(
                "{url} closed the connection before it had everything, and did not say why; a proxy before it may \
                 refuse what is so large"
            )
        } else {
            format!("{url} does not answer")
        })
    }
}

fn is_closed(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

/// The answer of a host.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    /// Its body; of a refusal the problem document.
    pub document: Value,
}

impl Answer {
    /// The reason of a refusal; none if the host did as it was told.
    pub fn refusal(&self) -> Option<Refusal> {
        if self.status.is_success() {
            return None;
        }
        let text = |name: &str| self.document.get(name).and_then(Value::as_str).map(str::to_owned);
        // Of a proxy that answers JSON, too.
        let code = text("code").unwrap_or_else(|| self.status.as_str().to_owned());
        let detail = reasons(&self.document).or_else(|| text("detail")).or_else(|| text("title"));
        let detail = detail.unwrap_or_else(|| format!("it answered {} without a reason", self.status));
        Some(Refusal { code, detail })
    }
}

/// The details of all errors that a problem document lists.
fn reasons(document: &Value) -> Option<String> {
    let errors = document.get("errors")?.as_array()?.iter();
    let details: Vec<&str> = errors.filter_map(|error| error.get("detail")?.as_str()).collect();
    (!details.is_empty()).then(|| details.join("; "))
}

/// The reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Short and stable.
    pub code: String,
    /// For people.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "refused ({}): {}", self.code, self.detail)
    }
}

fn authorities(file: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        let item = item.with_context(|| format!("{} is not PEM", file.display()))?;
        if let PemItem::Certificate(certificate) = item {
            found.push(certificate);
        }
    }
    ensure!(!found.is_empty(), "{} has no certificate: `-----BEGIN CERTIFICATE-----`", file.display());
    Ok(found)
}

/// True for an address on another machine without TLS.
fn is_plain(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let host = url.host().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    url.scheme_str() == Some("http") && !is_here
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_key_in_plain_text_is_told() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("http://localhost", false),
            ("https://offers.example.com", false),
            ("http://offers.example.com", true),
            ("http://10.0.0.1:8080", true),
        ] {
            assert_eq!(is_plain(url), expected, "{url}");
        }
    }
}
