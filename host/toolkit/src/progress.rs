//! Progress of long commands on stderr: bars, spinners and counters. Nothing is shown unless stderr is a terminal.

use std::io::{IsTerminal as _, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time between two frames of a spinner.
const FRAME: Duration = Duration::from_millis(100);
/// A delayed display appears after this time.
const DELAY: Duration = Duration::from_secs(2);

/// A line on the terminal that shows progress. Dropping it removes the line.
pub struct Progress {
    bar: ProgressBar,
    /// When a delayed display appears; `None` once it has.
    appears: Option<Instant>,
}

impl Progress {
    /// A spinner beside a text, for work whose length is unknown.
    pub fn spinner(text: impl Into<String>) -> Self {
        let bar = ProgressBar::with_draw_target(None, target())
            .with_style(ProgressStyle::default_spinner())
            .with_message(text.into());
        if !bar.is_hidden() {
            bar.enable_steady_tick(FRAME);
        }
        Self { bar, appears: None }
    }

    /// A bar of `length` steps, then a text with indicatif's placeholders such as `{human_pos} of {human_len}`.
    pub fn bar(length: u64, text: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), target());
        Self { bar: styled(bar, &format!("{{bar:40}} {text}, {{eta}} left")), appears: None }
    }

    /// A text that [`Self::show`] replaces.
    pub fn counter() -> Self {
        Self { bar: styled(ProgressBar::with_draw_target(None, target()), "{msg}"), appears: None }
    }

    /// Hides it for the first two seconds, so that a short run shows nothing.
    pub fn delayed(mut self) -> Self {
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        self.appears = Instant::now().checked_add(DELAY);
        self
    }

    /// Replaces the text of a counter.
    pub fn show(&mut self, text: String) {
        self.appear();
        self.bar.set_message(text);
    }

    /// Moves a bar by one step.
    pub fn step(&mut self) {
        self.appear();
        self.bar.inc(1);
    }

    /// Moves a bar to `position` of `length` steps.
    pub fn set(&mut self, position: u64, length: u64) {
        self.appear();
        self.bar.set_length(length);
        self.bar.set_position(position);
    }

    /// Passes `input` on, and moves a bar of its length in bytes as it is read.
    pub fn reading<R: Read>(&self, input: R) -> impl Read + use<R> {
        self.bar.wrap_read(input)
    }

    /// Runs `print` while the line is off the terminal.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    fn appear(&mut self) {
        if self.appears.is_some_and(|time| Instant::now() >= time) {
            self.appears = None;
            self.bar.set_draw_target(target());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn target() -> ProgressDrawTarget {
    if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        // The default style shows as much.
        Err(_) => bar,
    }
}
