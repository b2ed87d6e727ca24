//! Turns errors of wasmtime into faults with one named cause.

use domain::mechanics::{Blame, Fault, Outcome};
use wasmtime::{OutOfMemory, PoolConcurrencyLimitError, Trap};

use crate::limits::{CallClock, CallLimits, Limiter};

/// The step of the host that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Making an instance.
    Start,
    /// Calling an export.
    Call,
}

/// The limits and meters of a call that failed, from which its cause is found.
pub(crate) struct FailedCall<'a> {
    /// The step that failed.
    pub(crate) step: Step,
    /// The limits of the call.
    pub(crate) limits: &'a CallLimits,
    /// The memory of the instance, with the request that was refused, if any.
    pub(crate) limiter: &'a Limiter,
    /// Fuel that the call was given.
    pub(crate) fuel_granted: u64,
    /// Fuel that the call used.
    pub(crate) fuel_used: u64,
}

/// The fault behind an error of wasmtime.
pub(crate) fn of_error(error: &wasmtime::Error, call: &FailedCall<'_>) -> Fault {
    let (outcome, blame, detail) = cause(error, call);
    Fault { outcome, blame, detail, fuel: call.fuel_used }
}

/// Advice to the author of a mechanic on a call with this outcome; `is_largest` is true if no class allows more.
pub fn advice(outcome: Outcome, is_largest: bool) -> &'static str {
    match outcome {
        Outcome::OutOfFuel | Outcome::Deadline if is_largest => {
            "no class allows more: look for a loop that does not end, do less for each line and each offer, and look each thing up once"
        }
        Outcome::OutOfMemory if is_largest => {
            "no class allows more: look for something that grows without end, and hold less at a time"
        }
        Outcome::Ok => "there is nothing to do",
        Outcome::Trap => {
            "it panicked, threw an exception or, in JavaScript and Python, answered a value of another type than the contract has, as 12.5 or a Number in place of a BigInt: call it in a test of your own, which shows the message (`npm run check` finds wrong types)"
        }
        Outcome::OutOfFuel | Outcome::Deadline => {
            "do less for each line and each offer, look each thing up once, or ask for a larger class"
        }
        Outcome::OutOfMemory => "hold less at a time, or ask for a larger class",
        Outcome::BadOutput => {
            "answer one verdict for each offer, in their order, of the lines and items that were handed over; decline or `fail` where there is nothing to reward"
        }
        Outcome::Failed => {
            "the rule has a mistake: the message says which, and where; call it in a test of your own with such a receipt"
        }
        Outcome::Disabled => "the mechanic is not at fault: give the sandbox more room, and try again",
    }
}

/// A fault of the mechanic: it answered, but its answer breaks the contract.
pub(crate) fn bad_output(detail: String, fuel: u64) -> Fault {
    Fault { outcome: Outcome::BadOutput, blame: Blame::Mechanic, detail, fuel }
}

/// A failure that the mechanic reported with a message for its author.
pub(crate) fn failed(message: String, fuel: u64) -> Fault {
    Fault { outcome: Outcome::Failed, blame: Blame::Mechanic, detail: message, fuel }
}

/// A fault of the host, before the mechanic ran.
pub(crate) fn not_ready(detail: &str) -> Fault {
    Fault { outcome: Outcome::Disabled, blame: Blame::Host, detail: detail.to_owned(), fuel: 0 }
}

fn cause(error: &wasmtime::Error, call: &FailedCall<'_>) -> (Outcome, Blame, String) {
    let trap = error.downcast_ref::<Trap>().copied();
    // These two name their own cause, whatever was refused before.
    if trap == Some(Trap::OutOfFuel) {
        let detail = format!("used up its {} units of fuel", call.fuel_granted);
        return (Outcome::OutOfFuel, Blame::Mechanic, detail);
    }
    if trap == Some(Trap::Interrupt) {
        return late(call);
    }
    // A refused request surfaces as some other trap of the guest's own.
    if let Some(refused) = call.limiter.refused() {
        let detail = format!(
            "asked for {} bytes of memory; the limit is {} bytes",
            refused.wanted_bytes, refused.limit_bytes
        );
        return (Outcome::OutOfMemory, Blame::Mechanic, detail);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        let detail = "no free instance; raise the number of instances of the sandbox".to_owned();
        return (Outcome::Disabled, Blame::Host, detail);
    }
    if error.is::<OutOfMemory>() {
        return (Outcome::OutOfMemory, Blame::Host, "the host has no memory left".to_owned());
    }
    match trap {
        Some(trap) if is_about_answers(trap) => (Outcome::BadOutput, Blame::Mechanic, trap.to_string()),
        Some(trap) => (Outcome::Trap, Blame::Mechanic, trap.to_string()),
        // Not a trap, and nothing of it has run yet.
        None if call.step == Step::Start => {
            let detail = format!("no instance could be made: {}", error.root_cause());
            (Outcome::Disabled, Blame::Host, detail)
        }
        // Not a trap: the host could not read what came back.
        None => {
            let detail = format!("the answer cannot be read: {}", error.root_cause());
            (Outcome::BadOutput, Blame::Mechanic, detail)
        }
    }
}

/// The cause of a call that was stopped for its time. One that did not get the processor for as long as it may use it is
/// not the mechanic's fault.
fn late(call: &FailedCall<'_>) -> (Outcome, Blame, String) {
    let CallLimits { deadline, wall_deadline, .. } = call.limits;
    let had = call.limiter.clock().map(CallClock::processor);
    match had.filter(|had| had < deadline) {
        None => {
            let detail = format!("still running after {} ms", deadline.as_millis());
            (Outcome::Deadline, Blame::Mechanic, detail)
        }
        Some(had) => {
            let (wall, had) = (wall_deadline.as_millis(), had.as_millis());
            let detail =
                format!("the machine is too busy: in {wall} ms it was given {had} ms of the processor");
            (Outcome::Deadline, Blame::Host, detail)
        }
    }
}

fn is_about_answers(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::InvalidChar
            | Trap::InvalidDiscriminant
            | Trap::ListOutOfBounds
            | Trap::StringOutOfBounds
            | Trap::UnalignedPointer
    )
}
