//! The HTTP calls of the demo.

use anyhow::{Context as _, bail};
use serde_json::Value;
use ureq::Agent;

/// Calls one host with one key.
pub(super) struct Client {
    agent: Agent,
    address: String,
    key: String,
}

impl Client {
    pub(super) fn new(address: &str, key: String) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { agent, address: address.to_owned(), key }
    }

    /// Sends a JSON document.
    pub(super) fn post(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.post(self.url(path)), path, "application/json", body)
    }

    /// Sends rows of JSON.
    pub(super) fn post_rows(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.post(self.url(path)), path, "application/x-ndjson", body)
    }

    /// Puts a JSON document.
    pub(super) fn put(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        self.send(self.agent.put(self.url(path)), path, "application/json", body)
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
        let mut response = request
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Content-Type", media_type)
            .send(body)
            .with_context(|| format!("calling {path}"))?;
        let text = response.body_mut().read_to_string()?;
        if !response.status().is_success() {
            bail!("{path} was refused with {}: {text}", response.status());
        }
        serde_json::from_str(&text).with_context(|| format!("{path} did not answer JSON: {text}"))
    }
}
