//! `--profile`: writes a CPU profile of the calls of the cases.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use engine::{Component, ProfiledCall};
use serde_json::Value;

use crate::cases::RecordedCall;
use crate::mechanic::read;

/// Sampling ends after this many samples.
const SAMPLES: usize = 1_000;
/// Sampling ends after this time at the latest.
const TIME: Duration = Duration::from_secs(10);

/// Repeats the calls until there are enough samples, and writes them to `out`. Fails if there are no calls.
pub(super) fn write(
    file: &Path,
    component: &Component,
    calls: &[RecordedCall],
    out: &Path,
) -> anyhow::Result<()> {
    ensure!(!calls.is_empty(), "no case calls the mechanic: there is nothing to profile");
    let call = |call: &RecordedCall| ProfiledCall {
        receipt: call.receipt.clone(),
        offers: call.offers.clone(),
        facts: call.facts.clone(),
    };
    let calls: Vec<ProfiledCall> = calls.iter().map(call).collect();
    let profile = component
        .profile(&calls, SAMPLES, TIME)
        .map_err(|fault| anyhow::anyhow!("the mechanic cannot be profiled: {}", fault.detail))?;
    std::fs::write(out, with_plain_names(&profile.json)?)
        .with_context(|| format!("cannot write {}", out.display()))?;
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

/// The profile with the mangled names of Rust functions as they are written in the source.
fn with_plain_names(profile: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut profile: Value = serde_json::from_slice(profile).context("the profile cannot be read")?;
    let threads = profile.get_mut("threads").and_then(Value::as_array_mut).into_iter().flatten();
    for name in threads.filter_map(|thread| thread.get_mut("stringArray")?.as_array_mut()).flatten() {
        let plain = name.as_str().and_then(|name| rustc_demangle::try_demangle(name).ok());
        if let Some(plain) = plain.map(|plain| format!("{plain:#}")) {
            *name = Value::String(plain);
        }
    }
    Ok(serde_json::to_vec(&profile)?)
}
