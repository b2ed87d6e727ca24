//! Loads a plan file, with its mechanics and members.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use toolkit::sandbox::Sandbox;
use wire::json;
use wire::plan::{self, BuiltPlan};
use wire::problem::Problems;

use super::member_book::MemberBook;

/// A plan file that was loaded.
pub(super) struct Loaded {
    pub(super) plan: BuiltPlan,
    pub(super) members: MemberBook,
    pub(super) sandbox: Sandbox,
}

/// Loads a plan file; the error lists every problem that was found.
pub(super) fn load(path: &Path) -> anyhow::Result<Loaded> {
    let text = fs::read_to_string(path).context("the file cannot be read")?;
    let document = parse(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let files = plan::mechanic_files(&document);
    let mut sandbox = Sandbox::with_builtins()?;
    let mut problems = match files {
        Ok(files) => sandbox.admit_all(folder, files),
        Err(problems) => problems,
    };
    match plan::load(&document, sandbox.described()) {
        Ok((plan, members)) if problems.is_empty() => {
            plan.check_params(|mechanic, params, offer| sandbox.validate(mechanic, params, offer))?;
            Ok(Loaded { plan, members: MemberBook::new(members), sandbox })
        }
        Ok(_) => Err(problems.into()),
        Err(more) => {
            problems.append(more);
            Err(problems.into())
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Value, Problems> {
    let by_name = path.extension().map(|extension| extension.eq_ignore_ascii_case("toml"));
    let is_toml = by_name.unwrap_or_else(|| !text.trim_start().starts_with('{'));
    if is_toml { json::from_toml(text) } else { json::parse(text) }
}
