//! The port to mechanics: the calls that pricing makes, and the answers that a mechanic may give.
//!
//! The types mirror the WIT contract in `wit/`; its comments are the reference. Numbers of products,
//! categories, offers and lines are plain integers here, as in the contract, and 0 is an unknown
//! product or category. The sandbox (`engine`) implements the port with Wasm components; tests and
//! benchmarks implement it with the same mechanics linked natively.

mod description;
mod offer_call;
mod outcome;
mod proposal;
mod receipt_call;

pub use description::{
    DeclineReason, Description, FactSource, Need, Parameter, ParameterPlace, Phase, Reason, TargetKind, Unit,
    Variable,
};
pub use offer_call::{ItemCall, OfferCall, Scope, Threshold};
pub use outcome::{Blame, Evaluated, Fault, Outcome};
pub use proposal::{
    Benefit, Decline, Declined, ParamsProblem, Pick, Portion, Portions, Proposal, UnitLimits, Verdict,
};
pub use receipt_call::{Fact, FactValue, LineCall, LineColumns, LocalTime, ReceiptCall, UnitKind};

/// Number of a mechanic in one plan: an index of [`crate::plan::Plan::mechanics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MechanicId(pub usize);

/// The mechanics of a plan.
pub trait Mechanics: Send + Sync {
    /// Opens a session for one receipt. Sessions share no state.
    fn open(&self) -> Box<dyn Session + '_>;
}

/// The mechanics during the pricing of one receipt.
pub trait Session {
    /// Sets the receipt for the calls that follow, with its amounts at the start of a phase.
    fn begin_phase(&mut self, receipt: &ReceiptCall);

    /// Calls one mechanic with a batch of its offers. Returns one verdict for each offer. After a
    /// fault the next call of the same mechanic starts in a fresh instance.
    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault>;
}
