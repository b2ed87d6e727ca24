//! Replay: a stored purchase is priced again, with the plan, the components and the inputs of its calculation, and
//! compared with the stored answer, byte for byte. Writes nothing.

pub mod bundle;
pub mod candidate;
pub mod compare;
pub mod export;
pub mod mask;
pub mod plans;
pub mod recorded;

use std::sync::Arc;

use domain::mechanics::{Blame, Outcome};
use domain::plan::Plan;
use domain::pricing::PricedReceipt;
use serde::Serialize;
use store::StoreError;
use wire::answer;

use crate::error::Error;
use crate::live::Live;
use crate::live::source::SourceError;
use crate::purchases::{answer_text, pricing};
use compare::AnswerDifference;
use recorded::Recorded;

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The till's id.
    pub purchase_id: String,
    /// The place within which the id is unique; absent if it is in the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// True if every byte is the same.
    pub identical: bool,
    /// Hash of the plan.
    pub plan: String,
    /// Revision of the plan.
    pub revision: i64,
    /// The versions of mechanics that were asked.
    pub mechanics: Vec<Asked>,
    /// Where the answers differ.
    pub differences: Vec<AnswerDifference>,
    /// A cause of differences that no record can rule out, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A version that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The name of the mechanic.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
}

/// A purchase that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Its calculation is older than the recording of inputs.
    #[error("the inputs of purchase `{0}` were not recorded: it was calculated by an earlier release")]
    NotRecorded(String),
    /// Its recorded inputs were removed.
    #[error(
        "the inputs of purchase `{0}` were removed (see retention.replay_days), so that it cannot be replayed any more"
    )]
    Removed(String),
    /// Something that it was calculated with is gone or cannot be read.
    #[error("{0}")]
    NotReproducible(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plan could not be read.
    #[error(transparent)]
    Source(SourceError),
    /// The host failed, or is busy.
    #[error(transparent)]
    Host(#[from] Error),
}

impl ReplayError {
    /// A stable code; absent if trying again may help.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::NotRecorded(_) => Some("not_recorded"),
            Self::Removed(_) => Some("inputs_removed"),
            Self::NotReproducible(_) => Some("not_reproducible"),
            Self::Store(_) | Self::Source(_) | Self::Host(_) => None,
        }
    }
}

impl From<SourceError> for ReplayError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Store(error)
            | SourceError::Load(crate::mechanics::registry::LoadError::Store(error)) => Self::Store(error),
            SourceError::Load(_) | SourceError::Refused(_) => {
                Self::NotReproducible(format!("the plan of the calculation cannot be built: {error}"))
            }
            SourceError::Lost(_) => Self::Source(error),
        }
    }
}

impl From<ReplayError> for Error {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::NotRecorded(_) | ReplayError::NotReproducible(_) => {
                let code = error.code().unwrap_or("not_reproducible");
                Self::State { code, detail: error.to_string() }
            }
            ReplayError::Removed(_) => Self::Gone { code: "inputs_removed", detail: error.to_string() },
            ReplayError::Store(error) => error.into(),
            ReplayError::Source(error) => error.into(),
            ReplayError::Host(error) => error,
        }
    }
}

/// Prices a purchase with the plans of its revision, and compares.
pub fn replay(live: &Live, recorded: &Recorded) -> Result<Replayed, ReplayError> {
    let Some(variant) = live.variant_with_hash(&recorded.plan) else {
        let (now, then) = (&live.active.plan.plan.hash, &recorded.plan);
        let detail = format!("the plan of revision {} has hash {now} now, and had {then}", recorded.revision);
        return Err(ReplayError::NotReproducible(detail));
    };
    let input = recorded.input(live, &Arc::clone(variant))?;
    let priced = pricing::reprice(&input, &recorded.inputs.open_circuits);
    let plan = &variant.plan.plan;
    let answer = answer::write(plan, &input.read, &priced)
        .map_err(|problems| ReplayError::NotReproducible(problems.to_string()))?;
    let answer = answer_text::in_state(&answer, &recorded.id, &recorded.state)?;
    let identical = answer == recorded.answer;
    let differences = if identical { Vec::new() } else { compare::differences(&recorded.answer, &answer) };
    Ok(Replayed {
        purchase_id: recorded.id.clone(),
        scope: recorded.scope.clone(),
        identical,
        plan: recorded.plan.clone(),
        revision: recorded.revision,
        mechanics: asked(plan, &priced),
        note: if identical { None } else { cause_by_chance(recorded, &priced) },
        differences,
    })
}

fn asked(plan: &Plan, priced: &PricedReceipt) -> Vec<Asked> {
    let found = priced.mechanics.iter().filter_map(|report| plan.mechanic(report.mechanic));
    let asked = found.map(|mechanic| Asked {
        name: mechanic.name.clone(),
        version: mechanic.description.version.clone(),
        digest: mechanic.digest.clone(),
    });
    asked.collect()
}

/// A fault in either answer that depends on the speed or the free memory of the machine, which no record brings back.
fn cause_by_chance(recorded: &Recorded, priced: &PricedReceipt) -> Option<String> {
    let now = priced
        .mechanics
        .iter()
        .find(|report| by_chance(report.outcome.name(), report.blame.map(Blame::name)));
    if let Some((name, outcome)) = compare::faults(&recorded.answer).into_iter().find_map(|fault| {
        by_chance(&fault.outcome, fault.blame.as_deref()).then_some((fault.name, fault.outcome))
    }) {
        return Some(format!(
            "not reproducible: mechanic `{name}` failed with `{outcome}`, which depends on the machine of then"
        ));
    }
    let outcome = now?.outcome.name();
    Some(format!("not reproducible here: a mechanic failed with `{outcome}`, which depends on this machine"))
}

fn by_chance(outcome: &str, blame: Option<&str>) -> bool {
    let of_host = blame == Some(Blame::Host.name());
    outcome == Outcome::Deadline.name()
        || of_host && [Outcome::OutOfMemory, Outcome::Disabled].iter().any(|other| outcome == other.name())
}
