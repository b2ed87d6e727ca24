//! Cases as data: a plan, receipts, and what they must come to. `docs/case-files.md` says how they are
//! written. Our own cases and those of partners are read and compared by this very code.

mod answer;
mod difference;
mod document;
mod expected;
mod overheard;
mod proposal;
pub mod record;
mod said;
mod toml_text;

use std::sync::Arc;

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
pub use overheard::{Overheard, OverheardCall};
pub use said::Said;

/// The plan of a case, ready to price.
#[derive(Debug)]
pub struct Prepared {
    plan: BuiltPlan,
    members: Vec<MemberRecord>,
}

impl Prepared {
    /// Builds the plan of a case; `validate` has a mechanic check the parameters of an offer.
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

    /// The answer to a receipt, as a till gets it.
    pub fn price(&self, mechanics: &dyn Mechanics, receipt: &CaseReceipt) -> Result<Value, Problems> {
        let find = |kind: &str, value: &str, at: &Moment| {
            let wanted = (kind.to_owned(), value.to_owned());
            let record = self.members.iter().find(|member| member.identifiers.contains(&wanted))?;
            Some(Arc::new(record.resolve(&self.plan, at)))
        };
        let request = receipt::Request::new("case");
        let answer = wire::price_receipt(&self.plan, mechanics, find, request, &receipt.document)?;
        serde_json::from_str(&answer).map_err(|error| Problems::of_document("unreadable", error.to_string()))
    }

    /// What mechanics said in calls about the receipt that was priced last, by offer.
    pub fn said(&self, calls: &[OverheardCall]) -> Said {
        Said::of(&self.plan, calls)
    }
}
