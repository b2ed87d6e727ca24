//! `offer-host import`: sends a file to a host, shows its progress, and prints the problems of its rows.

use std::fs::File;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use toolkit::client::{Answer, Host, Trust};
use toolkit::progress::Progress;
use toolkit::warnings::Strictness;
use ureq::SendBody;

/// Time between two questions for the state of an import in the background.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// The most problems that are printed.
const PROBLEMS_SHOWN: usize = 20;
/// The most warnings that are asked for: what is told of them, but for a line about the others.
const WARNINGS_READ: usize = 100;

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
    strictness: Strictness,
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

/// Runs the command. The status is 1 if anything was refused, or if there are warnings and none are allowed.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let host = Host::new(&args.trust, &args.to, &args.key)?;
    // Asked first, before a large file is read in vain.
    if let Some(refusal) = host.get("/v1/plan")?.refusal() {
        bail!("{refusal}");
    }
    let sent = send(&host, args)?;
    let is_refused = sent.refusal().is_some();
    let document = match sent.document.get("id").and_then(Value::as_str) {
        Some(id) => follow(&host, args.kind, id)?,
        None => sent.document,
    };
    tell(&document, is_refused)?;
    let warnings = match document.get("warnings") {
        Some(Value::Array(listed)) => listed.clone(),
        _ => warnings_of(&host, &document)?,
    };
    let told = args.strictness.tell(warnings.iter().map(shown))?;
    told.refuse(if args.mode.as_deref() == Some("validate") {
        "nothing was written, since only checking was asked for"
    } else {
        "what was taken stays"
    })?;
    let refused = document.get("refused").and_then(Value::as_u64).unwrap_or(0);
    let is_done = document.get("state").is_none_or(|state| state == "done");
    Ok(if is_refused || refused > 0 || !is_done { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn send(host: &Host, args: &Args) -> anyhow::Result<Answer> {
    let file = File::open(&args.file).with_context(|| format!("{}", args.file.display()))?;
    let progress = Progress::bar(file.metadata()?.len(), "sending {bytes} of {total_bytes}");
    let pool = args.pool.as_deref().unwrap_or_default();
    let mut path = format!("/v1/{}", args.kind.target(pool));
    if let Some(mode) = &args.mode {
        path.push_str(&format!("?mode={mode}"));
    }
    let headers = [("Content-Type", media_type(&args.file)), ("Prefer", "respond-async")];
    host.post(&path, &headers, SendBody::from_owned_reader(progress.reading(file)))
}

/// Waits for the end of an import, and answers its last state.
fn follow(host: &Host, kind: Kind, id: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/{}/{id}", kind.states());
    let rows = |document: &Value, name: &str| document.get(name).and_then(Value::as_u64).unwrap_or(0);
    let mut progress = Progress::bar(1, "applying row {human_pos} of {human_len}, {per_sec}");
    loop {
        let answer = host.get(&path)?;
        if let Some(refusal) = answer.refusal() {
            bail!("import {id} may go on, but its state cannot be seen: {refusal}");
        }
        let document = answer.document;
        progress.set(rows(&document, "rows"), rows(&document, "rows_total"));
        if text(&document, "state") != "running" {
            return Ok(document);
        }
        std::thread::sleep(ASK_EVERY);
    }
}

fn media_type(file: &Path) -> &'static str {
    let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv { "text/csv" } else { "application/x-ndjson" }
}

/// Prints the outcome, one line a problem.
fn tell(document: &Value, is_refused: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let problems = document.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let errors: Vec<&Value> = problems.iter().filter(|problem| !is_warning(problem)).collect();
    for problem in errors.iter().take(PROBLEMS_SHOWN) {
        writeln!(out, "{}", shown(problem))?;
    }
    if errors.len() > PROBLEMS_SHOWN {
        writeln!(out, "and {} more", errors.len().saturating_sub(PROBLEMS_SHOWN))?;
    }
    if is_refused {
        writeln!(out, "refused ({}): {}", text(document, "code"), text(document, "detail"))?;
        return Ok(());
    }
    let names = ["state", "rows_total", "applied", "unchanged", "refused", "warnings", "counts", "revision"];
    let shown = names.into_iter().filter(|name| document.get(name).is_some_and(|value| !value.is_array()));
    let shown: Vec<String> = shown.map(|name| format!("{name} {}", text(document, name))).collect();
    writeln!(out, "{}", shown.join(", "))?;
    Ok(())
}

/// The warnings of an upload whose status counts the rows that have some: up to one more than are told, and then the
/// number of the rows.
fn warnings_of(host: &Host, status: &Value) -> anyhow::Result<Vec<Value>> {
    let rows = status.get("warnings").and_then(Value::as_u64).unwrap_or(0);
    let Some(path) = status.get("errors_url").and_then(Value::as_str).filter(|_| rows > 0) else {
        return Ok(Vec::new());
    };
    let mut warnings = Vec::new();
    for line in host.lines(path)?.lines() {
        let problem: Value = serde_json::from_str(&line?)?;
        if is_warning(&problem) {
            warnings.push(problem);
        }
        if warnings.len() >= WARNINGS_READ {
            let detail = format!("{rows} rows have warnings; GET {path} lists them all");
            warnings.push(json!({"detail": detail, "code": "more_warnings"}));
            break;
        }
    }
    Ok(warnings)
}

fn is_warning(problem: &Value) -> bool {
    problem.get("severity").and_then(Value::as_str) == Some("warning")
}

/// A problem or warning in one line.
fn shown(problem: &Value) -> String {
    let [pointer, code, detail] = ["pointer", "code", "detail"].map(|name| text(problem, name));
    let place = if pointer.is_empty() { "/".to_owned() } else { pointer };
    format!("{place}: {detail} ({code})")
}

/// A field as text; empty if there is none.
fn text(document: &Value, name: &str) -> String {
    match document.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
