//! `offer-host import`: sends a file to a host, shows its progress, and prints the problems of its rows.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use toolkit::client::Trust;
use toolkit::progress::Progress;
use ureq::{Agent, SendBody};

/// Time between two questions for the state of an import in the background.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// The most problems that are printed.
const PROBLEMS_SHOWN: usize = 20;

/// Arguments of `offer-host import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The kind of rows in the file.
    #[arg(value_enum)]
    kind: Kind,
    /// NDJSON, or for attributes and coupons also CSV (a name that ends in .csv).
    file: PathBuf,
    /// Address of the host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    to: String,
    /// A key of role `integration`.
    #[arg(long, env = "OFFER_HOST_KEY", hide_env_values = true)]
    key: String,
    /// The pool that the codes of coupons belong to.
    #[arg(long, required_if_eq("kind", "coupons"))]
    pool: Option<String>,
    /// For catalogue and members, `full` removes what the file does not name. For attributes and coupons, `validate`
    /// checks all rows and writes nothing.
    #[arg(long)]
    mode: Option<String>,
    #[command(flatten)]
    trust: Trust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Catalog,
    Members,
    Attributes,
    Coupons,
    Offers,
}

impl Kind {
    /// The address that files are sent to.
    fn target(self, pool: &str) -> String {
        match self {
            Self::Catalog => "catalog/imports".to_owned(),
            Self::Members => "members/imports".to_owned(),
            Self::Attributes => "attributes/imports".to_owned(),
            Self::Coupons => format!("coupon-pools/{pool}/codes"),
            Self::Offers => "offers/imports".to_owned(),
        }
    }

    /// The address of the states of imports in the background.
    fn states(self) -> String {
        match self {
            Self::Coupons => "coupon-imports".to_owned(),
            other => other.target(""),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let host = Host {
        agent: args.trust.agent(&args.to)?,
        url: args.to.trim_end_matches('/').to_owned(),
        key: args.key.clone(),
    };
    host.check_key()?;
    let document = host.send(args)?;
    let document = match document.get("id").and_then(Value::as_str) {
        Some(id) if document.get("state").and_then(Value::as_str) == Some("running") => {
            host.follow(args.kind, id)?
        }
        _ => document,
    };
    tell(&document)
}

struct Host {
    agent: Agent,
    url: String,
    key: String,
}

impl Host {
    /// Fails if the host does not answer or refuses the key, before a large file is sent in vain.
    fn check_key(&self) -> anyhow::Result<()> {
        let plan = format!("{}/v1/plan", self.url);
        let response = self.agent.get(plan).header("Authorization", format!("Bearer {}", self.key)).call();
        let response = response.with_context(|| format!("{} does not answer", self.url))?;
        if response.status().is_success() {
            return Ok(());
        }
        let problem = read(response)?;
        bail!("{}", problem.get("detail").and_then(Value::as_str).unwrap_or("the host refuses the key"))
    }

    fn send(&self, args: &Args) -> anyhow::Result<Value> {
        let file = File::open(&args.file).with_context(|| format!("{}", args.file.display()))?;
        let progress = Progress::bar(file.metadata()?.len(), "sending {bytes} of {total_bytes}");
        let pool = args.pool.as_deref().unwrap_or_default();
        let mut path = format!("{}/v1/{}", self.url, args.kind.target(pool));
        if let Some(mode) = &args.mode {
            path.push_str(&format!("?mode={mode}"));
        }
        let response = self
            .agent
            .post(path)
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Content-Type", media_type(&args.file))
            .header("Prefer", "respond-async")
            .send(SendBody::from_owned_reader(progress.reading(file)));
        drop(progress);
        read(response.with_context(|| format!("{} does not answer", self.url))?)
    }

    /// Waits for the end of an import, and answers its last state.
    fn follow(&self, kind: Kind, id: &str) -> anyhow::Result<Value> {
        let path = format!("{}/v1/{}/{id}", self.url, kind.states());
        let rows = |document: &Value, name: &str| document.get(name).and_then(Value::as_u64).unwrap_or(0);
        let mut progress = Progress::bar(1, "applying row {human_pos} of {human_len}, {per_sec}");
        loop {
            let response =
                self.agent.get(&path).header("Authorization", format!("Bearer {}", self.key)).call();
            let document = read(response.with_context(|| format!("{} does not answer", self.url))?)?;
            progress.set(rows(&document, "rows"), rows(&document, "rows_total"));
            if document.get("state").and_then(Value::as_str) != Some("running") {
                return Ok(document);
            }
            std::thread::sleep(ASK_EVERY);
        }
    }
}

fn media_type(file: &Path) -> &'static str {
    let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv { "text/csv" } else { "application/x-ndjson" }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Value> {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string()?;
    match serde_json::from_str(&text) {
        Ok(document) => Ok(document),
        Err(_) => bail!("the host answered {status}: {text}"),
    }
}

/// Prints the outcome, one line a problem. The status is 1 if anything was refused.
fn tell(document: &Value) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let problems = document.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for problem in problems.iter().take(PROBLEMS_SHOWN) {
        let [pointer, code, detail] = ["pointer", "code", "detail"].map(|name| text(problem, name));
        writeln!(out, "{pointer}: {detail} ({code})")?;
    }
    if problems.len() > PROBLEMS_SHOWN {
        writeln!(out, "and {} more", problems.len().saturating_sub(PROBLEMS_SHOWN))?;
    }
    if document.get("status").is_some() {
        writeln!(out, "refused: {}", text(document, "detail"))?;
        return Ok(ExitCode::FAILURE);
    }
    let names = ["state", "rows_total", "applied", "unchanged", "refused", "warnings", "counts", "revision"];
    let shown = names.into_iter().filter(|name| document.get(name).is_some_and(|value| !value.is_array()));
    let shown: Vec<String> = shown.map(|name| format!("{name} {}", text(document, name))).collect();
    writeln!(out, "{}", shown.join(", "))?;
    let refused = document.get("refused").and_then(Value::as_u64).unwrap_or(0);
    let done = document.get("state").is_none_or(|state| state == "done");
    Ok(if done && refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
