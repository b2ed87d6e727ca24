//! The calls of the host's public API that a night needs.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::config::{Config, HostSettings};

/// Most bytes of a page of the feed or of a document.
const MOST_BYTES: u64 = 1 << 30;

/// First pause before a call is tried again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Between two looks at an import.
const POLL: Duration = Duration::from_millis(200);

/// Problems of rows that are told.
const PROBLEMS: usize = 5;

/// A host, as it is seen with one key.
pub(crate) struct Host {
    agent: Agent,
    url: String,
    key: String,
    retries: u32,
    wait: Duration,
}

/// An answer, or that there was none.
type Answer = Result<Response<Body>, ureq::Error>;

/// How an import ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    pub(crate) id: String,
    pub(crate) applied: u64,
    pub(crate) unchanged: u64,
    pub(crate) refused: u64,
    /// What was wrong with the first rows that were refused.
    pub(crate) problems: Vec<String>,
}

impl Host {
    /// # Errors
    ///
    /// The environment has no key; the address is none.
    pub(crate) fn new(settings: &HostSettings) -> anyhow::Result<Self> {
        let variable = &settings.key_variable;
        let key = std::env::var(variable).unwrap_or_default().trim().to_owned();
        if key.is_empty() {
            bail!(
                "{variable} is not set; `offer-host key create --role integration --name learner` makes a key"
            );
        }
        if !settings.url.starts_with("http://") && !settings.url.starts_with("https://") {
            bail!("`host.url`: \"{}\" is no address; it begins with http:// or https://", settings.url);
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(settings.call_seconds)))
            .timeout_connect(Some(Duration::from_secs(10)))
            .build()
            .new_agent();
        let wait = Duration::from_secs(settings.wait_seconds);
        Ok(Self {
            agent,
            url: settings.url.trim_end_matches('/').to_owned(),
            key,
            retries: settings.retries,
            wait,
        })
    }

    /// At most `limit` rows of the results feed behind a cursor, as NDJSON.
    pub(crate) fn results(&self, cursor: Option<&str>, limit: usize) -> anyhow::Result<String> {
        let since = cursor.map(|cursor| format!("&since={cursor}")).unwrap_or_default();
        self.get(&format!("/v1/results/export?limit={limit}{since}"))
    }

    /// Refuses unless the host's running offer takes its terms from that attribute and has that control group: the
    /// learner would learn from members of whom it does not know that they get nothing.
    pub(crate) fn check_offer(&self, config: &Config) -> anyhow::Result<()> {
        let offer = &config.offer;
        let id = &offer.external_id;
        let document: Value = serde_json::from_str(&self.get(&format!("/v1/offers/{id}"))?)?;
        let running = document.get("running_version").and_then(Value::as_u64);
        let versions = document.get("versions").and_then(Value::as_array);
        let body = versions
            .into_iter()
            .flatten()
            .find(|version| running.is_some() && version.get("version").and_then(Value::as_u64) == running)
            .and_then(|version| version.get("offer"));
        let Some(body) = body else {
            bail!("offer `{id}` does not run; `POST /v1/offers/{id}/run` makes it live");
        };
        let text = |pointer: &str| {
            body.pointer(pointer).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let found = (text("/attribute"), text("/control_group/percent"), text("/control_group/salt"));
        let group = &offer.control_group;
        let same_percent = found.1.as_deref().and_then(|percent| crate::config::minor(percent).ok())
            == Some(i64::from(config.control_hundredths()?));
        let salt = found.2.as_deref().unwrap_or(id);
        if found.0.as_deref() != Some(offer.attribute.as_str()) || !same_percent || salt != group.salt {
            bail!(
                "offer `{id}` runs with attribute {:?} and control group {:?} % of salt {salt:?}, and the configuration has {:?}, \
                 {:?} % and {:?}; make them alike",
                found.0.unwrap_or_default(),
                found.1.unwrap_or_default(),
                offer.attribute,
                group.percent,
                group.salt
            );
        }
        Ok(())
    }

    /// Sends rows of attributes, and waits until the import has ended.
    pub(crate) fn import(&self, rows: &Path, key: &str) -> anyhow::Result<Imported> {
        let path = "/v1/attributes/imports";
        let send = || -> anyhow::Result<Answer> {
            let file = File::open(rows).with_context(|| format!("{} cannot be opened", rows.display()))?;
            let request = self.agent.post(format!("{}{path}", self.url));
            let sent = request
                .header("Authorization", format!("Bearer {}", self.key))
                .header("Content-Type", "application/x-ndjson")
                .header("Idempotency-Key", key)
                .send(file);
            Ok(sent)
        };
        let mut import: Value = serde_json::from_str(&self.again("POST", path, &send)?)?;
        let id = text(&import, "id").context("the host answered an import without an id")?;
        let looks = self.wait.as_millis() / POLL.as_millis().max(1);
        for _ in 0..looks {
            if text(&import, "state").as_deref() != Some("running") {
                break;
            }
            thread::sleep(POLL);
            import = serde_json::from_str(&self.get(&format!("{path}/{id}"))?)?;
        }
        let state = text(&import, "state").unwrap_or_default();
        if state != "done" {
            let detail = text(&import, "detail").map(|detail| format!(": {detail}")).unwrap_or_default();
            bail!("import {id} is {state}{detail}; the next run goes on with it");
        }
        let count = |name| {
            import.get(name).and_then(Value::as_u64).with_context(|| format!("import {id} has no {name}"))
        };
        let (applied, unchanged, refused) = (count("applied")?, count("unchanged")?, count("refused")?);
        let problems = if refused == 0 { Vec::new() } else { self.problems(&id)? };
        Ok(Imported { id, applied, unchanged, refused, problems })
    }

    fn problems(&self, id: &str) -> anyhow::Result<Vec<String>> {
        let rows = self.get(&format!("/v1/attributes/imports/{id}/errors"))?;
        let told = rows.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let refused = told.filter(|problem| text(problem, "severity").as_deref() != Some("warning"));
        let words = |problem: Value| {
            let row = problem.get("row").and_then(Value::as_u64).unwrap_or_default();
            format!(
                "row {row}: {}, {}",
                text(&problem, "code").unwrap_or_default(),
                text(&problem, "detail").unwrap_or_default()
            )
        };
        Ok(refused.take(PROBLEMS).map(words).collect())
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let call = || -> anyhow::Result<Answer> {
            let request = self.agent.get(format!("{}{path}", self.url));
            Ok(request.header("Authorization", format!("Bearer {}", self.key)).call())
        };
        self.again("GET", path, &call)
    }

    /// Makes a call until it is answered, but not for ever. Every call of this file may be made twice.
    fn again(
        &self,
        method: &str,
        path: &str,
        call: &dyn Fn() -> anyhow::Result<Answer>,
    ) -> anyhow::Result<String> {
        let mut pause = PAUSE;
        let mut failed = None;
        for attempt in 0..=self.retries {
            if attempt > 0 {
                thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            match call()?.and_then(read) {
                Ok((status, body)) if (200..300).contains(&status) => return Ok(body),
                Ok((status, body)) if status == 429 || status >= 500 => {
                    failed = Some(anyhow!("{method} {path} was answered {}", told(status, &body)));
                }
                Ok((status, body)) => bail!("{method} {path} was refused: {}", told(status, &body)),
                Err(error) => failed = Some(anyhow!("{} does not answer {method} {path}: {error}", self.url)),
            }
        }
        Err(failed.unwrap_or_else(|| anyhow!("{method} {path} was not answered")))
    }
}

fn read(mut response: Response<Body>) -> Result<(u16, String), ureq::Error> {
    let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_string()?;
    Ok((response.status().as_u16(), body))
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A problem document (RFC 9457) in one sentence.
fn told(status: u16, body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    match text(&problem, "code").zip(text(&problem, "detail")) {
        Some((code, detail)) => format!("{status} {code}, {detail}"),
        None => status.to_string(),
    }
}
