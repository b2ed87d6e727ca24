//! Calls of a host's API.

use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use ureq::http::{HeaderValue, Request, Response};
use ureq::{Agent, Body};

use super::error::DriveError;

/// How long a call may take; longer than the host lets any take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How often a call is tried that the host is too busy for, or that does not reach it.
const ATTEMPTS: u32 = 4;

/// The longest pause before the next attempt, in seconds.
const LONGEST_PAUSE: u64 = 30;

pub(super) const JSON: &str = "application/json";
pub(super) const ROWS: &str = "application/x-ndjson";

/// A running host, and a key for it.
#[derive(Debug)]
pub struct Host {
    agent: Agent,
    url: String,
    authorization: HeaderValue,
}

/// A problem document (RFC 9457), as far as it is needed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    code: String,
    errors: Vec<Found>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    pointer: String,
    detail: String,
}

impl Host {
    /// A host at an address such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    ///
    /// The address does not begin with `http://` or `https://`; the key cannot be sent.
    pub fn new(url: &str, key: &str) -> Result<Self, DriveError> {
        let url = url.trim_end_matches('/');
        if !["http://", "https://"]
            .iter()
            .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        {
            return Err(DriveError::Address(url.to_owned()));
        }
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", key.trim())).map_err(|_| DriveError::Key)?;
        authorization.set_sensitive(true);
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build();
        Ok(Self { agent: agent.new_agent(), url: url.to_owned(), authorization })
    }

    /// The same host and key, with connections of its own.
    pub(super) fn another(&self) -> Self {
        Self {
            agent: Agent::new_with_config(self.agent.config().clone()),
            url: self.url.clone(),
            authorization: self.authorization.clone(),
        }
    }

    /// Sends a body. `key` is the idempotency key.
    pub(super) fn send(
        &self,
        (method, path): (&str, &str),
        media_type: &str,
        key: Option<&str>,
        body: &str,
    ) -> Result<Value, DriveError> {
        self.attempts(&format!("{method} {path}"), &|| {
            let mut request = Request::builder()
                .method(method)
                .uri(format!("{}{path}", self.url))
                .header("Authorization", self.authorization.clone())
                .header("Content-Type", media_type);
            if let Some(key) = key {
                request = request.header("Idempotency-Key", key);
            }
            self.agent.run(request.body(body)?)
        })
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, DriveError> {
        self.attempts(&format!("GET {path}"), &|| {
            let url = format!("{}{path}", self.url);
            self.agent.get(url).header("Authorization", self.authorization.clone()).call()
        })
    }

    /// Makes a call, again and again as long as it does not reach the host or the host is busy.
    fn attempts(
        &self,
        call: &str,
        make: &dyn Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Value, DriveError> {
        let mut attempt = 1;
        loop {
            let answer = make().and_then(|mut answer| {
                let text = answer.body_mut().read_to_string()?;
                Ok((answer, text))
            });
            let pause = match answer {
                Ok((answer, text)) if answer.status().is_success() => {
                    return parsed(&text)
                        .map_err(|detail| DriveError::Answer { call: call.to_owned(), detail });
                }
                Ok((answer, text)) => {
                    let status = answer.status().as_u16();
                    if ![429, 503].contains(&status) || attempt == ATTEMPTS {
                        return Err(refused(call, status, &text));
                    }
                    let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                    asked.and_then(|seconds| seconds.parse().ok()).unwrap_or(1)
                }
                Err(error) if attempt == ATTEMPTS => {
                    return Err(DriveError::Unreachable { call: call.to_owned(), error: Box::new(error) });
                }
                Err(_) => 1,
            };
            thread::sleep(Duration::from_secs(pause.min(LONGEST_PAUSE)));
            attempt += 1;
        }
    }
}

fn parsed(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn refused(call: &str, status: u16, text: &str) -> DriveError {
    let problem: Problem = serde_json::from_str(text).unwrap_or_default();
    let mut detail = if problem.detail.is_empty() { problem.title } else { problem.detail };
    for found in problem.errors.iter().take(3) {
        detail += &format!("; {} {}", found.pointer, found.detail);
    }
    DriveError::Refused { call: call.to_owned(), status, code: problem.code, detail }
}
