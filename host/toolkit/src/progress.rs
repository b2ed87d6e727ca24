//! What a person sees while something takes long.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::ProgressBar;

/// How often it moves.
const EVERY: Duration = Duration::from_millis(100);

/// Says what is waited for, until it is dropped; in a terminal only.
pub(super) struct Waiting(ProgressBar);

impl Waiting {
    pub(super) fn on(what: impl Into<String>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let spinner = ProgressBar::new_spinner().with_message(what.into());
        spinner.enable_steady_tick(EVERY);
        Self(spinner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
