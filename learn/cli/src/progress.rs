//! What a command is doing, in a terminal; nothing is shown where there is none.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that says which step of how many is going on.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(1);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Shows that step `done + 1` of `steps` begins.
    pub(crate) fn step(&self, what: &str, done: u64, steps: u64) {
        self.0.set_length(steps);
        self.0.set_position(done);
        self.0.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
