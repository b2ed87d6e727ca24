//! The port to mechanics: what the pipeline asks of a rule, and what a rule may answer.
//!
//! The types mirror the WIT contract in `wit/`; its comments are the reference. The sandbox
//! (`engine`) implements the port with Wasm components; tests and benchmarks implement it with the
//! very same rules linked natively.

mod description;
mod offer_call;
mod outcome;
mod phase;
mod proposal;
mod receipt_call;

pub use description::{Description, FactSource, Need, Parameter, ParameterPlace, Reason, TargetKind, Unit};
pub use offer_call::{ItemCall, OfferCall, Scope, Threshold};
pub use outcome::{Blame, Evaluated, Fault, Outcome};
pub use phase::Phase;
pub use proposal::{
    Benefit, Declined, ParamsProblem, Pick, Portion, Portions, Proposal, UnitLimits, Verdict,
};
pub use receipt_call::{Fact, FactValue, LineCall, LineColumns, LocalTime, ReceiptCall};

/// Number of a mechanic in one plan: an index of [`crate::plan::Plan::mechanics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MechanicId(pub usize);

/// A set of mechanics, able to price receipts.
pub trait Mechanics: Send + Sync {
    /// Starts one receipt. Nothing of one session is visible in another.
    fn open(&self) -> Box<dyn Session + '_>;
}

/// The mechanics at work on one receipt.
pub trait Session {
    /// Sets the receipt, as it stands in one phase, for the calls that follow.
    fn begin_phase(&mut self, receipt: &ReceiptCall);

    /// Asks one mechanic about all its offers at the same time. After a fault the next call of
    /// the same mechanic starts afresh.
    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault>;
}
