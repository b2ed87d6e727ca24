//! How expressions are read and written: strict, escaped in HTML, within limits.

use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::formats;
use super::links::escape;

/// Limits of a rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of expressions in one text: one for each instruction, and for each 64 bytes.
    pub fuel: u64,
    /// Bytes of one text.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 400_000, output_bytes: 512 * 1024 }
    }
}

/// The environment that texts are compiled in.
pub(super) fn environment(limits: Limits) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(limits.fuel));
    environment.set_debug(true);
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_formatter(write_value);
    formats::add(&mut environment);
    environment
}

/// Writes a value: escaped in HTML, and not at all if there is none.
fn write_value(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "the value of this expression"));
    }
    let mut text = String::new();
    write!(text, "{value}").map_err(Error::from)?;
    // Own escaping: minijinja's also changes `/`, and addresses would be hard to read and to replace.
    if *state.auto_escape() == AutoEscape::Html && !value.is_safe() {
        text = escape(&text);
    }
    output.write_str(&text).map_err(Error::from)
}
