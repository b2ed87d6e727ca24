//! Classes of mechanics.

/// The class of a mechanic, which decides its limits. The operator decides which classes partners may
/// take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Class {
    /// Built with the Rust SDK: a call takes microseconds.
    #[default]
    Fast,
    /// Compiled, with a runtime or a heap of its own.
    Standard,
    /// An interpreter inside: JavaScript, Python.
    Slow,
}

impl Class {
    /// All classes, the one with the lowest limits first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Standard, Self::Slow];

    /// The name in documents and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Standard => "standard",
            Self::Slow => "slow",
        }
    }

    /// The class of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}
