//! Cases as data: a plan, receipts, and what they must come to. `tests/cases/README.md` says how
//! they are written.

mod answer;
mod document;
mod expected;

use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::mechanics::Mechanics;
use domain::time::Moment;
use serde_json::Value;
use server::wire;

use crate::builtins::Builtins;
use crate::workspace;

pub use document::Case;

/// The cases of a folder of `tests/cases`, in order.
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

/// Runs the case of a file through the sandbox and through the same mechanics linked natively,
/// and says what is not as expected.
pub fn run(file: &Path) -> anyhow::Result<Vec<String>> {
    let case = Case::read(file)?;
    let builtins = Builtins::get()?;
    let loaded = wire::plan::load(&case.plan, builtins.described.clone()).and_then(|(plan, members)| {
        plan.check_params(|mechanic, params, call| match builtins.sandbox.component(mechanic) {
            Some(component) => component.validate(params, call),
            None => Ok(Vec::new()),
        })?;
        Ok((plan, members))
    });
    let (plan, members) = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(expected::refusal_differences(&case.refused, &problems)),
    };
    let mut differences = Vec::new();
    if !case.refused.is_empty() {
        differences.push(format!("the plan is taken, but should be refused: {}", case.refused.join(", ")));
    }
    for receipt in &case.receipts {
        let find = |kind: &str, value: &str, at: &Moment| {
            let wanted = (kind.to_owned(), value.to_owned());
            let record = members.iter().find(|member| member.identifiers.contains(&wanted))?;
            Some(std::sync::Arc::new(record.resolve(&plan, at)))
        };
        let price = |mechanics: &dyn Mechanics| {
            let request = wire::receipt::Request::new("case");
            wire::price_receipt(&plan, mechanics, find, request, &receipt.document)
        };
        let (sandboxed, native) = (price(&builtins.sandbox), price(&builtins.native));
        let found = match (&sandboxed, &native) {
            (Ok(sandboxed), Ok(native)) => {
                let (sandboxed, native) = (parse(sandboxed)?, parse(native)?);
                let mut found = receipt.expected.differences(&sandboxed);
                found.extend(answer::twin_differences(sandboxed, native));
                found
            }
            (Err(problems), _) | (_, Err(problems)) => {
                expected::refusal_differences(&receipt.expected.refused, problems)
            }
        };
        differences.extend(found.into_iter().map(|difference| format!("{}: {difference}", receipt.title)));
    }
    Ok(differences)
}

fn parse(answer: &str) -> anyhow::Result<Value> {
    serde_json::from_str(answer).context("the answer is not JSON")
}
