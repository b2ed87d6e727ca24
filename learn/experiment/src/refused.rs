//! Input that is refused: the program then ends with code 2 and has written nothing.

/// What was wrong with the input, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Leaves the function with a [`Refused`] of the text that `format!` would make.
#[macro_export]
macro_rules! refuse {
    ($($words:tt)*) => {
        return Err($crate::refused::Refused(format!($($words)*)).into())
    };
}

pub use crate::refuse;

/// The known name that a mistyped one most likely stood for, as the end of a sentence: `; did you mean
/// "visit"?`, or nothing if none is near.
pub fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    let typed = typed.to_lowercase();
    known
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count() / 3))
        .min()
        .map(|(_, name)| format!("; did you mean \"{name}\"?"))
        .unwrap_or_default()
}
