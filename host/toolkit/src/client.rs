//! The HTTP client of commands that call a host, and whom it trusts.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Whom a client trusts.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// The authorities to trust, as PEM, instead of the public ones: for a host with a certificate of the company's own.
    #[arg(long, value_name = "FILE.pem", env = "OFFER_HOST_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl Trust {
    /// The client for the host at `url`. Over TLS it checks the host's certificate and name.
    pub fn agent(&self, url: &str) -> anyhow::Result<Agent> {
        if is_plain(url) {
            // If stderr is closed, the warning cannot be shown.
            let _ =
                writeln!(std::io::stderr(), "warning: the key goes to {url} without TLS, for all to read");
        }
        let roots = match &self.ca_file {
            None => RootCerts::WebPki,
            Some(file) => RootCerts::new_with_certs(&authorities(file)?),
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        Ok(Agent::config_builder().http_status_as_error(false).tls_config(tls).build().new_agent())
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
