//! `offer-host mechanic check`: admits a component as the host would, and runs the conformance suite on it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use app::mechanics::compiler::own_program;
use domain::mechanics::Description;
use engine::{CallLimits, Check, Class, Component, Conformance, Trial, frozen_clock};
use serde_json::{Value, json};

use super::admission::Refused;
use super::candidate::Candidate;
use super::{ClassArg, formatting};
use crate::progress::Progress;

/// Arguments of `offer-host mechanic check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    #[command(flatten)]
    class: ClassArg,
    /// Case files, or folders with case files: made-up receipts take offers, facts and times from them
    #[arg(long, value_name = "CASES", num_args = 1..)]
    cases: Vec<PathBuf>,
    /// Print JSON, one document
    #[arg(long)]
    json: bool,
}

/// A check of the conformance suite and its result.
struct Checked {
    title: String,
    refused: Option<Refused>,
    /// Fuel and memory of the call that came closest to its limits.
    closest: Option<String>,
}

/// Runs the command. The status is 1 if a check fails.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let candidate = match Candidate::admit(&args.file, args.class, &args.cases)? {
        Ok(candidate) => candidate,
        Err(refused) => {
            refused.tell(args.json)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let spinner = Progress::spinner("running the conformance suite");
    let (component, class, trials) = (&candidate.component, candidate.class, candidate.trials()?);
    let mut conformance = component.conformance(&trials);
    conformance.warnings.extend(frozen_clock(&candidate.file).map(str::to_owned));
    let larger = larger_class(component, &trials, &conformance, class);
    let checked = |check: &Check| Checked {
        title: check.title.clone(),
        refused: check.refusal.as_ref().map(|refusal| Refused::of(refusal, larger)),
        closest: closest(check),
    };
    let mut checks: Vec<Checked> = conformance.checks.iter().map(checked).collect();
    checks.push(in_another_process(args, &candidate, &conformance)?);
    drop(spinner);
    let passed = checks.iter().all(|check| check.refused.is_none());
    if args.json {
        writeln!(std::io::stdout(), "{}", document(component, class, &conformance, &checks))?;
    } else {
        print(component, class, &checks, passed)?;
        for warning in &conformance.warnings {
            writeln!(std::io::stdout(), "warning: {warning}")?;
        }
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The smallest class in which all checks pass, if they fail in this one.
fn larger_class(component: &Component, trials: &[Trial], found: &Conformance, class: Class) -> Option<Class> {
    if found.passed() {
        return None;
    }
    let passes = |class: &Class| component.with_limits(CallLimits::of(*class)).conformance(trials).passed();
    Class::ALL.into_iter().filter(|known| *known > class).find(passes)
}

fn in_another_process(args: &Args, candidate: &Candidate, found: &Conformance) -> anyhow::Result<Checked> {
    let title = "it answers the same in another process".to_owned();
    let ran = Command::new(own_program()?)
        .args(["mechanic", "answers", "--class", candidate.class.name()])
        .args(candidate.hints.iter().flat_map(|hints| ["--hints", hints.as_str()]))
        .arg(&args.file)
        .output()
        .context("cannot start another process")?;
    let answers = String::from_utf8_lossy(&ran.stdout);
    let same = ran.status.success() && answers.trim() == found.answers;
    let refused = (!same).then(|| {
        let detail = match ran.status.success() {
            true => {
                format!("its answers have the digest {} here and {} there", found.answers, answers.trim())
            }
            false => format!("the other process failed: {}", String::from_utf8_lossy(&ran.stderr).trim()),
        };
        Refused::differs(detail)
    });
    Ok(Checked { title, refused, closest: None })
}

/// Fuel and memory of the call that came closest to its limit of fuel.
fn closest(check: &Check) -> Option<String> {
    let call = check.calls.iter().max_by_key(|call| {
        let limit = u128::from(call.cost.fuel_limit.max(1));
        u128::from(call.cost.fuel).saturating_mul(1_000_000).checked_div(limit)
    })?;
    let fuel = formatting::of_limit(call.cost.fuel, call.cost.fuel_limit, "");
    let memory = formatting::of_limit(
        formatting::kib(call.cost.memory_bytes),
        formatting::kib(call.cost.memory_limit),
        " KiB",
    );
    Some(format!("fuel {fuel}, memory {memory}"))
}

fn print(component: &Component, class: Class, checks: &[Checked], passed: bool) -> anyhow::Result<()> {
    let (description, inspected) = (component.description(), component.inspected());
    let mut out = std::io::stdout().lock();
    let admitted = if passed { "admitted" } else { "not admitted" };
    writeln!(out, "{admitted}: {} {}", description.name, description.version)?;
    writeln!(out, "  digest    {}", inspected.digest)?;
    writeln!(out, "  size      {} bytes", formatting::grouped(inspected.bytes))?;
    writeln!(out, "  contract  loyalty:mechanic@{}", inspected.abi())?;
    writeln!(out, "  class     {}", class.name())?;
    writeln!(out, "  phases    {}", phases(description).join(", "))?;
    for check in checks {
        let mark = if check.refused.is_none() { '✓' } else { '✗' };
        let closest = check.closest.as_ref().map(|closest| format!(": {closest}")).unwrap_or_default();
        writeln!(out, "{mark} {}{closest}", check.title)?;
        if let Some(refused) = &check.refused {
            writeln!(out, "    {}; {}", refused.detail(), refused.advice())?;
        }
    }
    Ok(())
}

fn phases(description: &Description) -> Vec<&'static str> {
    description.phases.iter().map(|phase| phase.name()).collect()
}

fn document(component: &Component, class: Class, found: &Conformance, checks: &[Checked]) -> Value {
    let (description, inspected) = (component.description(), component.inspected());
    let calls = found.checks.iter().flat_map(|check| &check.calls).map(|call| {
        json!({
            "receipt": call.receipt, "lines": call.lines, "offers": call.offers,
            "phase": call.phase.name(), "proposing": call.verdicts.proposing,
            "declined": call.verdicts.declined, "failed": call.verdicts.failed,
            "fuel": call.cost.fuel, "fuel_limit": call.cost.fuel_limit,
            "memory_bytes": call.cost.memory_bytes, "memory_limit_bytes": call.cost.memory_limit,
            "returned_bytes": call.cost.returned_bytes, "returned_limit_bytes": call.cost.returned_limit,
        })
    });
    let checks = checks.iter().map(
        |check| json!({"title": check.title, "passed": check.refused.is_none(), "refused": check.refused}),
    );
    json!({
        "name": description.name, "version": description.version, "digest": inspected.digest,
        "size": inspected.bytes, "contract": inspected.abi(), "class": class.name(),
        "phases": phases(description),
        "answers": found.answers, "warnings": found.warnings,
        "checks": checks.collect::<Vec<_>>(), "calls": calls.collect::<Vec<_>>(),
    })
}
