//! Runs the case files of `tests/cases`, in the sandbox and through the same mechanics linked natively. Each names the
//! rule that it tests; `docs/case-files.md` describes the format.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::Value;
use toolkit::cases::{CallRecorder, Case, CaseReceipt, Prepared, Stores, refusal_differences};

use crate::builtins::Builtins;
use crate::workspace;

/// The case files of a folder of `tests/cases`, sorted by name.
pub fn files_of(folder: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace::root().join("tests/cases").join(folder);
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Runs the case of a file in the sandbox and natively. Answers a sentence for each difference from the expected answer
/// and between the two.
pub fn run(file: &Path) -> anyhow::Result<Vec<String>> {
    let folder = workspace::root().join("tests/cases/stores");
    let case = Case::read(file, &Stores::Folder { folder, usual: "reference" })?;
    ensure!(case.rule.is_some(), "`rule` is missing");
    run_case(&case)
}

/// As [`run`], for a file that names its store as `stores` says, and no rule.
pub fn run_with(file: &Path, stores: &Stores) -> anyhow::Result<Vec<String>> {
    run_case(&Case::read(file, stores)?)
}

fn run_case(case: &Case) -> anyhow::Result<Vec<String>> {
    let builtins = Builtins::get()?;
    let prepared = Prepared::of(&case.plan, builtins.described.clone(), |mechanic, params, call| {
        match builtins.sandbox.component(mechanic) {
            Some(component) => component.validate(params, call),
            None => Ok(Vec::new()),
        }
    });
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(texts("", refusal_differences(&case.refused, &problems))),
    };
    let mut differences = Vec::new();
    if !case.refused.is_empty() {
        differences.push(format!("the plan is taken, but should be refused: {}", case.refused.join(", ")));
    }
    for receipt in &case.receipts {
        differences.extend(compare(builtins, &prepared, receipt));
    }
    Ok(differences)
}

fn compare(builtins: &Builtins, prepared: &Prepared, receipt: &CaseReceipt) -> Vec<String> {
    let recorder = Arc::new(CallRecorder::default());
    let sandbox = builtins.sandbox.observed_by(recorder.clone());
    match (prepared.price(&sandbox, receipt), prepared.price(&builtins.native, receipt)) {
        (Ok(sandboxed), Ok(native)) => {
            let verdicts = prepared.verdicts(&recorder.take());
            let mut found = texts(&receipt.title, receipt.expected.differences(&sandboxed));
            found.extend(texts(&receipt.title, receipt.expected.verdict_differences(&verdicts)));
            found.extend(twin_differences(sandboxed, native));
            found
        }
        (Err(problems), _) | (_, Err(problems)) => {
            texts(&receipt.title, refusal_differences(&receipt.expected.refused, &problems))
        }
    }
}

fn texts(title: &str, differences: Vec<toolkit::cases::Difference>) -> Vec<String> {
    differences.into_iter().map(|difference| format!("{title}: {difference}")).collect()
}

/// The differences between the answers of the sandbox and of the native twin, but for fuel, which only the sandbox has.
fn twin_differences(sandboxed: Value, native: Value) -> Vec<String> {
    let without_fuel = |mut answer: Value| {
        for report in answer.pointer_mut("/mechanics").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(report) = report.as_object_mut() {
                report.remove("fuel");
            }
        }
        answer
    };
    let (sandboxed, native) = (without_fuel(sandboxed), without_fuel(native));
    if sandboxed == native { Vec::new() } else { vec![format!("sandbox: {sandboxed}\n  native: {native}")] }
}
