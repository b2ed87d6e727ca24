//! What an admin wants of a mechanic's versions: the body of `PUT /v1/mechanics/{name}/rollout`.

mod gates;

use domain::mechanics::Unit;
use serde_json::Value;

use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report, Scales};
pub use gates::{Gates, Sale, Who};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The version that it is about.
    pub step: Step,
    /// What takes it back by itself; those before, if absent.
    pub gates: Option<Gates>,
}

/// A step on the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This version is computed beside the active one; or none is, any more.
    Shadow(Option<String>),
    /// This version prices some receipts.
    Canary(String, Who),
    /// This version prices all receipts.
    Active(String),
}

/// Reads it; with the warnings.
pub fn parse(document: &Value, scales: Scales) -> Result<(Wanted, Vec<Problem>), Problems> {
    let report = Report::default();
    let wanted = report.root(document).object().and_then(|body| {
        let gates = body.object("gates").map(|gates| read_gates(&gates, scales));
        let step = step(&body);
        body.refuse_unknown();
        Some(Wanted { step: step?, gates })
    });
    report.finish(wanted)
}

fn step(body: &Object<'_, '_>) -> Option<Step> {
    let node = body.node();
    // Reading a field is what makes it known, so all are read.
    let (version, percent) = (body.text("version"), body.field("canary_percent"));
    let (pos, shadow) = (body.field("pos"), node.value().get("shadow"));
    body.tolerate(&["shadow"]);
    match (version, shadow) {
        (Some(_), Some(_)) => node
            .refuse("conflicting_fields", "is about `version` or about `shadow`, not both; send two calls"),
        (None, Some(Value::Null)) => Some(Step::Shadow(None)),
        (None, Some(_)) => Some(Step::Shadow(Some(body.text("shadow")?.to_owned()))),
        (None, None) => node.refuse("missing_field", "must name a `version`, or a `shadow`"),
        (Some(version), None) => match (percent, pos) {
            (Some(_), Some(pos)) => {
                pos.refuse("conflicting_fields", "a canary has `canary_percent` or `pos`, not both")
            }
            (Some(percent), None) => {
                Some(Step::Canary(version.to_owned(), Who::CanaryPercent(percent.percent()?.0)))
            }
            (None, Some(pos)) => Some(Step::Canary(version.to_owned(), Who::Pos(tills(pos)?))),
            (None, None) => Some(Step::Active(version.to_owned())),
        },
    }
}

fn tills(pos: Node<'_, '_>) -> Option<Vec<String>> {
    let tills = pos.list()?.read(|till| till.text().map(str::to_owned));
    if tills.is_empty() {
        pos.refuse("missing_field", "must name at least one till, store or brand")
    } else {
        Some(tills)
    }
}

fn read_gates(gates: &Object<'_, '_>, scales: Scales) -> Gates {
    let min_receipts = gates.field("min_receipts").and_then(|field| {
        let number = field.integer()?;
        let number = u64::try_from(number).ok().filter(|number| *number > 0);
        number.or_else(|| field.refuse("out_of_range", "must be a whole number from 1"))
    });
    let fuel_percent = gates.field("fuel_percent").and_then(|field| {
        let number = i32::try_from(field.scaled(2)?).ok().filter(|number| *number > 0);
        number.or_else(|| field.refuse("out_of_range", "must be above 0"))
    });
    let money_per_receipt = gates.object("money_per_receipt").map(|band| {
        let bounds = (band.measure("from", Unit::Money, scales), band.measure("to", Unit::Money, scales));
        band.refuse_unknown();
        bounds
    });
    let fault_percent = gates.field("fault_percent").and_then(Node::percent).map(|percent| percent.0);
    gates.refuse_unknown();
    Gates { min_receipts, fault_percent, fuel_percent, money_per_receipt }
}
