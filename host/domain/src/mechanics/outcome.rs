//! The end of a call: an answer, or a fault and the party responsible for it.

use super::proposal::Verdict;

/// The end of a call to a mechanic, as listed under `mechanics` in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It returned verdicts.
    Ok,
    /// It trapped.
    Trap,
    /// It used up its fuel: the allowed number of instructions.
    OutOfFuel,
    /// It requested more memory than allowed.
    OutOfMemory,
    /// It exceeded its deadline: by processor time, or, on a busy machine, by the wall clock, which is the host's fault.
    Deadline,
    /// Its answer is invalid or too large.
    BadOutput,
    /// It reported a failure with a message for its author, in a rehearsal. On receipts that is the answer to an offer.
    Failed,
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
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }
}

/// The party responsible for a fault.
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
    /// Kind of the fault; never [`Outcome::Ok`].
    pub outcome: Outcome,
    /// The responsible party.
    pub blame: Blame,
    /// Explanation for people, with the limit and the numbers.
    pub detail: String,
    /// Fuel used until the fault.
    pub fuel: u64,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// One verdict for each offer of the batch.
    pub verdicts: Vec<Verdict>,
    /// Fuel used.
    pub fuel: u64,
}
