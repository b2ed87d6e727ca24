//! `offer-host mechanic status`: the versions of mechanics at a host, their states, their faults, and why one was taken
//! back.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::ensure;
use serde_json::Value;

use crate::client::{Host, Trust};

/// Arguments of `offer-host mechanic status`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The mechanic, as offers call it; all that the key may see, if left out.
    name: Option<String>,
    /// Address of the host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    at: String,
    /// A key of role `partner`, `integration` or `admin`.
    #[arg(long, env = "OFFER_HOST_KEY", hide_env_values = true, default_value = "")]
    api_key: String,
    #[command(flatten)]
    trust: Trust,
    /// Print what the host answers, as JSON.
    #[arg(long)]
    json: bool,
}

/// Asks the host and prints its answer. The status is 1 if it refuses.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(!args.api_key.is_empty(), "the host needs a key: give --api-key, or set OFFER_HOST_KEY");
    let host = Host::new(&args.trust, &args.at, &args.api_key)?;
    let path = match &args.name {
        Some(name) => format!("/v1/mechanics/{name}"),
        None => "/v1/mechanics".to_owned(),
    };
    let answer = host.get(&path)?;
    if let Some(refusal) = answer.refusal() {
        writeln!(io::stderr(), "{refusal}")?;
        return Ok(ExitCode::FAILURE);
    }
    let mut stdout = io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", answer.document)?;
        return Ok(ExitCode::SUCCESS);
    }
    match answer.document.get("mechanics").and_then(Value::as_array) {
        Some(mechanics) => mechanics.iter().try_for_each(|mechanic| tell(&mut stdout, mechanic))?,
        None => tell(&mut stdout, &answer.document)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(out: &mut impl Write, mechanic: &Value) -> io::Result<()> {
    writeln!(out, "{}", text(mechanic, "/name"))?;
    let none = Vec::new();
    let versions = mechanic.get("versions").and_then(Value::as_array).unwrap_or(&none);
    for version in versions {
        writeln!(out, "  {:<12} {}", text(version, "/version"), state(mechanic, version))?;
        if let Some(faults) = faults(mechanic, version) {
            writeln!(out, "               {faults}")?;
        }
        if version.get("taken_back").is_some() {
            let reason = version.pointer("/taken_back/reason").and_then(Value::as_str);
            let reason = reason.unwrap_or("by a caller, whom the audit log names");
            writeln!(out, "               {}: {reason}", text(version, "/taken_back/at"))?;
        }
    }
    Ok(())
}

/// The state of a version; of one that prices receipts also which ones.
fn state(mechanic: &Value, version: &Value) -> String {
    let state = text(version, "/state");
    let is_it = |role: &str| role_digest(mechanic, role) == version.get("digest").and_then(Value::as_str);
    match state {
        "live" if is_it("active") => "live: active".to_owned(),
        "live" => "live: canary".to_owned(),
        other => other.to_owned(),
    }
}

fn role_digest<'a>(mechanic: &'a Value, role: &str) -> Option<&'a str> {
    mechanic.pointer(&format!("/rollout/{role}/digest")).and_then(Value::as_str)
}

/// The faults of a version that is rolled out, if there are any.
fn faults(mechanic: &Value, version: &Value) -> Option<String> {
    let digest = version.get("digest").and_then(Value::as_str)?;
    let roles = ["active", "canary", "shadow"];
    let role = roles.into_iter().find(|role| role_digest(mechanic, role) == Some(digest))?;
    let health = mechanic.pointer(&format!("/rollout/{role}/health"))?;
    let number = |name: &str| health.get(name).and_then(Value::as_u64).unwrap_or_default();
    if number("faults") == 0 {
        return None;
    }
    let details = health.get("fault_details").and_then(Value::as_array)?.iter();
    let details: Vec<String> = details
        .map(|fault| {
            let receipts = fault.get("receipts").and_then(Value::as_u64).unwrap_or_default();
            format!("{} on {receipts} ({})", text(fault, "/outcome"), text(fault, "/text"))
        })
        .collect();
    Some(format!("failed on {} of {} receipts: {}", number("faults"), number("calls"), details.join(", ")))
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
