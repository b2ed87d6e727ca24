//! Warnings of commands, on stderr.

use std::fmt::Display;
use std::io;

use anyhow::ensure;

/// The most warnings that are told.
const TOLD_MAX: usize = 100;

/// The option that makes errors of warnings.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Strictness {
    /// Take warnings for errors: the exit status says that there were some.
    #[arg(long)]
    strict: bool,
}

/// Warnings that were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Told {
    is_strict: bool,
    count: usize,
}

impl Strictness {
    /// Tells the first hundred on stderr, and the number of the others.
    pub fn tell(self, warnings: impl IntoIterator<Item = impl Display>) -> io::Result<Told> {
        write(&mut io::stderr().lock(), warnings).map(|count| Told { is_strict: self.strict, count })
    }
}

impl Told {
    /// Fails if there are warnings where none are allowed. `done` says how far the command has come.
    pub fn refuse(self, done: &str) -> anyhow::Result<()> {
        let Self { is_strict, count } = self;
        let warnings = if count == 1 { "a warning".to_owned() } else { format!("{count} warnings") };
        ensure!(!is_strict || count == 0, "{warnings}, see above, and --strict allows none: {done}");
        Ok(())
    }
}

fn write(out: &mut impl io::Write, warnings: impl IntoIterator<Item = impl Display>) -> io::Result<usize> {
    let mut warnings = warnings.into_iter();
    let mut count = 0_usize;
    for warning in warnings.by_ref().take(TOLD_MAX) {
        writeln!(out, "warning: {warning}")?;
        count = count.saturating_add(1);
    }
    // A host's list of a hundred ends with the number of the others: a last line is told rather than counted.
    if let Some(last) = warnings.next() {
        count = count.saturating_add(1);
        match warnings.count() {
            0 => writeln!(out, "warning: {last}")?,
            more => {
                count = count.saturating_add(more);
                writeln!(out, "warning: and {} more", more.saturating_add(1))?;
            }
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: usize) -> (usize, String) {
        let mut out = Vec::new();
        let count = write(&mut out, (0..number).map(|number| format!("w{number}"))).unwrap_or_default();
        (count, String::from_utf8(out).unwrap_or_default())
    }

    #[test]
    fn a_hundred_are_told_and_the_others_counted() {
        assert_eq!(told(0), (0, String::new()));
        assert_eq!(told(1), (1, "warning: w0\n".to_owned()));
        let (count, text) = told(150);
        assert_eq!((count, text.lines().count()), (150, 101));
        assert!(text.ends_with("warning: w99\nwarning: and 50 more\n"), "{text}");
    }

    #[test]
    fn only_the_strict_refuse() {
        let told = |is_strict, count| Told { is_strict, count }.refuse("nothing was done");
        assert!(told(false, 3).is_ok() && told(true, 0).is_ok());
        let refused = told(true, 3).map_err(|error| error.to_string());
        assert_eq!(
            refused,
            Err("3 warnings, see above, and --strict allows none: nothing was done".to_owned())
        );
    }
}
