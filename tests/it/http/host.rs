//! A host of the real binary on a database file of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tests::workspace;
use ureq::Agent;

use crate::CODE_CACHE;
use crate::shop::{ANY_SECONDS, serving};

/// A running host, and a key of every role that the tests use.
pub(super) struct Host {
    folder: TempDir,
    child: Child,
    address: String,
    agent: Agent,
    settings: Vec<(&'static str, &'static str)>,
}

/// Status and body of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) retry_after: Option<String>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The code of a problem document, after checking that it is one.
    pub(super) fn problem(&self) -> String {
        assert_eq!(self.media_type, "application/problem+json", "{}", self.text);
        let document = self.json();
        assert_eq!(document["status"], self.status, "{document}");
        for name in ["type", "title", "detail"] {
            assert!(document[name].is_string(), "no {name}: {document}");
        }
        assert!(document["errors"].is_array(), "no errors: {document}");
        document["code"].as_str().expect("a code").to_owned()
    }
}

impl Host {
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With settings that differ from the defaults, as environment variables.
    pub(super) fn start_with(settings: &[(&'static str, &'static str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (child, address) = spawn(folder.path(), settings);
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { folder, child, address, agent, settings: settings.to_vec() }
    }

    /// Asks it to stop, waits until it has, and starts it again on the same database.
    pub(super) fn restart(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill starts").success(), "the host is there");
        assert!(self.child.wait().expect("it ends").success(), "it ends in good order");
        (self.child, self.address) = spawn(self.folder.path(), &self.settings);
    }

    pub(super) fn key(&self, role: &str) -> String {
        let output = command(self.folder.path(), &self.settings)
            .args(["key", "create", "--role", role, "--name", "test"])
            .output()
            .expect("offer-host starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(text.lines().count(), 1, "the key stands alone");
        text.trim().to_owned()
    }

    pub(super) fn get(&self, path: &str, key: Option<&str>) -> Answer {
        let request = self.agent.get(self.url(path));
        answer(authorized(request, key).call())
    }

    pub(super) fn delete(&self, path: &str, key: Option<&str>) -> Answer {
        answer(authorized(self.agent.delete(self.url(path)), key).call())
    }

    pub(super) fn post(&self, path: &str, key: Option<&str>, body: &str) -> Answer {
        self.post_as(path, key, "application/json", body)
    }

    pub(super) fn post_as(&self, path: &str, key: Option<&str>, media_type: &str, body: &str) -> Answer {
        let request = self.agent.post(self.url(path)).header("Content-Type", media_type);
        answer(authorized(request, key).send(body))
    }

    pub(super) fn put(&self, path: &str, key: Option<&str>, body: &str) -> Answer {
        let request = self.agent.put(self.url(path)).header("Content-Type", "application/json");
        answer(authorized(request, key).send(body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It fails if the host has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, settings: &[(&'static str, &'static str)]) -> (Child, String) {
    let mut child =
        command(folder, settings).arg("serve").stderr(Stdio::piped()).spawn().expect("offer-host starts");
    let address = serving(&mut child);
    (child, address)
}

fn command(folder: &Path, settings: &[(&'static str, &'static str)]) -> Command {
    let mut command = Command::new(workspace::offer_host().expect("the binary"));
    command
        .current_dir(folder)
        .env("OFFER_HOST__SERVER__LISTEN", "127.0.0.1:0")
        .env("OFFER_HOST__DATABASE__URL", "sqlite://store.sqlite")
        .env("OFFER_HOST__LOG__FORMAT", "json")
        .env("OFFER_HOST__MECHANICS__CACHE", CODE_CACHE)
        .env("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS", ANY_SECONDS)
        .env("OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS", ANY_SECONDS)
        .envs(settings.iter().copied());
    command
}

fn authorized<B>(request: ureq::RequestBuilder<B>, key: Option<&str>) -> ureq::RequestBuilder<B> {
    match key {
        Some(key) => request.header("Authorization", format!("Bearer {key}")),
        None => request,
    }
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.expect("an answer");
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (media_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
    let text = response.body_mut().read_to_string().expect("text");
    Answer { status: response.status().as_u16(), media_type, retry_after, text }
}
