//! Rules about the tree itself. Each message says what to do.

mod arrows;
mod contract;
mod cycles;
mod dependencies;
mod docs;
mod packages;
mod pages;
mod sources;

/// Fails with the whole list of offenders, so that one run shows all there is to mend.
#[track_caller]
fn assert_none(offenders: &[String], what_to_do: &str) {
    assert!(offenders.is_empty(), "{what_to_do}\n  {}", offenders.join("\n  "));
}
