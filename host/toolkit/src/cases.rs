//! Case files: a plan, receipts, and the answers that are expected. `docs/case-files.md` describes the format. The
//! cases of this repository and those of partners run through the same code.
//!
//! `document` reads a file, `expected` compares, `recorded_calls` and `verdicts` hold the calls of mechanics,
//! `draft` writes a new file.

mod answer;
mod difference;
mod document;
pub mod draft;
mod expected;
mod proposal;
mod recorded_calls;
mod toml_text;
mod verdicts;

use std::sync::Arc;

use domain::caseless::folded_identifier;
use domain::mechanics::{Fault, MechanicId, Mechanics, OfferCall, ParamsProblem};
use domain::plan::Mechanic;
use domain::time::Moment;
use serde_json::Value;
use wire::member::MemberRecord;
use wire::plan::{self, BuiltPlan};
use wire::problem::Problems;
use wire::{self, receipt};

pub use difference::Difference;
pub use document::{Case, CaseReceipt, Stores};
pub use expected::{Expected, refusal_differences};
pub use recorded_calls::{CallRecorder, RecordedCall};
pub use verdicts::Verdicts;

/// The plan of a case, ready to price.
#[derive(Debug)]
pub struct Prepared {
    plan: BuiltPlan,
    members: Vec<MemberRecord>,
}

impl Prepared {
    /// Builds the plan of a case; `validate` has a mechanic check the parameters of an offer. Fails with every problem
    /// of the plan.
    pub fn of(
        plan: &Value,
        mechanics: Vec<Mechanic>,
        validate: impl FnMut(MechanicId, &str, &OfferCall) -> Result<Vec<ParamsProblem>, Fault>,
    ) -> Result<Self, Problems> {
        let (plan, members) = plan::load(plan, mechanics)?;
        plan.check_params(validate)?;
        Ok(Self { plan, members })
    }

    /// The plan.
    pub fn plan(&self) -> &BuiltPlan {
        &self.plan
    }

    /// The answer to a receipt as a till gets it, or the problems for which it is refused.
    pub fn price(&self, mechanics: &dyn Mechanics, receipt: &CaseReceipt) -> Result<Value, Problems> {
        let find = |kind: &str, value: &str, at: &Moment| {
            let wanted = folded_identifier(kind, value);
            let has = |(kind, value): &(String, String)| folded_identifier(kind, value) == wanted;
            let record = self.members.iter().find(|member| member.identifiers.iter().any(has))?;
            Some(Arc::new(record.resolve(&self.plan, at)))
        };
        let request = receipt::Request::new("case");
        let answer = wire::price_receipt(&self.plan, mechanics, find, request, &receipt.document)?;
        serde_json::from_str(&answer).map_err(|error| Problems::of_document("unreadable", error.to_string()))
    }

    /// The verdicts in calls about one receipt, by offer.
    pub fn verdicts(&self, calls: &[RecordedCall]) -> Verdicts {
        Verdicts::of(&self.plan, calls)
    }
}
