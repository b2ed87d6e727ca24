//! What is live: one immutable snapshot, replaced as a whole.

mod documents;

use std::sync::Arc;

use engine::MechanicSet;
use store::Revision;

pub use documents::{CATALOG_TYPES, Documents, Origin};

use crate::mechanics::Mechanics;
use crate::wire::plan::{self, BuiltPlan};
use crate::wire::problem::{Problem, Problems};

/// A plan with the mechanics that it was built for. A receipt holds one for its whole life.
pub struct Live {
    /// The plan.
    pub plan: BuiltPlan,
    /// Its mechanics.
    pub mechanics: MechanicSet,
    /// The revision of the documents that it was built from.
    pub revision: Revision,
}

/// A plan that could go live.
pub struct Built {
    /// The plan, with what is odd in all of its documents.
    pub plan: BuiltPlan,
    /// Its mechanics.
    pub mechanics: MechanicSet,
    /// What is odd in the request at hand.
    pub warnings: Vec<Problem>,
}

/// Builds the plan of documents, or says everything that is wrong with them.
pub fn build(
    documents: &Documents,
    settings: serde_json::Value,
    available: &Mechanics,
) -> Result<Built, Problems> {
    let (document, origins) = documents.plan_document(settings);
    let mut plan = plan::build(&document, available.table()).map_err(|problems| origins.trace(problems))?;
    let mechanics = available.set();
    plan.check_params(|mechanic, params, offer| match mechanics.component(mechanic) {
        Some(component) => component.validate(params, offer),
        None => Ok(Vec::new()),
    })
    .map_err(|problems| origins.trace(problems))?;
    let warnings = plan.warnings.iter().filter(|warning| origins.is_of_request(warning)).cloned().collect();
    let warnings = origins.trace(Problems(warnings)).0;
    plan.warnings = origins.trace(Problems(plan.warnings)).0;
    Ok(Built { plan, mechanics, warnings })
}

impl Built {
    /// The snapshot to share.
    pub fn at(self, revision: Revision) -> Arc<Live> {
        Arc::new(Live { plan: self.plan, mechanics: self.mechanics, revision })
    }
}
