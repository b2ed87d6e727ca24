use super::proposal::Verdict;

/// How a call to a mechanic ended; the names are those of the answer's `mechanics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It answered.
    Ok,
    /// It crashed.
    Trap,
    /// It used more instructions than allowed.
    OutOfFuel,
    /// It asked for more memory than allowed.
    OutOfMemory,
    /// It ran longer than allowed by the wall clock.
    Deadline,
    /// It answered what makes no sense, or too much.
    BadOutput,
    /// It is not loaded, or switched off.
    Disabled,
}

impl Outcome {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Trap => "trap",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::Deadline => "deadline",
            Self::BadOutput => "bad_output",
            Self::Disabled => "disabled",
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The mechanic's author.
    Mechanic,
    /// The host's operator.
    Host,
}

impl Blame {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mechanic => "mechanic",
            Self::Host => "host",
        }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How; never [`Outcome::Ok`].
    pub outcome: Outcome,
    /// Whose fault.
    pub blame: Blame,
    /// For people: which limit, with numbers.
    pub detail: String,
    /// Fuel used until then.
    pub fuel: u64,
}

/// A call that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// One verdict for each offer of the batch.
    pub verdicts: Vec<Verdict>,
    /// Fuel used.
    pub fuel: u64,
}
