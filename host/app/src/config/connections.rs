//! Settings of connections: how many, how long, and with which certificate.

use std::time::Duration;

use serde::Deserialize;

/// The most seconds that a connection may be given for anything: a week.
const SECONDS_MAX: u64 = 7 * 86_400;
/// The least size of a header that the HTTP library can be limited to.
const HEADER_BYTES_MIN: usize = 8_192;

/// The section `tls`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: String,
    pub key: String,
    pub operations: bool,
    pub check_seconds: u64,
}

impl Tls {
    /// True if the host speaks HTTPS.
    pub fn is_on(&self) -> bool {
        !self.certificate.is_empty()
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.certificate.is_empty() != self.key.is_empty() {
            problems.push(
                "tls.certificate, tls.key: one is set without the other; set both, or neither".to_owned(),
            );
        }
        problems.extend(seconds("tls.check_seconds", self.check_seconds));
        problems
    }
}

/// The section `connections`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    pub total: usize,
    pub per_address: usize,
    pub reserved_for_tills: usize,
    pub header_seconds: u64,
    pub header_bytes: usize,
    pub body_bytes_per_second: u64,
    pub body_seconds: u64,
    pub idle_seconds: u64,
    pub request_seconds: u64,
    pub long_request_seconds: u64,
}

impl Connections {
    /// From the start of a connection, or the first byte of a further request, to the end of the header.
    pub fn header_time(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    /// By how much a body may be late.
    pub fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    /// Between two requests, and for an answer that is not taken.
    pub fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    /// From the header to the beginning of the answer.
    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    /// From the last byte of the body to the beginning of the answer, for calls whose work grows with their body.
    pub fn long_request_time(&self) -> Duration {
        Duration::from_secs(self.long_request_seconds)
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, value) in [("connections.total", self.total), ("connections.per_address", self.per_address)]
        {
            if value == 0 {
                problems.push(format!("{key}: must be above 0"));
            }
        }
        if self.body_bytes_per_second == 0 {
            problems.push("connections.body_bytes_per_second: must be above 0".to_owned());
        }
        if self.reserved_for_tills >= self.total {
            problems.push("connections.reserved_for_tills: must be below connections.total".to_owned());
        }
        if self.header_bytes < HEADER_BYTES_MIN {
            problems.push(format!("connections.header_bytes: must be at least {HEADER_BYTES_MIN}"));
        }
        for (key, value) in [
            ("connections.header_seconds", self.header_seconds),
            ("connections.body_seconds", self.body_seconds),
            ("connections.idle_seconds", self.idle_seconds),
            ("connections.request_seconds", self.request_seconds),
            ("connections.long_request_seconds", self.long_request_seconds),
        ] {
            problems.extend(seconds(key, value));
        }
        problems
    }
}

fn seconds(key: &str, value: u64) -> Option<String> {
    let is_allowed = (1..=SECONDS_MAX).contains(&value);
    (!is_allowed).then(|| format!("{key}: must be 1 to {SECONDS_MAX}"))
}
