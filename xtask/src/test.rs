//! `cargo xtask test`: every check there is, the fast ones first, and one line of totals.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::postgres::Postgres;
use crate::{experiments, node, previous, programs, python, retail, toolchain};

const USAGE: &str = "usage: cargo xtask test [--quick]
  --quick   leave out the documentation and the workspace tests (crate `tests`)";

/// The manifest of the learner's workspace.
const LEARNER: &str = "learn/Cargo.toml";

/// The tests of the learner, and the same with those on real experiments.
const LEARNER_TESTS: &[&str] =
    &["test", "--manifest-path", LEARNER, "--workspace", "--locked", "--no-fail-fast"];
const LEARNER_TESTS_ON_DATA: &[&str] = &[
    "test",
    "--manifest-path",
    LEARNER,
    "--workspace",
    "--locked",
    "--no-fail-fast",
    "--",
    "--include-ignored",
];

/// Runs every step, also after a failure, so that one run shows all there is to mend.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => bail!("{USAGE}"),
    };
    toolchain::ensure_wasm_target()?;
    toolchain::ensure_components()?;
    python::ensure_installed()?;
    node::ensure_installed()?;
    programs::ensure_installed()?;
    if !quick {
        retail::ensure_prepared()?;
    }
    let postgres = Postgres::get()?;

    let mut outcomes = steps(quick)
        .into_iter()
        .map(|step| run_step(step, postgres.url()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if !quick {
        outcomes.push(run_previous(postgres.url()));
    }
    drop(postgres);
    report(&outcomes)
}

/// One command of the run.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

/// Result of a step.
struct StepOutcome {
    name: &'static str,
    took: Duration,
    succeeded: bool,
    tests: Totals,
}

/// Sums of the `test result:` lines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

fn steps(quick: bool) -> Vec<Step> {
    let mut steps = vec![
        Step { name: "format", arguments: &["fmt", "--all", "--check"], environment: &[] },
        Step {
            name: "learner: format",
            arguments: &["fmt", "--manifest-path", LEARNER, "--all", "--check"],
            environment: &[],
        },
        Step {
            name: "lints",
            arguments: &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--keep-going",
                "--",
                "-D",
                "warnings",
            ],
            environment: &[],
        },
    ];
    if quick {
        steps.push(Step {
            name: "unit tests",
            arguments: &["test", "--workspace", "--exclude", "tests", "--locked", "--no-fail-fast"],
            environment: &[],
        });
        return steps;
    }
    steps.extend(learner());
    steps.push(Step {
        name: "documentation",
        arguments: &[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            // With examples, cargo takes the features of development dependencies too, and finds compiled
            // what the lints needed.
            "--lib",
            "--bins",
            "--examples",
            "--locked",
            "--keep-going",
        ],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    });
    steps.push(Step {
        name: "tests",
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
        environment: &[],
    });
    steps
}

/// The learner's own workspace, with the same lints.
fn learner() -> [Step; 2] {
    [
        Step {
            name: "learner: lints",
            arguments: &[
                "clippy",
                "--manifest-path",
                LEARNER,
                "--workspace",
                "--all-targets",
                "--locked",
                "--keep-going",
                "--",
                "-D",
                "warnings",
            ],
            environment: &[],
        },
        Step {
            name: "learner: tests",
            arguments: if experiments::are_there() { LEARNER_TESTS_ON_DATA } else { LEARNER_TESTS },
            environment: &[],
        },
    ]
}

fn run_step(step: Step, postgres: &str) -> anyhow::Result<StepOutcome> {
    eprintln!("\n=== {}: cargo {}", step.name, step.arguments.join(" "));
    let started = Instant::now();
    let mut command = toolchain::cargo();
    command
        .args(step.arguments)
        .envs(step.environment.iter().copied())
        .env(test_postgres::VARIABLE, postgres);
    let (succeeded, tests) = stream(&mut command).with_context(|| format!("step `{}`", step.name))?;
    let took = started.elapsed();
    let verdict = if succeeded { "ok" } else { "FAILED" };
    eprintln!("=== {}: {verdict} in {:.1?}", step.name, took);
    Ok(StepOutcome { name: step.name, took, succeeded, tests })
}

/// Runs the host of the last release on the schema of this tree.
fn run_previous(postgres: &str) -> StepOutcome {
    const NAME: &str = "previous release";
    eprintln!("\n=== {NAME}");
    let started = Instant::now();
    let checked = previous::check(postgres);
    let tests = match &checked {
        Ok(previous::Outcome::Sells(databases)) => Totals { passed: *databases, ..Totals::default() },
        Ok(previous::Outcome::Unknown) => Totals { ignored: 1, ..Totals::default() },
        Ok(previous::Outcome::Unchanged) | Err(_) => Totals::default(),
    };
    if let Err(error) = &checked {
        eprintln!("{error:#}");
    }
    let took = started.elapsed();
    eprintln!("=== {NAME}: {} in {took:.1?}", if checked.is_ok() { "ok" } else { "FAILED" });
    StepOutcome { name: NAME, took, succeeded: checked.is_ok(), tests }
}

/// Runs a command, passes its output on as it comes, and adds up the test results in it.
fn stream(command: &mut Command) -> anyhow::Result<(bool, Totals)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting cargo")?;
    let output = child.stdout.take().context("reading the output of cargo")?;
    let mut totals = Totals::default();
    let mut stdout = std::io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading the output of cargo")?;
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        totals.add_line(&String::from_utf8_lossy(&line));
    }
    Ok((child.wait()?.success(), totals))
}

fn report(outcomes: &[StepOutcome]) -> anyhow::Result<ExitCode> {
    let mut totals = Totals::default();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout)?;
    for outcome in outcomes {
        totals.add(outcome.counted());
        let verdict = if outcome.succeeded { "ok" } else { "FAILED" };
        writeln!(stdout, "{:<18}{verdict:<8}{:>8.1?}", outcome.name, outcome.took)?;
    }
    let failed: Vec<&str> = outcomes.iter().filter(|step| !step.succeeded).map(|step| step.name).collect();
    if !failed.is_empty() {
        writeln!(stdout, "failed: {}", failed.join(", "))?;
    }
    writeln!(stdout, "{}", totals.line())?;
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl StepOutcome {
    /// A step that failed without a failed test (it did not compile, a lint, a crash) counts as
    /// one failure, so that the totals never look clean when the run was not.
    fn counted(&self) -> Totals {
        let unseen = u64::from(!self.succeeded && self.tests.failed == 0);
        Totals { failed: self.tests.failed.saturating_add(unseen), ..self.tests }
    }
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.ignored = self.ignored.saturating_add(other.ignored);
    }

    /// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; …`; other lines add nothing.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed = self.passed.saturating_add(number),
                "failed" => self.failed = self.failed.saturating_add(number),
                "ignored" => self.ignored = self.ignored.saturating_add(number),
                _ => {}
            }
        }
    }

    fn line(&self) -> String {
        let skipped = if self.ignored > 0 { format!(", {} skipped", self.ignored) } else { String::new() };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_results_of_every_binary() {
        let mut totals = Totals::default();
        for line in [
            "running 5 tests",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "test prices::test result: ok ... ok",
        ] {
            totals.add_line(line);
        }
        assert_eq!(totals, Totals { passed: 7, failed: 4, ignored: 1 });
        assert_eq!(totals.line(), "7 passed, 4 failed, 1 skipped");
        assert_eq!(Totals { passed: 3, failed: 0, ignored: 0 }.line(), "3 passed, 0 failed");
    }

    #[test]
    fn a_step_that_fails_without_a_failed_test_counts_as_one() {
        let step = |succeeded, failed| StepOutcome {
            name: "tests",
            took: Duration::ZERO,
            succeeded,
            tests: Totals { passed: 9, failed, ignored: 0 },
        };
        assert_eq!(step(false, 0).counted().failed, 1);
        assert_eq!(step(false, 2).counted().failed, 2);
        assert_eq!(step(true, 0).counted().failed, 0);
    }
}
