//! `offer-host mechanic bench`: measures the cost of calls by the size of the receipt, beside the built-in mechanics in
//! the same run.

mod measure;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use app::mechanics::trials;
use domain::mechanics::Phase;
use engine::{Class, Component, Hint, ProfiledCall, Trial};

use super::test::case_files;
use super::test::run::TestHost;
use super::{ClassArg, admission, candidate, read};
use crate::progress::Progress;
use crate::sandbox::Sandbox;
use measure::Measured;

/// Lines of the made-up receipts.
const SIZES: [usize; 5] = [1, 10, 50, 100, 1000];
/// Lines of the receipt that shows whether the usual offers draw a proposal.
const SAMPLE_LINES: usize = 10;
/// Name of the built-in mechanic that all others are compared with.
const YARDSTICK: &str = "product";

/// Arguments of `offer-host mechanic bench`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The components
    #[arg(value_name = "FILE.wasm", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    class: ClassArg,
    /// Measure the calls of these case files as well
    #[arg(long, value_name = "CASES", num_args = 1..)]
    cases: Vec<PathBuf>,
    /// Print JSON, one document
    #[arg(long)]
    json: bool,
}

/// A mechanic to measure.
struct Subject {
    /// The path of the file, or `built in`.
    origin: String,
    class: Class,
    component: Arc<Component>,
    calls: Vec<(String, ProfiledCall)>,
}

/// The measurements of one mechanic.
struct Row {
    origin: String,
    class: Class,
    component: Arc<Component>,
    measured: Vec<(String, Measured)>,
}

/// Runs the command. The status is 1 if a mechanic is refused or passes a limit.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sandbox = Sandbox::with_builtins()?;
    let builtins = sandbox.mechanics().map(|(_, component)| builtin(component));
    let mut subjects = builtins.collect::<anyhow::Result<Vec<Subject>>>()?;
    for file in &args.files {
        let bytes = read(file)?;
        let class = args.class.of(&bytes);
        let component = match admission::admit(sandbox.runtime(), &bytes, class)? {
            Ok(component) => Arc::new(component),
            Err(refused) => {
                eprintln!("{}:", file.display());
                refused.tell(args.json)?;
                return Ok(ExitCode::FAILURE);
            }
        };
        let (of_cases, hints) = of_cases(args, file)?;
        let trials = trials::of(&component, &hints);
        let mut calls = samples(&component, &trials, !hints.is_empty())?;
        calls.extend(of_cases);
        subjects.push(Subject { origin: file.display().to_string(), class, component, calls });
    }
    let rows = measure_all(subjects);
    if args.json {
        writeln!(std::io::stdout(), "{}", table::document(&rows))?;
    } else {
        table::print(&rows)?;
    }
    let failed = rows.iter().flat_map(|row| &row.measured).any(|(_, measured)| measured.fault.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn builtin(component: &Arc<Component>) -> anyhow::Result<Subject> {
    Ok(Subject {
        origin: "built in".to_owned(),
        class: Class::Fast,
        component: Arc::clone(component),
        calls: samples(component, &trials::of(component, &[]), false)?,
    })
}

/// Made-up receipts in the first phase of the mechanic. If it declines all offers of the usual ones, or if the trials come
/// from cases, they are those of the first trial that draws a proposal.
fn samples(component: &Component, trials: &[Trial], are_of_cases: bool) -> anyhow::Result<NamedCalls> {
    let phase = component.description().phases.iter().min().copied().unwrap_or(Phase::Discount);
    let call = |lines: usize, phase: Phase, trial: Option<&Trial>| {
        let (receipt, offers, facts) = component.sample(lines, phase, trial);
        ProfiledCall { receipt, offers, facts }
    };
    let usual = Measured::verdicts(component, &call(SAMPLE_LINES, phase, None));
    let reached = match usual {
        Some(verdicts) if verdicts.proposing > 0 && !are_of_cases => None,
        _ => component.reached(trials)?,
    };
    let (trial, phase) = reached.map_or((None, phase), |(trial, phase)| (Some(trial), phase));
    Ok(SIZES.into_iter().map(|lines| (lines.to_string(), call(lines, phase, trial))).collect())
}

/// Calls, each with its name.
type NamedCalls = Vec<(String, ProfiledCall)>;

/// The calls that case files make to the mechanic of `file`, and the hints that they give for other receipts.
fn of_cases(args: &Args, file: &std::path::Path) -> anyhow::Result<(NamedCalls, Vec<Hint>)> {
    if args.cases.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let Some(host) = TestHost::admit(file, args.class, args.json)? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut named = Vec::new();
    for case in case_files::cases(&args.cases)? {
        let mut calls = Vec::new();
        let report = host.case(&case, &mut calls);
        if let Some(unusable) = &report.unusable {
            anyhow::bail!("{unusable}");
        }
        let titles = report.titles_of_calls();
        named.extend(titles.into_iter().zip(calls).map(|(title, call)| {
            let name = format!("{title}, {}", call.receipt.phase.name());
            (name, ProfiledCall { receipt: call.receipt, offers: call.offers, facts: call.facts })
        }));
    }
    Ok((named, candidate::of_cases(&host, &args.cases)?))
}

fn measure_all(subjects: Vec<Subject>) -> Vec<Row> {
    let calls: usize = subjects.iter().map(|subject| subject.calls.len()).sum();
    let mut progress =
        Progress::bar(u64::try_from(calls).unwrap_or(u64::MAX), "{human_pos} of {human_len} calls");
    let row = |Subject { origin, class, component, calls }: Subject| {
        let measure = |(name, call): (String, ProfiledCall)| {
            let measured = Measured::of(&component, &call);
            progress.step();
            (name, measured)
        };
        let measured = calls.into_iter().map(measure).collect();
        Row { origin, class, component, measured }
    };
    subjects.into_iter().map(row).collect()
}
