//! HTTP calls of a host.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use serde_json::Value;
use ureq::Agent;

/// Calls one host with one key.
pub(crate) struct Client {
    agent: Agent,
    address: String,
    key: String,
}

impl Client {
    pub(crate) fn new(address: &str, key: String) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { agent, address: address.to_owned(), key }
    }

    /// Sends a JSON document.
    pub(crate) fn post(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.post(self.url(path)), path, "application/json", body)
    }

    /// Sends rows of JSON.
    pub(crate) fn post_rows(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.post(self.url(path)), path, "application/x-ndjson", body)
    }

    /// Puts a JSON document.
    pub(crate) fn put(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.put(self.url(path)), path, "application/json", body)
    }

    /// Gets a JSON document.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.agent.get(self.url(path)).header("Authorization", format!("Bearer {}", self.key));
        answer(request.call().with_context(|| format!("calling {path}"))?, path)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn send(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        path: &str,
        media_type: &str,
        body: &str,
    ) -> anyhow::Result<Value> {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let response = request
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Content-Type", media_type)
            .header("Idempotency-Key", format!("xtask-{}", CALLS.fetch_add(1, Ordering::Relaxed)))
            .send(body)
            .with_context(|| format!("calling {path}"))?;
        answer(response, path)
    }
}

/// The document of an answer that must be a success.
fn answer(mut response: ureq::http::Response<ureq::Body>, path: &str) -> anyhow::Result<Value> {
    let text = response.body_mut().read_to_string()?;
    if !response.status().is_success() {
        bail!("{path} was refused with {}: {text}", response.status());
    }
    serde_json::from_str(&text).with_context(|| format!("{path} did not answer JSON: {text}"))
}
