//! `--profile`: where the calls of the cases spend their time.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use engine::{Component, ProfiledCall};

use crate::cases::OverheardCall;
use crate::commands::mechanic::read;

/// So many samples tell enough.
const SAMPLES: usize = 1_000;
/// And this is as long as a person waits.
const TIME: Duration = Duration::from_secs(10);

/// Makes the calls again until there are enough samples, and writes them.
pub(super) fn write(
    file: &Path,
    component: &Component,
    calls: &[OverheardCall],
    out: &Path,
) -> anyhow::Result<()> {
    ensure!(!calls.is_empty(), "no case asks the mechanic anything: there is nothing to profile");
    let call = |call: &OverheardCall| ProfiledCall {
        receipt: call.receipt.clone(),
        offers: call.offers.clone(),
        facts: call.facts.clone(),
    };
    let calls: Vec<ProfiledCall> = calls.iter().map(call).collect();
    let profile = component
        .profile(&calls, SAMPLES, TIME)
        .map_err(|fault| anyhow::anyhow!("the mechanic cannot be profiled: {}", fault.detail))?;
    std::fs::write(out, &profile.json).with_context(|| format!("cannot write {}", out.display()))?;
    eprintln!(
        "{} samples of {} calls in {}: open it in https://profiler.firefox.com (Load a profile from file; nothing is \
         uploaded)",
        profile.samples,
        profile.calls,
        out.display()
    );
    if !engine::has_function_names(&read(file)?) {
        eprintln!("the component has no names of functions: build it without `strip` to see them");
    }
    Ok(())
}
